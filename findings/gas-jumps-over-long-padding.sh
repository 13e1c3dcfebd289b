#!/usr/bin/env bash
# GNU as fills the gap before an aligned label with nops, but from 88 bytes on with a jump and nops that never run. The
# jump is the assembler's own: the source has none. llvm-mc fills gaps of any length with nops alone. So "padding is made
# of nops" does not hold for what GNU as writes, and code behind `ret` may hold a jump that nobody wrote.
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
"$bin/llvm-mc-14" --version | grep -o 'LLVM version .*'

# One function of a byte, and another behind a gap of $1 bytes.
source_with() {
  printf '.text\n.globl f, g\n.p2align 8\n.skip %d, 0x90\nf: ret\n.p2align 8\ng: ret\n' "$((255 - $1))"
}
# What stands in the gap, as the first words of its instructions.
gap() {
  "$bin/x86_64-linux-gnu-objdump" -d --no-show-raw-insn "--start-address=$((256 - $2))" --stop-address=256 "$1" |
    sed -n 's/^ *[0-9a-f]*:[[:space:]]*//p' | sed -E 's/^((data16|cs|xchg) ?)+/nop /; s/ .*//; s/^nop[wl]$/nop/' |
    uniq -c | tr -s ' \n' ' '
}
status=0
for size in 32 87 88 100 200; do
  source_with "$size" > gap.s
  "$bin/x86_64-linux-gnu-as" gap.s -o gnu.o
  "$bin/llvm-mc-14" -triple x86_64-linux-gnu -filetype=obj gap.s -o llvm.o
  gnu=$(gap gnu.o "$size") llvm=$(gap llvm.o "$size")
  echo "gap of $size bytes: GNU as:$gnu| llvm-mc:$llvm"
  case $llvm in *jmp*) status=1 ;; esac
  case $size:$gnu in
    32:*jmp* | 87:*jmp*) status=1 ;;
    32:* | 87:* | *:*jmp*) ;;
    *) status=1 ;;
  esac
done
exit "$status"
