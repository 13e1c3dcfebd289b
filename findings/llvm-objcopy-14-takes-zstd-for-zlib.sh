#!/usr/bin/env bash
# llvm-objcopy 14 does not look by which method a section is compressed: zstd, which GNU as and objcopy of the same Debian
# release write, it unpacks as zlib, and says that the data is damaged. llvm-dwarfdump of the same version looks, and says
# that the method is not supported; GNU objcopy unpacks the object.
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

{ echo '.globl f'; echo 'f:'; printf '  nop\n%.0s' {1..400}; echo '  ret'; } > unit.s
"$bin/x86_64-linux-gnu-as" -g --compress-debug-sections=zstd unit.s -o unit.o
llvm=$("$bin/llvm-objcopy-14" --decompress-debug-sections unit.o llvm.o 2>&1) && ended=0 || ended=$?
dump=$("$bin/llvm-dwarfdump-14" --debug-line unit.o 2>&1 | grep -m 1 decompress) || true
"$bin/x86_64-linux-gnu-objcopy" --decompress-debug-sections unit.o gnu.o
echo "llvm-objcopy ends with $ended: ${llvm#*error: }"
echo "llvm-dwarfdump: $dump"
lines=$("$bin/x86_64-linux-gnu-objdump" --dwarf=decodedline gnu.o | grep -c '^unit.s') || true
echo "GNU objcopy unpacks it: $lines lines"
case $ended:$llvm in 1:*'zlib error: Z_DATA_ERROR'*) ;; *) exit 1 ;; esac
case $dump in *'unsupported compression type'*) ;; *) exit 1 ;; esac
[ "$lines" -gt 400 ]
