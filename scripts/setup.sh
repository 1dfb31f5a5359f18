#!/usr/bin/env bash
# Installs what is missing of the packages that the given groups of packages.txt need.
# Asks nothing, and touches neither the network nor apt when nothing is missing.
set -euo pipefail

usage='usage: scripts/setup.sh GROUP...   (build, demo, tests, checks)'
list="$(dirname "${BASH_SOURCE[0]}")/packages.txt"

fail() {
  echo "setup: $*" >&2
  exit 1
}

packages_of() {
  local wanted="$1" group package found=no
  while read -r group package; do
    [[ $group == "$wanted" ]] || continue
    found=yes
    echo "$package"
  done <"$list"
  [[ $found == yes ]] || fail "no such group: $wanted; $usage"
}

is_installed() {
  [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

as_root() {
  if [[ $(id -u) -eq 0 ]]; then
    env DEBIAN_FRONTEND=noninteractive "$@"
  elif command -v sudo >/dev/null; then
    sudo env DEBIAN_FRONTEND=noninteractive "$@"
  else
    fail "not root and no sudo: as root, run: apt-get install ${missing[*]}"
  fi
}

[[ $# -gt 0 ]] || fail "$usage"

wanted=()
for group in "$@"; do
  names=$(packages_of "$group") || exit 1
  mapfile -t -O "${#wanted[@]}" wanted <<<"$names"
done

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  fail "this is not Debian; install what these Debian packages hold: ${wanted[*]}"
fi

missing=()
for package in "${wanted[@]}"; do
  is_installed "$package" || [[ " ${missing[*]-} " == *" $package "* ]] || missing+=("$package")
done
[[ ${#missing[@]} -gt 0 ]] || exit 0

echo "setup: installing ${missing[*]}"
# Another apt-get (a machine's nightly one, say) may hold the lock for a while.
options=(-q -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
as_root apt-get "${options[@]}" -o APT::Update::Error-Mode=any update >/dev/null ||
  fail "apt-get update failed: is there a network, and does /etc/apt name a Debian mirror?"
as_root apt-get "${options[@]}" install --no-install-recommends "${missing[@]}" ||
  fail "could not install ${missing[*]}; Osprey is built on Debian 12 (bookworm)"
