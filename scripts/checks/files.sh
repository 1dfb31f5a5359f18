#!/usr/bin/env bash
# Lists the project's own files that end in one of the given endings, NUL after each:
# scripts/checks/files.sh h cpp. Works in a clone and in a copy without its history.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."

if listed=$(git ls-files 2>/dev/null) && [[ -n $listed ]]; then
  mapfile -t files <<<"$listed"
else
  mapfile -t files < <(find . -path ./build -prune -o -path ./.git -prune -o -type f -print)
fi

for file in "${files[@]}"; do
  for ending in "$@"; do
    if [[ $file == *".$ending" && -e $file ]]; then
      printf '%s\0' "$file"
    fi
  done
done
