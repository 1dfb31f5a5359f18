#!/usr/bin/env bash
# Unpacks a package of Debian sid and all that it needs into the root CACHE/sid, which chroot can
# enter: pythons/unpack.sh PACKAGE CACHE NAME. CACHE/NAME links to the root when it is whole.
set -euo pipefail

package="$1" cache="$2" name="$3"
here="$(dirname "${BASH_SOURCE[0]}")"
source="deb http://deb.debian.org/debian sid main"
root="$cache/sid"

apt() { "$here/apt.sh" "$cache/apt" "$source" "$@"; }

apt update
# A shell and its usual commands beside: programs under test start them.
apt --download-only install "$package" dash coreutils

mkdir -p "$root"/{usr/{bin,sbin,lib,lib64},tmp,proc,dev}
for folder in bin sbin lib lib64; do
  [[ -L $root/$folder ]] || ln -s "usr/$folder" "$root/$folder"
done
for archive in "$cache"/apt/cache/archives/*.deb; do
  dpkg-deb --fsys-tarfile "$archive" | tar -x --keep-directory-symlink --no-same-owner -C "$root"
done
[[ -e $root/usr/bin/sh ]] || ln -s dash "$root/usr/bin/sh"
ln -sfn sid "$cache/$name"
