#!/usr/bin/env bash
# Reads the shell scripts for mistakes, and the Python ones for errors of syntax.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
{
  scripts/checks/files.sh sh bash
  printf '.ci/run\0'
} | xargs -0 shellcheck --shell=bash
scripts/checks/files.sh py | xargs -0 --no-run-if-empty python3 -c '
import ast, sys
for path in sys.argv[1:]:
    ast.parse(open(path, encoding="utf-8").read(), path)'
