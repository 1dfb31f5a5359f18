#!/usr/bin/env bash
# Installs what is missing, builds, and runs all tests: scripts/test.sh [PRESET [CTEST-OPTION...]]
# The preset is `release` when none is named. Exits with 0 only when every test passed.
set -euo pipefail

preset="${1:-release}"
[[ $# -eq 0 ]] || shift
scripts="$(dirname "${BASH_SOURCE[0]}")"
cd "$scripts/.."
results=("build/$preset/tests.xml" "build/$preset/end-to-end.xml")

groups=(build demo tests)
[[ $preset == release ]] || groups+=(checks)
scripts/setup.sh "${groups[@]}"
# Some tests need two Pythons, or a newer one; without these they fail and say so.
scripts/fetch-pythons.sh || true
rm -f "${results[@]}"

run=()
if [[ $preset == tsan ]]; then
  # GCC 12's thread sanitizer does not know the address layouts of newer kernels' randomization.
  run=(setarch --addr-no-randomize)
fi

"${run[@]}" scripts/build.sh "$preset" -D OSPREY_BUILD_TESTS=ON

# tests RESULT CTEST-OPTION...: one run of ctest, with its results in build/PRESET/RESULT.
tests() {
  local result="$1"
  shift
  "${run[@]}" ctest --test-dir "build/$preset" --parallel "$(nproc)" --output-on-failure \
    --no-tests=ignore --output-junit "$result" "$@" </dev/null
}
status=0
tests tests.xml -LE e2e "$@" || status=$?
# These watch real programs on a machine that others may use as well: what fails is tried once more,
# and named.
log="build/$preset/end-to-end.log"
tests end-to-end.xml -L e2e --repeat until-pass:2 "$@" | tee "$log" || status=$?
sed -nE 's/.*Test +#[0-9]+: ([^ ]+) \.*\*\*\*.*/failed at first: \1/p' "$log" | sort -u |
  tee "build/$preset/failed-at-first.txt"

python3 scripts/totals.py "${results[@]}" || status=1
exit "$status"
