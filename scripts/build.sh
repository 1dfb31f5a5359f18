#!/usr/bin/env bash
# Configures and builds one preset of CMakePresets.json: scripts/build.sh PRESET [CMAKE-OPTION...]
set -euo pipefail

preset="${1:?usage: scripts/build.sh PRESET [CMAKE-OPTION...]}"
shift
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cmake --preset "$preset" "$@"
cmake --build --preset "$preset"
