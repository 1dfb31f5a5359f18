#!/usr/bin/env bash
# Builds a free-threaded Python out of Debian's own source package:
# pythons/build-free-threaded.sh PACKAGE CACHE NAME leaves CACHE/NAME/bin/python3.Nt.
# It takes minutes, once.
set -euo pipefail

package="$1" cache="$2" name="$3"
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# 3.13 is no longer in sid.
source="deb-src http://deb.debian.org/debian sid main
deb-src http://deb.debian.org/debian trixie main"
work="$cache/$name.build"

rm -rf "$work"
mkdir -p "$work"
trap 'rm -rf "$work"' EXIT
cd "$work"
"$here/apt.sh" "$cache/apt-sources" "$source" update
# Its signature and its checksums have been held against the archive's by apt.
"$here/apt.sh" "$cache/apt-sources" "$source" --download-only source "$package"
dpkg-source --no-check -x "$package"_*.dsc source

cd source
./configure --disable-gil --without-ensurepip --prefix="$cache/$name"
make -j"$(nproc)"
make altinstall DESTDIR="$work/installed"
mv "$work/installed$cache/$name" "$cache/$name"
