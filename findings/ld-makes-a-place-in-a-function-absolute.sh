#!/usr/bin/env bash
# `--defsym=inner=function+1` is a place in the function's section, and GNU ld 2.40 writes it into the symbol table as a
# function of section ABS, also in a position-independent program: by the gABI an absolute symbol does not move with the
# program, and this one's value is an address that does. `--defsym=whole=function`, without the sum, stands in the function's
# section; so does the sum with gold of the same binutils, which writes it without a type.
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

cat > program.s << 'END'
.text
.globl _start
.type _start, @function
_start: nop; ret
.size _start, .-_start
END
tool as program.s -o program.o

tool ld.bfd --version | sed -n 1p
status=0
look() { # linker, type and section's kind of inner, likewise of whole
  local name kinds=''
  tool "$1" -pie --defsym=inner=_start+1 --defsym=whole=_start program.o -o program
  for name in inner whole; do
    kinds+=$(tool readelf -sW program | awk -v name=$name '$8 == name { print $4, $7 == "ABS" ? "ABS" : "section" }' | tail -n 1)\;
  done
  echo "$1: inner; whole: $kinds"
  [ "$kinds" = "$2;$3;" ] || status=1
}
look ld.bfd 'FUNC ABS' 'FUNC section'
look ld.gold 'NOTYPE section' 'FUNC section'
exit "$status"
