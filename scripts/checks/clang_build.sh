#!/usr/bin/env bash
# Builds everything with Clang 14, where a warning is an error.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
cmake --preset debug -B build/clang-14 -D CMAKE_CXX_COMPILER=clang++-14 -D OSPREY_BUILD_TESTS=ON
cmake --build build/clang-14
