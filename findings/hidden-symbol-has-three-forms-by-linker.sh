#!/usr/bin/env bash
# A global symbol that is `.hidden` has three forms in the symbol table of a linked program, by linker and by kind of program.
# GNU ld leaves it GLOBAL HIDDEN in a static one; in a position-independent one it is LOCAL, no longer hidden, behind a FILE
# symbol without a name; gold makes it LOCAL and leaves it hidden, behind whatever FILE symbol happens to be the last. Who
# takes a local name to be of the FILE symbol before it, as the gABI has it, then names the wrong source.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

apt-get download -q binutils-x86-64-linux-gnu=2.40-2 libbinutils=2.40-2 libctf0=2.40-2 libctf-nobfd0=2.40-2 \
  libgprofng0=2.40-2 libjansson4 zlib1g libzstd1 > apt.log 2>&1 || { tail -n 5 apt.log; exit 1; }
for package in ./*.deb; do dpkg -x "$package" root; done
export LD_LIBRARY_PATH="$work/root/usr/lib/x86_64-linux-gnu:$work/root/lib/x86_64-linux-gnu"
bin="$work/root/usr/bin/x86_64-linux-gnu"
"$bin-ld.bfd" --version | sed -n 1p
"$bin-ld.gold" --version | sed -n 1p

printf '.file "first.c"\n.globl shared\n.hidden shared\n.type shared,@function\nshared: ret\n.size shared, 1\n' > first.s
printf '.file "last.c"\n.globl _start\n_start: call shared\n ret\n' > last.s
for source in first last; do "$bin-as" $source.s -o $source.o; done

# Binding and visibility of `shared`, and the name of the FILE symbol before it.
form() {
  "$bin-ld.$1" "${@:2}" first.o last.o -o program
  "$bin-readelf" -sW program | awk '
    $4 == "FILE" { file = $8 == "" ? "nameless" : $8 }
    $8 == "shared" { print $5, $6, $5 == "LOCAL" ? file : "-" }'
}
status=0
expect() {
  local seen
  seen=$(form "${@:2}")
  echo "ld.${*:2}: $seen"
  [ "$seen" = "$1" ] || status=1
}
expect 'GLOBAL HIDDEN -' bfd
expect 'LOCAL DEFAULT nameless' bfd -pie
expect 'LOCAL HIDDEN last.c' gold
expect 'LOCAL HIDDEN last.c' gold -pie
exit "$status"
