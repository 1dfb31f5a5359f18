#!/usr/bin/env bash
# Builds everything with Clang 14, where a warning is an error, and without precompiled headers, so
# that every file includes what it needs.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
cmake --preset debug -B build/clang-14 -D CMAKE_CXX_COMPILER=clang++-14 -D OSPREY_BUILD_TESTS=ON \
  -D CMAKE_DISABLE_PRECOMPILE_HEADERS=ON
cmake --build build/clang-14
