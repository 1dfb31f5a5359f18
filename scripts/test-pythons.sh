#!/usr/bin/env bash
# Tests Osprey on every CPython that can be had and prints the matrix, versions x checks:
# scripts/test-pythons.sh [PRESET]
# The preset is `release` when none is named. With UPDATE_GOLDEN=1 the matrix also goes into
# docs/python-versions.md. Exits with 0 only when every check on every Python passed.
set -euo pipefail

preset="${1:-release}"
cd "$(dirname "${BASH_SOURCE[0]}")/.."
matrix="$PWD/build/$preset/python-versions.md"

scripts/setup.sh build tests
scripts/fetch-pythons.sh
scripts/build.sh "$preset" -D OSPREY_BUILD_TESTS=ON

rm -f "$matrix"
status=0
OSPREY_MATRIX="$matrix" ctest --test-dir "build/$preset" --tests-regex '^e2e\.pythons$' \
  --no-tests=error --output-on-failure </dev/null || status=$?
[[ ! -e $matrix ]] || cat "$matrix"
exit "$status"
