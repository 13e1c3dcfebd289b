#!/usr/bin/env bash
# With --emit-relocs (-q) a linker keeps its input's relocations in the program. Where it relaxes a load from the GOT to the
# address itself, or a call through the GOT to a direct one, GNU ld 2.40 writes the kind of relocation that the field is of
# now (R_X86_64_PC32, R_X86_64_32S); gold 2.40, lld 14.0.6, lld 19.1.7 and mold 1.10.1 write the one that it had
# (R_X86_64_GOTPCRELX, R_X86_64_REX_GOTPCRELX), though there is no slot in the GOT, and code and field are others. So whoever
# compares a program's code with an object's by these relocations has to look at the instruction as well.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

apt-get download -q lld-19=1:19.1.7-3~deb12u1 libllvm19=1:19.1.7-3~deb12u1 lld-14=1:14.0.6-12 libllvm14=1:14.0.6-12 \
  mold=1.10.1+dfsg-1 binutils-x86-64-linux-gnu=2.40-2 libbinutils=2.40-2 libctf0=2.40-2 libctf-nobfd0=2.40-2 libjansson4 \
  libzstd1 zlib1g libtinfo6 libxml2 libz3-4 libedit2 libffi8 libbsd0 libmd0 libicu72 libtbb12 libmimalloc2.0 \
  > apt.log 2>&1 || { tail -n 5 apt.log; exit 1; }
for package in ./*.deb; do dpkg -x "$package" root; done
export LD_LIBRARY_PATH="$work/root/usr/lib/x86_64-linux-gnu:$work/root/lib/x86_64-linux-gnu"
gnu=root/usr/bin/x86_64-linux-gnu-

cat > unit.s << 'END'
  .globl _start, callee, thing
_start:
  mov thing@GOTPCREL(%rip), %rax
  call *callee@GOTPCREL(%rip)
  ret
callee:
  ret
  .data
thing:
  .quad 1
END
"${gnu}as" unit.s -o unit.o

# The kinds of both relocations, and how often the code goes through memory.
seen() {
  "$@" -q unit.o -o program
  local kinds memory
  kinds=$("${gnu}readelf" -rW program | grep -oE 'R_X86_64_[A-Z0-9_]+' | paste -sd ' ')
  memory=$("${gnu}objdump" -d program | grep -cE '(mov|call).*\(%rip\)' || true)
  echo "$kinds, $memory through memory"
}
status=0
check() {
  echo "$1: $3"
  [ "$3" = "$2" ] || status=1
}
had='R_X86_64_REX_GOTPCRELX R_X86_64_GOTPCRELX, 0 through memory'
check 'as assembled' 'R_X86_64_REX_GOTPCRELX R_X86_64_GOTPCRELX' \
  "$("${gnu}readelf" -rW unit.o | grep -oE 'R_X86_64_[A-Z0-9_]+' | paste -sd ' ')"
check 'GNU ld 2.40' 'R_X86_64_32S R_X86_64_PC32, 0 through memory' "$(seen "${gnu}ld")"
check 'gold 2.40' "$had" "$(seen "${gnu}gold")"
check 'lld 14.0.6' "$had" "$(seen root/usr/lib/llvm-14/bin/ld.lld)"
check 'lld 19.1.7' "$had" "$(seen root/usr/lib/llvm-19/bin/ld.lld)"
check 'mold 1.10.1' "$had" "$(seen root/usr/bin/mold)"
exit "$status"
