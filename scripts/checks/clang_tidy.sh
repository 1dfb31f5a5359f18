#!/usr/bin/env bash
# Runs clang-tidy over src/ and the headers it includes, by the rules of .clang-tidy.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# Sources that the build writes are included, so they must be there.
scripts/build.sh asan-ubsan -D OSPREY_BUILD_TESTS=ON >/dev/null
run-clang-tidy-14 -quiet -j "$(nproc)" -p build/asan-ubsan "^$PWD/src/.*\.cpp$"
