#!/usr/bin/env bash
# Fetches the source of a Debian package, and development files without installing them.
#
#   scripts/debian-source.sh source PACKAGE FOLDER          the unpacked source, which appears whole
#   scripts/debian-source.sh files FOLDER PACKAGE...        the contents of binary packages
#
# Uses the machine's own package sources, with deb-src derived from them; changes nothing on the machine.
set -euo pipefail

say() { printf '%s\n' "$*" >&2; }

derive_source_lists() {
  local to=$1 file
  mkdir -p "$to/sources.d" "$to/lists/partial"
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ -f "$file" ] || continue
    sed -n 's/^[[:space:]]*deb[[:space:]]/deb-src /p' "$file" >> "$to/sources.d/derived.list"
  done
  for file in /etc/apt/sources.list.d/*.sources; do
    [ -f "$file" ] || continue
    sed 's/^Types:.*/Types: deb-src/' "$file" > "$to/sources.d/$(basename "$file")"
  done
}

what=${1:-}
case $what in
  source)
    package=$2 folder=$3
    [ -e "$folder" ] && exit 0
    mkdir -p "$(dirname "$folder")"
    work=$(mktemp -d "$folder.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    mkdir "$work/out"
    derive_source_lists "$work/home"
    options=(-o "Dir::Etc::SourceList=/dev/null" -o "Dir::Etc::SourceParts=$work/home/sources.d"
             -o "Dir::State::Lists=$work/home/lists" -o APT::Sandbox::User=root)
    say "fetching the source package $package"
    apt-get "${options[@]}" -qq update >&2
    (cd "$work/out" && apt-get "${options[@]}" -qq source "$package" >&2)
    mv "$work"/out/*/ "$folder" ;;
  files)
    folder=$2
    shift 2
    [ -e "$folder" ] && exit 0
    mkdir -p "$(dirname "$folder")"
    work=$(mktemp -d "$folder.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    mkdir "$work/debs" "$work/out"
    say "fetching $*"
    (cd "$work/debs" && apt-get -qq -o APT::Sandbox::User=root download "$@" >&2)
    for deb in "$work"/debs/*.deb; do dpkg -x "$deb" "$work/out"; done
    mv "$work/out" "$folder" ;;
  *) say "usage: scripts/debian-source.sh source PACKAGE FOLDER | files FOLDER PACKAGE..."; exit 1 ;;
esac
