#!/usr/bin/env bash
# gcc 12.2 calls stpcpy on its own account in a function that only names strcpy and strlen, as soon as a prototype of stpcpy
# has been seen, and never without one. So a prototype that is added to a header, and that nobody uses, changes the code of
# every unit that reads the header and has such a pair: "nothing in the unit has the name" does not make it the same unit.
# Prototypes of other library functions that gcc knows (fwrite_unlocked here) change nothing in the same unit, and with
# -fno-builtin, as kernels and hypervisors have it, that of stpcpy changes nothing either.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

apt-get download -q cpp-12=12.2.0-14+deb12u1 libisl23 libmpc3 libmpfr6 libgmp10 zlib1g libzstd1 \
  > apt.log 2>&1 || { tail -n 5 apt.log; exit 1; }
for package in ./*.deb; do dpkg -x "$package" root; done
export LD_LIBRARY_PATH="$work/root/usr/lib/x86_64-linux-gnu:$work/root/lib/x86_64-linux-gnu"
compiler=root/usr/lib/gcc/x86_64-linux-gnu/12/cc1
"$compiler" -version /dev/null -o /dev/null 2>&1 | sed -n 1p

cat > unit.c << 'END'
unsigned long strlen(const char *);
char *strcpy(char *, const char *);
unsigned long copied(char *to, const char *from) { strcpy(to, from); return strlen(to); }
END
status=0
# What the function calls, with $1 before the unit and the options behind it.
calls() {
  { echo "$1"; cat unit.c; } > with.c
  shift
  "$compiler" -quiet "$@" with.c -o with.s
  sed -nE 's/^\s+(call|jmp)\s+([a-z_]+).*/\2/p' with.s | tr '\n' ' '
}
expect() {
  found=$(calls "$2" "${@:4}")
  echo "$1: it calls $found"
  [ "$found" = "$3" ] || status=1
}
stpcpy='char *stpcpy(char *, const char *);'
other='unsigned long fwrite_unlocked(const void *, unsigned long, unsigned long, void *);'
expect 'no prototype' '' 'strcpy strlen ' -O2
expect 'a prototype of stpcpy' "$stpcpy" 'stpcpy ' -O2
expect 'a prototype of fwrite_unlocked' "$other" 'strcpy strlen ' -O2
expect 'a prototype of stpcpy, -fno-builtin' "$stpcpy" 'strcpy strlen ' -O2 -fno-builtin
exit "$status"
