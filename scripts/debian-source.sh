#!/usr/bin/env bash
# Fetches Debian packages without installing anything: sources, and the contents of binary packages.
#
#   scripts/debian-source.sh source PACKAGE FOLDER [VERSION]   the unpacked source; prints the version it is of
#   scripts/debian-source.sh files FOLDER PACKAGE...           the contents of binary packages
#
# FOLDER appears whole, or not at all. With VERSION that one is tried first, then every other that there is.
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

# Fills $work/out/SOURCE and prints the version.
fetch_source() {
  local package=$1 wanted=$2 version options
  derive_source_lists "$work/home"
  options=(-o "Dir::Etc::SourceList=/dev/null" -o "Dir::Etc::SourceParts=$work/home/sources.d"
           -o "Dir::State::Lists=$work/home/lists" -o APT::Sandbox::User=root)
  say "fetching the source package $package"
  apt-get "${options[@]}" -qq update >&2
  for version in $wanted $(apt-cache "${options[@]}" showsrc "$package" | sed -n 's/^Version: //p'); do
    if (cd "$work/out" && apt-get "${options[@]}" -qq source "$package=$version" >&2); then
      printf '%s\n' "$version"
      return
    fi
  done
  say "no version of Debian's source package $package could be fetched; is there a package mirror with deb-src?"
  return 1
}

start_work() {
  mkdir -p "$(dirname "$folder")"
  work=$(mktemp -d "$folder.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  mkdir "$work/debs" "$work/out"
}

# The contents of one package; of a large kernel only what a dom0 under test loads, not four hundred megabytes.
unpack() {
  case $(basename "$1") in
    linux-image-*-cloud-*) dpkg -x "$1" "$work/out" ;;
    linux-image-*)
      dpkg-deb --fsys-tarfile "$1" |
        tar -x -C "$work/out" --wildcards './boot/vmlinuz-*' '*/drivers/xen/*.ko' '*/ethernet/intel/e1000/*.ko' ;;
    *) dpkg -x "$1" "$work/out" ;;
  esac
}

what=${1:-}
case $what in
  source)
    package=$2 folder=$3 wanted=${4:-}
    [ -e "$folder" ] && exit 0
    start_work
    fetch_source "$package" "$wanted"
    mv "$work"/out/*/ "$folder" ;;
  files)
    folder=$2
    shift 2
    [ -e "$folder" ] && exit 0
    start_work
    say "fetching $*"
    (cd "$work/debs" && apt-get -qq -o APT::Sandbox::User=root download "$@" >&2)
    for deb in "$work"/debs/*.deb; do unpack "$deb"; done
    mv "$work/out" "$folder" ;;
  *)
    say "usage: scripts/debian-source.sh source PACKAGE FOLDER [VERSION] | files FOLDER PACKAGE..."
    exit 1 ;;
esac
