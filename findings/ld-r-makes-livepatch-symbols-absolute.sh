#!/usr/bin/env bash
# A symbol whose section number is SHN_LIVEPATCH (0xff20, of those that gABI leaves to systems; Linux resolves it when the
# module of a live patch is applied) is made an absolute one of value 0 by a link with -r: by GNU ld 2.40, lld 14.0.6 and
# lld 19.1.7, without a word and with exit code 0. The relocations still name it, so that what was to be resolved later
# leads to address 0 from then on. GNU objcopy and strip 2.40 and eu-strip 0.188 leave the number alone; llvm-objcopy 14 and
# 19 refuse the file. GNU nm prints such a symbol as absolute in any case. So the numbers have to be set after the last link.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

apt-get download -q llvm-19=1:19.1.7-3~deb12u1 libllvm19=1:19.1.7-3~deb12u1 lld-19=1:19.1.7-3~deb12u1 lld-14=1:14.0.6-12 \
  libllvm14=1:14.0.6-12 llvm-14=1:14.0.6-12 elfutils=0.188-2.1 libelf1=0.188-2.1 libdw1=0.188-2.1 \
  binutils-x86-64-linux-gnu=2.40-2 libbinutils=2.40-2 libctf0=2.40-2 libctf-nobfd0=2.40-2 libjansson4 libzstd1 zlib1g \
  libtinfo6 libxml2 libz3-4 libedit2 libffi8 libbsd0 libmd0 libicu72 libbz2-1.0 liblzma5 \
  > apt.log 2>&1 || { tail -n 5 apt.log; exit 1; }
for package in ./*.deb; do dpkg -x "$package" root; done
export LD_LIBRARY_PATH="$work/root/usr/lib/x86_64-linux-gnu:$work/root/lib/x86_64-linux-gnu"
gnu=root/usr/bin/x86_64-linux-gnu- old=root/usr/lib/llvm-14/bin new=root/usr/lib/llvm-19/bin

printf '.globl caller\ncaller:\n  call outside\n  ret\n' | "${gnu}as" -o unit.o -

# The entry of a symbol has 24 bytes, its section's number the seventh and the eighth.
table=$((16#$("${gnu}readelf" -SW unit.o | sed -n 's/.* SYMTAB *[0-9a-f]* \([0-9a-f]*\) .*/\1/p')))
entry=$("${gnu}readelf" -sW unit.o | sed -n 's/^ *\([0-9]*\): .* UND outside$/\1/p')
printf '\x20\xff' | dd of=unit.o bs=1 seek=$((table + 24 * entry + 6)) conv=notrunc status=none

status=0
check() {
  echo "$1: $3"
  [ "$3" = "$2" ] || status=1
}
# How a tool ends, what it says, and what has become of the symbol.
made() {
  rm -f made.o
  local words code=0 place=none
  words=$("$@" 2>&1) || code=$?
  if [ -f made.o ]; then place=$("${gnu}readelf" -sW made.o | sed -n 's/.* DEFAULT *\(.*[^ ]\) *outside$/\1/p'); fi
  echo "exit code $code, ${words:+not }silent, $place"
}
kept='exit code 0, silent, OS [0xff20]' lost='exit code 0, silent, ABS' refused='exit code 1, not silent, none'
check 'GNU ld -r 2.40' "$lost" "$(made "${gnu}ld" -r unit.o -o made.o)"
check 'lld -r 14.0.6' "$lost" "$(made "$old/ld.lld" -r unit.o -o made.o)"
check 'lld -r 19.1.7' "$lost" "$(made "$new/ld.lld" -r unit.o -o made.o)"
"${gnu}ld" -r unit.o -o made.o
check 'relocations of what GNU ld made' outside "$("${gnu}readelf" -rW made.o | grep -o outside)"
check 'GNU objcopy 2.40' "$kept" "$(made "${gnu}objcopy" unit.o made.o)"
check 'GNU strip -g 2.40' "$kept" "$(made "${gnu}strip" -g -o made.o unit.o)"
check 'eu-strip -g 0.188' "$kept" "$(made root/usr/bin/eu-strip -g -o made.o unit.o)"
check 'llvm-objcopy 14.0.6' "$refused" "$(made "$old/llvm-objcopy" unit.o made.o)"
check 'llvm-objcopy 19.1.7' "$refused" "$(made "$new/llvm-objcopy" unit.o made.o)"
check 'GNU nm 2.40' '0000000000000000 A outside' "$("${gnu}nm" unit.o | grep outside)"
exit "$status"
