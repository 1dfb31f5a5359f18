#!/usr/bin/env bash
# Installs what is missing, builds, and runs all tests: scripts/test.sh [PRESET [CTEST-OPTION...]]
# The preset is `release` when none is named. Exits with 0 only when every test passed.
set -euo pipefail

preset="${1:-release}"
[[ $# -eq 0 ]] || shift
scripts="$(dirname "${BASH_SOURCE[0]}")"
cd "$scripts/.."
results="build/$preset/tests.xml"

scripts/setup.sh build demo tests
rm -f "$results"

run=()
if [[ $preset == tsan ]]; then
  # GCC 12's thread sanitizer does not know the address layouts of newer kernels' randomization.
  run=(setarch --addr-no-randomize)
fi

"${run[@]}" scripts/build.sh "$preset" -D OSPREY_BUILD_TESTS=ON

status=0
"${run[@]}" ctest --test-dir "build/$preset" --parallel "$(nproc)" --output-on-failure \
  --no-tests=error --output-junit tests.xml "$@" </dev/null || status=$?

python3 scripts/totals.py "$results" || status=1
exit "$status"
