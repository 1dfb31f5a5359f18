#!/usr/bin/env bash
# Runs each fuzzer of the address sanitizer's build for a while: scripts/checks/fuzz.sh [SECONDS]
set -euo pipefail

seconds="${1:-20}"
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
build=build/asan-ubsan
scripts/build.sh asan-ubsan -D OSPREY_BUILD_TESTS=ON >/dev/null

# fuzz NAME: one of them, whose log is shown if it fails.
fuzz() {
  local name="$1" log="$build/fuzz/$1.log"
  mkdir -p "$build/fuzz/corpus/$name"
  if ! "$build/fuzz/${name}_fuzz" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
    -print_final_stats=1 -artifact_prefix="$build/fuzz/$name-" "$build/fuzz/corpus/$name" \
    >"$log" 2>&1; then
    tail -n 60 "$log"
    return 1
  fi
  echo "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs in $seconds s"
}
export -f fuzz
export build seconds
printf '%s\n' memory tasks text elf core values names cached_names perf code |
  xargs --max-procs="$(nproc)" --replace bash -c 'fuzz {}'
