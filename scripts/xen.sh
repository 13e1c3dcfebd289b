#!/usr/bin/env bash
# Fetches Debian's Xen source package and builds it once for each configuration, in a cache outside the checkout.
#
#   scripts/xen.sh source             prints the folder of the untouched source
#   scripts/xen.sh release|debug      prints the folder of a built tree (the folder that holds xen/)
#   scripts/xen.sh release-gcc-11     the release as another compiler makes it (Debian package gcc-11)
#   scripts/xen.sh arm64|arm64-debug  the same for AArch64, with Debian's cross compiler
#
# Folders appear whole: each is filled beside its name and then renamed, or carries a stamp when its paths must not move.
# HOTSPLICE_CACHE overrides the cache's place.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

cache=${HOTSPLICE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hotsplice}/xen
pinned=4.17.5+72-g01140da4e8-1
what=${1:-release}
cross=aarch64-linux-gnu-

say() { printf '%s\n' "$*" >&2; }

fetch_source() {
  local version
  rm -rf "$cache/source" # without its version it is not known to be whole
  version=$("$here/debian-source.sh" source xen "$cache/source" "$pinned")
  printf '%s\n' "$version" > "$cache/source.version"
}

build_tree() {
  local config=$1 tree="$cache/$1" log="$cache/$1.log" debug=n
  local options=(PYTHON=/usr/bin/python3)
  case $config in
    debug|arm64-debug) debug=y ;;
  esac
  case $config in
    arm64|arm64-debug)
      if ! command -v "$cross"gcc > /dev/null; then
        say "$cross""gcc is missing (Debian packages gcc-aarch64-linux-gnu and binutils-aarch64-linux-gnu)"
        exit 1
      fi
      options+=(XEN_TARGET_ARCH=arm64 CROSS_COMPILE="$cross") ;;
  esac
  case $config in
    release-*)
      local compiler=${config#release-}
      if ! command -v "$compiler" > /dev/null; then
        say "$compiler is missing (Debian package $compiler)"
        exit 1
      fi
      options+=(CC="$compiler") ;;
  esac
  rm -rf "$tree"
  # What it holds, also where it is a link: nothing is ever built in the source.
  mkdir "$tree"
  cp -a "$cache/source/." "$tree"
  printf 'CONFIG_DEBUG=%s\nCONFIG_LIVEPATCH=y\n' "$debug" > "$tree/xen/.config"
  say "building Xen ($config), once: about two minutes"
  # The build-id must not depend on the clock, the host or the user.
  export XEN_BUILD_DATE=2024-01-01 XEN_BUILD_TIME=00:00:00 XEN_BUILD_HOST=host XEN_DOMAIN=domain XEN_WHOAMI=builder
  if ! { make -C "$tree/xen" olddefconfig "${options[@]}" &&
         make -C "$tree/xen" -j"$(nproc)" "${options[@]}"; } > "$log" 2>&1; then
    tail -n 20 "$log" >&2
    say "Xen did not build; the whole log: $log"
    exit 1
  fi
  date -u +%FT%TZ > "$cache/$config.built"
}

mkdir -p "$cache"
exec 9> "$cache/lock"
flock 9
[ -e "$cache/source.version" ] || fetch_source
case $what in
  source) printf '%s\n' "$cache/source" ;;
  release|debug|release-gcc-11|arm64|arm64-debug)
    [ -e "$cache/$what.built" ] || build_tree "$what"
    printf '%s\n' "$cache/$what" ;;
  *) say "usage: scripts/xen.sh source|release|debug|release-gcc-11|arm64|arm64-debug"; exit 1 ;;
esac
