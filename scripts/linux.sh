#!/usr/bin/env bash
# Fetches a kernel that Debian ships and its source, and prepares the source once, in a cache outside the checkout.
#
#   scripts/linux.sh image [6.12|6.12.107]   prints the path of the image that boots (vmlinuz-…); of 6.1 unless another is named
#   scripts/linux.sh tree [6.12|6.12.107]    prints the folder of the source, configured like the image and prepared (make prepare)
#
# Installs nothing: what compiling needs and the machine has not (libelf-dev, pahole) is unpacked beside it.
# Folders appear whole: each is filled beside its name and then renamed, or carries a stamp when its paths must not move.
# HOTSPLICE_CACHE overrides the cache's place.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

say() { printf '%s\n' "$*" >&2; }

caches=${HOTSPLICE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hotsplice}
usage='usage: scripts/linux.sh image|tree [6.1|6.12|6.12.107]'
what=${1:-tree}
line=${2:-6.1}
source=linux-source-${line%.107}
case $line in
  6.1) cache=$caches/linux pinned=linux-image-6.1.0-50-cloud-amd64-unsigned kind=linux-image-6.1.0- ;;
  6.12) cache=$caches/linux-6.12 pinned=linux-image-6.12.117+deb12-cloud-amd64-unsigned kind=linux-image-6.12. ;;
  6.12.107) cache=$caches/linux-6.12.107 pinned=linux-image-6.12.107+deb12-cloud-amd64-unsigned kind=linux-image-6.12.107+ ;;
  *) say "$usage"; exit 1 ;;
esac

# The pinned image where it still is, else the newest of its kind.
choose_image() {
  if apt-cache show "$pinned" > /dev/null 2>&1; then
    printf '%s\n' "$pinned"
    return
  fi
  apt-cache pkgnames "$kind" | grep -- '-cloud-amd64-unsigned$' | sort -V | tail -n 1
}

fetch_image() {
  local package
  package=$(choose_image)
  if [ -z "$package" ]; then
    say "no kernel like $pinned is in this machine's package sources"
    exit 1
  fi
  rm -rf "$cache/image"
  "$here/debian-source.sh" files "$cache/image" "$package"
  apt-cache show "$package" | sed -n 's/^Version: //p' | head -n 1 > "$cache/image.version"
}

# Headers and programs of the build that the machine has not.
fetch_tools() {
  local packages=()
  [ -e /usr/include/gelf.h ] || packages+=(libelf-dev libelf1 zlib1g-dev)
  command -v pahole > /dev/null || packages+=(pahole libdw1 libelf1 libbpf1)
  [ "${#packages[@]}" -eq 0 ] || "$here/debian-source.sh" files "$cache/tools" $(printf '%s\n' "${packages[@]}" | sort -u)
}

prepare_tree() {
  local version log="$cache/tree.log" tools="$cache/tools/usr" libraries
  version=$(cat "$cache/image.version")
  rm -rf "$cache/tree" "$cache/source"
  "$here/debian-source.sh" files "$cache/source" "$source=$version"
  fetch_tools
  mkdir "$cache/tree"
  tar -xf "$cache/source/usr/src/$source.tar.xz" -C "$cache/tree" --strip-components=1
  rm -rf "$cache/source"
  cp "$cache"/image/boot/config-* "$cache/tree/.config"
  libraries=$tools/lib/x86_64-linux-gnu
  export C_INCLUDE_PATH="$tools/include" LIBRARY_PATH="$libraries" LD_LIBRARY_PATH="$libraries" PATH="$tools/bin:$PATH"
  say "preparing the kernel's source ($version), once: about a minute"
  if ! make -C "$cache/tree" -j"$(nproc)" olddefconfig prepare > "$log" 2>&1; then
    tail -n 20 "$log" >&2
    say "the source could not be prepared; the whole log: $log"
    exit 1
  fi
  printf '%s\n' "$version" > "$cache/tree.prepared"
}

mkdir -p "$cache"
exec 9> "$cache/lock"
flock 9
[ -e "$cache/image.version" ] || fetch_image
case $what in
  image) printf '%s\n' "$cache"/image/boot/vmlinuz-* ;;
  tree)
    [ -e "$cache/tree.prepared" ] || prepare_tree
    printf '%s\n' "$cache/tree" ;;
  *) say "$usage"; exit 1 ;;
esac
