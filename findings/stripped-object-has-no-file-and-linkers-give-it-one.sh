#!/usr/bin/env bash
# objcopy --strip-debug takes an object's FILE symbol along with the debug information (unless --keep-file-symbols asks for
# it), and the linkers fill the gap, each in its own way: GNU ld 2.40 writes a FILE symbol with the name of the object file,
# gold of the same binutils writes none, so that the object's local symbols stand behind the FILE symbol of the object that
# was linked before it. Who reads a program's table then finds `stripped.o` for a source, or takes one file's variable for
# another's.
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

printf '.file "main.c"\n.text\n.globl _start\n_start: ret\nof_main: ret\n' > main.s
printf '.file "other.c"\n.text\n.globl other\nother: ret\nof_other: ret\n' > other.s
for unit in main other; do tool as "$unit.s" -o "$unit.o"; done
tool objcopy --strip-debug other.o stripped.o
tool objcopy --strip-debug --keep-file-symbols other.o kept.o

tool ld.bfd --version | sed -n 1p
status=0
look() { # linker, second object, the FILE symbol before the second object's local function
  local file
  tool "$1" main.o "$2" -o program
  file=$(tool readelf -sW program | awk '$4 == "FILE" { file = $8 } $8 == "of_other" { print file }')
  echo "$1, $2: of_other stands behind FILE $file"
  [ "$file" = "$3" ] || status=1
}
look ld.bfd other.o other.c
look ld.bfd stripped.o stripped.o
look ld.bfd kept.o other.c
look ld.gold other.o other.c
look ld.gold stripped.o main.c
exit "$status"
