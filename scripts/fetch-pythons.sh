#!/usr/bin/env bash
# Fetches the Pythons that Debian 12 does not have: scripts/fetch-pythons.sh [NAME...]
# NAME is one of 3.14 3.14d 3.15 3.13t 3.14t 3.15t, or greenlets for what switches stacks inside a
# thread of 3.14; all when none is given.
#
# They go into a cache and nowhere else: $OSPREY_PYTHONS, or osprey/pythons under $XDG_CACHE_HOME or
# ~/.cache. What is there already is left alone; to fetch it anew, remove the folder. A Python that
# cannot be had leaves a line that says why in the cache's folder `missing`, which the tests print.
# Exits with 0 even then: whether one may be missing is for the tests to say.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cache="${OSPREY_PYTHONS:-${XDG_CACHE_HOME:-$HOME/.cache}/osprey/pythons}"
mkdir -p "$cache/missing" "$cache/log"

# fetch NAME COMMAND...: runs the command, which makes $cache/NAME whole or not at all.
fetch() {
  local name="$1" log="$cache/log/$1" reason
  shift
  if [[ -e $cache/$name ]]; then
    echo "fetch-pythons: $name is in $cache"
    return
  fi
  echo "fetch-pythons: fetching $name"
  if "$@" "$cache" "$name" >"$log" 2>&1; then
    rm -f "$cache/missing/$name"
    return
  fi
  # The first error of apt or of a compiler says more than the last line.
  reason=$(grep -m 1 -E '^(E:|error:|configure: error:|.*: error:|.*pythons/.*:)' "$log" ||
    tail -n 1 "$log")
  reason=$(sed -E 's/^E: //; s/ *\[IP: [^]]*\]//' <<<"$reason")
  echo "${reason:-it failed without a word}" >"$cache/missing/$name"
  echo "fetch-pythons: $name could not be had: ${reason:-it failed without a word}" >&2
  echo "fetch-pythons: the whole story is in $log" >&2
}

[[ $# -gt 0 ]] || set -- 3.14 3.14d 3.15 greenlets 3.13t 3.14t 3.15t
for name in "$@"; do
  case $name in
    3.14d) fetch "$name" "$here/pythons/unpack.sh" python3.14-dbg ;;
    greenlets) fetch "$name" "$here/pythons/unpack.sh" python3-gevent ;;
    *t) fetch "$name" "$here/pythons/build-free-threaded.sh" "python${name%t}" ;;
    *) fetch "$name" "$here/pythons/unpack.sh" "python$name" ;;
  esac
done

# The packages are unpacked; two or three were needed by several.
rm -rf "$cache/apt/cache/archives"
