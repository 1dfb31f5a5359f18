#!/usr/bin/env bash
# An apt of its own, which knows nothing of the system's packages and changes nothing in it:
# pythons/apt.sh FOLDER "SOURCE LINE" APT-GET-ARGUMENT...
# What it downloads is signed by Debian's archive keys, or refused.
set -euo pipefail

folder="$1" source="$2"
shift 2
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

if ! command -v apt-get >/dev/null || [[ ! -r $keyring ]]; then
  echo "pythons/apt.sh: this is not Debian, or its archive keys are not here ($keyring)" >&2
  exit 1
fi
mkdir -p "$folder"/{state/lists/partial,cache/archives/partial,etc}
: >"$folder/status"
while read -r kind rest; do
  echo "$kind [signed-by=$keyring] $rest"
done <<<"$source" >"$folder/sources.list"

# The sandbox's user could not enter a cache in somebody's home.
exec apt-get -q -y \
  -o Dir::State="$folder/state" -o Dir::State::status="$folder/status" \
  -o Dir::Cache="$folder/cache" -o Dir::Etc="$folder/etc" \
  -o Dir::Etc::SourceList="$folder/sources.list" -o Dir::Etc::SourceParts=/dev/null \
  -o APT::Sandbox::User="$(id -un)" -o Debug::NoLocking=1 -o APT::Install-Recommends=0 \
  -o Acquire::Retries=3 -o APT::Update::Error-Mode=any "$@"
