#!/usr/bin/env bash
# Fails when clang-format would lay out any C++ file in another way.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
scripts/checks/files.sh h cpp | xargs -0 --no-run-if-empty clang-format-14 --dry-run -Werror
