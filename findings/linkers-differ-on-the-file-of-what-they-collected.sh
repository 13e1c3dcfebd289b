#!/usr/bin/env bash
# With --gc-sections, GNU ld 2.40 leaves out the FILE symbol of an object of which every section was collected; gold of
# the same binutils keeps it, and so does GNU ld itself where one section of the object stays. So whether a program was
# linked from an object cannot be told by FILE symbols: with one linker the name is missing, with the other it is there
# although none of the object's code is.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

version=2.40-2
apt-get download -q binutils-x86-64-linux-gnu=$version libbinutils=$version libctf0=$version libctf-nobfd0=$version \
  libgprofng0=$version zlib1g libjansson4 libzstd1 > apt.log 2>&1 || { tail -n 5 apt.log; exit 1; }
for package in ./*.deb; do dpkg -x "$package" root; done
export LD_LIBRARY_PATH="$work/root/usr/lib/x86_64-linux-gnu:$work/root/lib/x86_64-linux-gnu"
tool() { local name=$1; shift; "root/usr/bin/x86_64-linux-gnu-$name" "$@"; }

printf '.file "main.c"\n.section .text.start,"ax",@progbits\n.globl _start\n_start: ret\n' > main.s
printf '.file "spare.c"\n.section .text.spare,"ax",@progbits\n.globl spare\nspare: ret\n' > spare.s
for unit in main spare; do tool as "$unit.s" -o "$unit.o"; done

tool ld.bfd --version | sed -n 1p
status=0
look() { # linker, options, whether spare.c is expected among the FILE symbols
  local found=no
  tool "$1" $2 main.o spare.o -o program
  tool readelf -sW program | grep -q 'FILE .*spare\.c$' && found=yes
  echo "$1 ${2:-without an option}: FILE symbol of spare.c: $found"
  [ "$found" = "$3" ] || status=1
}
look ld.bfd '' yes
look ld.gold '' yes
look ld.bfd --gc-sections no
look ld.gold --gc-sections yes
look ld.bfd '--gc-sections -u spare' yes
exit "$status"
