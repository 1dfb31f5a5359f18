#!/usr/bin/env bash
# Runs clang-tidy over src/ and the headers it includes, by the rules of .clang-tidy.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
cmake --preset debug -B build/clang-14 -D CMAKE_CXX_COMPILER=clang++-14 -D OSPREY_BUILD_TESTS=ON \
  -D CMAKE_DISABLE_PRECOMPILE_HEADERS=ON \
  >/dev/null
# Sources that the build writes are included, so they must be there.
cmake --build build/clang-14 >/dev/null
run-clang-tidy-14 -quiet -j "$(nproc)" -p build/clang-14 "^$PWD/src/.*\.cpp$"
