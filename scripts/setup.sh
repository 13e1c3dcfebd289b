#!/usr/bin/env bash
# Sees to the programs that the tests, the demo and a rehearsal need.
#
# As root on a machine with apt it installs what is missing; elsewhere it says what is missing and goes on: hotsplice
# itself needs Node, gcc and binutils only, and a test that lacks a tool says so and is skipped.
set -uo pipefail

# program or file, Debian package, what it is for
needs=(
  "gcc            gcc              every build"
  "make           make             every build"
  "objcopy        binutils         trees that rename sections after compiling; readelf and objdump judge the tests"
  "patch          patch            tests compare with it"
  "git            git              tests compare with git apply"
  "flex           flex             building Xen"
  "bison          bison            building Xen"
  "xz             xz-utils         unpacking Xen's source package"
  "dpkg-source    dpkg-dev         unpacking Xen's source package"
  "/usr/bin/python3 python3        building Xen"
  "/usr/include/stdint.h libc6-dev compiling for the host"
  "qemu-system-x86_64 qemu-system-x86 rehearsal on the real Xen"
  "/usr/share/seabios/bios-256k.bin seabios rehearsal on the real Xen"
  "aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu building Xen for AArch64, and tests of its code"
  "aarch64-linux-gnu-objdump binutils-aarch64-linux-gnu tests of AArch64 code"
  "clang-14       clang-14         tests of what another compiler makes of variables"
  "qemu-system-aarch64 qemu-system-arm rehearsal on the real Xen for AArch64"
  "ssh            openssh-client   hosts xen:ssh://…"
  "chromium       chromium         tests of the report page in a browser"
  "redis-server   redis-server     tests of a fleet that workers build"
  "pgrep          procps           tests look for processes that a stopped run left behind"
)

say() { printf '%s\n' "$*" >&2; }

present() {
  case $1 in
    /*) [ -e "$1" ] ;;
    *) command -v "$1" > /dev/null ;;
  esac
}

missing_packages() {
  local need program package _
  for need in "${needs[@]}"; do
    read -r program package _ <<< "$need"
    present "$program" || printf '%s\n' "$package"
  done | sort -u
}

tell_missing() {
  local need program package purpose
  for need in "${needs[@]}"; do
    read -r program package purpose <<< "$need"
    present "$program" || say "setup: $program is missing (Debian package $package): $purpose"
  done
}

mapfile -t missing < <(missing_packages)
[ "${#missing[@]}" -eq 0 ] && exit 0

if [ "$(id -u)" -eq 0 ] && command -v apt-get > /dev/null; then
  say "setup: installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  install=(apt-get -qq -o Dpkg::Use-Pty=0 install -y --no-install-recommends "${missing[@]}")
  "${install[@]}" > /dev/null 2>&1 || { apt-get -qq update >&2 && "${install[@]}" > /dev/null; }
fi
tell_missing
# What is missing is told, not fatal: the caller goes on where it can.
exit 0
