#!/usr/bin/env bash
# An object whose relocations are of kind SHT_CREL (0x40000014; llvm-mc 19 --crel, clang -Wa,--crel) is linked by lld 14.0.6
# and by mold 1.10.1 without a word, exit code 0, and without its relocations: each field stays as the assembler left it, so
# that a call goes to the instruction behind it. lld 19.1.7 links it right, GNU ld 2.40 refuses the object; readelf 2.40 and
# llvm-readelf 14 say of it that it has no relocations. So neither a link that succeeds nor an empty list shows that there
# are none: a section of a kind that a reader does not know has to be an error.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

apt-get download -q llvm-19=1:19.1.7-3~deb12u1 libllvm19=1:19.1.7-3~deb12u1 lld-19=1:19.1.7-3~deb12u1 lld-14=1:14.0.6-12 \
  libllvm14=1:14.0.6-12 llvm-14=1:14.0.6-12 mold=1.10.1+dfsg-1 binutils-x86-64-linux-gnu=2.40-2 libbinutils=2.40-2 \
  libctf0=2.40-2 libctf-nobfd0=2.40-2 libjansson4 libzstd1 zlib1g libtinfo6 libxml2 libz3-4 libedit2 libffi8 libbsd0 libmd0 \
  libicu72 libtbb12 libmimalloc2.0 > apt.log 2>&1 || { tail -n 5 apt.log; exit 1; }
for package in ./*.deb; do dpkg -x "$package" root; done
export LD_LIBRARY_PATH="$work/root/usr/lib/x86_64-linux-gnu:$work/root/lib/x86_64-linux-gnu"
new=root/usr/lib/llvm-19/bin old=root/usr/lib/llvm-14/bin gnu=root/usr/bin/x86_64-linux-gnu-

# With a field that stays 0 the call goes on behind itself: with 3, where `seven` would have set 7.
cat > main.s << 'END'
  .globl _start
_start:
  mov $3, %edi
  call seven
  mov $60, %eax
  syscall
END
cat > seven.s << 'END'
  .globl seven
seven:
  mov $7, %edi
  ret
END
for unit in main seven; do "$new/llvm-mc" -filetype=obj --crel -triple x86_64-linux-gnu $unit.s -o $unit.o; done

# How a linker ends, whether it says something, and how the program ends that it has made.
linked() {
  rm -f program
  local words code=0 ran=none
  words=$("$@" main.o seven.o -o program 2>&1) || code=$?
  if [ "$code" = 0 ]; then
    ran=0
    ./program || ran=$?
  fi
  echo "exit code $code, ${words:+not }silent, the program's: $ran"
}
status=0
check() {
  echo "$1: $3"
  [ "$3" = "$2" ] || status=1
}
check 'lld 19.1.7' "exit code 0, silent, the program's: 7" "$(linked "$new/ld.lld")"
check 'lld 14.0.6' "exit code 0, silent, the program's: 3" "$(linked "$old/ld.lld")"
check 'mold 1.10.1' "exit code 0, silent, the program's: 3" "$(linked root/usr/bin/mold)"
check 'GNU ld 2.40' "exit code 1, not silent, the program's: none" "$(linked "${gnu}ld")"
none='There are no relocations in this file.'
check 'readelf 2.40' "$none" "$("${gnu}readelf" -r main.o | grep .)"
check 'llvm-readelf 14.0.6' "$none" "$("$old/llvm-readelf" -r main.o | grep .)"
exit "$status"
