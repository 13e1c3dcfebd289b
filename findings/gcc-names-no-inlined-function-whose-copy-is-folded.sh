#!/usr/bin/env bash
# With gcc 12.2 at -O2 -g, a static function that is inlined and then folded into what stands around it (a constant, or one
# operation that joins another) leaves no DW_TAG_inlined_subroutine in its caller, also with -gdwarf-5 -fno-var-tracking; one
# whose copy keeps an instruction of its own, a store say, does. So debug information does not say which functions a
# function is made of: a change of the one changes the other, and nothing names it.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

apt-get download -q cpp-12=12.2.0-14+deb12u1 binutils-x86-64-linux-gnu=2.40-2 libbinutils=2.40-2 libctf0=2.40-2 \
  libctf-nobfd0=2.40-2 libgprofng0=2.40-2 libisl23 libmpc3 libmpfr6 libgmp10 zlib1g libzstd1 libjansson4 \
  > apt.log 2>&1 || { tail -n 5 apt.log; exit 1; }
for package in ./*.deb; do dpkg -x "$package" root; done
export LD_LIBRARY_PATH="$work/root/usr/lib/x86_64-linux-gnu:$work/root/lib/x86_64-linux-gnu"

cat > unit.c << 'END'
extern int seen;
static int five(int a) { return 5; }
static int twice(int a) { return a * 2; }
static int noted(int a) { seen = a; return a; }
int with_five(int a) { return five(a) + a; }
int with_twice(int a) { return twice(a) + a; }
int with_noted(int a) { return noted(a) + a; }
END
status=0
compiler=root/usr/lib/gcc/x86_64-linux-gnu/12/cc1
"$compiler" -version /dev/null -o /dev/null 2>&1 | sed -n 1p
for options in '-O2 -g' '-O2 -g -gdwarf-5 -fno-var-tracking'; do
  # shellcheck disable=SC2086 # several options
  "$compiler" -quiet $options unit.c -o unit.s
  root/usr/bin/x86_64-linux-gnu-as unit.s -o unit.o
  info=$(root/usr/bin/x86_64-linux-gnu-readelf --debug-dump=info unit.o)
  inlined=$(grep -c 'DW_TAG_inlined_subroutine' <<< "$info" || true)
  described=$(grep -cE 'DW_AT_name.*: (five|twice|noted)$' <<< "$info" || true)
  echo "gcc $options: $described of 3 functions described, $inlined of 3 copies"
  [ "$described $inlined" = '3 1' ] || status=1
done
exit "$status"
