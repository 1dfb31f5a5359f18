#!/usr/bin/env bash
# Installs what is missing, builds Osprey, profiles a real Python program for five seconds and
# leaves the flame graph in osprey-demo.svg of the folder it is called from.
set -euo pipefail

scripts="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
graph="$PWD/osprey-demo.svg"
folded="$PWD/osprey-demo.folded"
osprey="$scripts/../build/release/src/cli/osprey"

"$scripts/setup.sh" build demo
"$scripts/build.sh" release -D OSPREY_BUILD_TESTS=OFF

echo
echo "Profiling scripts/demo/app.py"
# Debian's own Python, whatever else stands first in PATH.
"$osprey" record --threads -o "$graph" -o "$folded" -- /usr/bin/python3 "$scripts/demo/app.py"

echo
/usr/bin/python3 "$scripts/demo/top_functions.py" "$folded"
echo
echo "The flame graph is in $graph: open it in any browser,"
echo "click a frame to zoom in, press Ctrl-F to search. The same stacks as text are in $folded."
