#!/usr/bin/env bash
# llvm-objcopy 14 compresses every debug section, also those that become larger: GNU objcopy leaves these as they are. And
# with zlib-gnu it renames .debug_info to .zdebug_info, and not the relocations for it, which stay .rela.debug_info; back
# again, from an object that GNU as made, .debug_info has .rela.zdebug_info. Who finds tables by name finds none.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fetch() {
  apt-get download -q "$@" > apt.log 2>&1 || { tail -n 5 apt.log; exit 1; }
  for package in ./*.deb; do dpkg -x "$package" root; rm "$package"; done
}
fetch binutils-x86-64-linux-gnu=2.40-2 libbinutils=2.40-2 llvm-14=1:14.0.6-12 libllvm14=1:14.0.6-12
fetch libedit2 libtinfo6 libz3-4 libxml2 libffi8 libbsd0 libmd0 libicu72 liblzma5 zlib1g libzstd1
export LD_LIBRARY_PATH="$work/root/usr/lib/x86_64-linux-gnu:$work/root/lib/x86_64-linux-gnu"
bin="$work/root/usr/bin"
"$bin/x86_64-linux-gnu-as" --version | sed -n 1p
"$bin/llvm-objcopy-14" --version | grep -o 'LLVM version .*'

# Two sections of debug information: one that is worth compressing, with a relocation for it, and one that is not.
cat > unit.s << 'S'
.text
f: ret
.section .debug_info, "", @progbits
.quad f
.fill 2000, 1, 7
.section .debug_str, "", @progbits
.ascii "0123456789abcdef"
S
"$bin/x86_64-linux-gnu-as" --compress-debug-sections=none unit.s -o plain.o
"$bin/x86_64-linux-gnu-as" --compress-debug-sections=zlib-gnu unit.s -o gnu.o
# The debug sections of an object, each with its size.
sections() {
  "$bin/x86_64-linux-gnu-readelf" -SW "$1" | sed -n 's/^ *\[ *[0-9]*\] //p' |
    while read -r name _ _ _ size _; do case $name in *debug*) echo "$name:$((16#$size))" ;; esac; done | tr '\n' ' '
}
"$bin/llvm-objcopy-14" --compress-debug-sections=zlib plain.o llvm-zlib.o
"$bin/x86_64-linux-gnu-objcopy" --compress-debug-sections=zlib plain.o gnu-zlib.o
"$bin/llvm-objcopy-14" --compress-debug-sections=zlib-gnu plain.o llvm-named.o
"$bin/llvm-objcopy-14" --decompress-debug-sections gnu.o llvm-back.o
status=0
expect() {
  local found
  found=$(sections "$1")
  echo "$1: $found"
  for word in "${@:2}"; do case " $found" in *" $word"*) ;; *) echo "  there is no $word"; status=1 ;; esac; done
}
expect plain.o .debug_info:2008 .rela.debug_info: .debug_str:16
expect gnu-zlib.o .debug_info: .rela.debug_info: .debug_str:16
expect llvm-zlib.o .debug_info: .rela.debug_info: .debug_str:48
expect llvm-named.o .zdebug_info: .rela.debug_info:
expect gnu.o .zdebug_info: .rela.zdebug_info:
expect llvm-back.o .debug_info:2008 .rela.zdebug_info:
exit "$status"
