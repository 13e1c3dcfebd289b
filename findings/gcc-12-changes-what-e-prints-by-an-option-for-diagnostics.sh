#!/usr/bin/env bash
# -ftrack-macro-expansion=N decides how much gcc tells of macros in its messages, and nothing else by its manual. gcc 12's
# preprocessor prints another text with 0 than without: where a macro of a system header is used, a line of the user's is cut
# at each use, with line markers around what the header gave, or stays whole. With -dU, which says where each macro is first
# used, the order in which macros are said changes, too: of two on one line the second comes first. So texts of -E are equal,
# or known by their digest, only among commands with the same setting, though the objects are the same bytes.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

apt-get download -q cpp-12=12.2.0-14+deb12u1 gcc-12=12.2.0-14+deb12u1 binutils-x86-64-linux-gnu=2.40-2 \
  libbinutils=2.40-2 libctf0=2.40-2 libctf-nobfd0=2.40-2 libgprofng0=2.40-2 libjansson4 libisl23 libmpc3 libmpfr6 libgmp10 \
  zlib1g libzstd1 > apt.log 2>&1 || { tail -n 5 apt.log; exit 1; }
for package in ./*.deb; do dpkg -x "$package" root; done
export LD_LIBRARY_PATH="$work/root/usr/lib/x86_64-linux-gnu:$work/root/lib/x86_64-linux-gnu"
ln -s x86_64-linux-gnu-as root/usr/bin/as
gcc() { root/usr/bin/x86_64-linux-gnu-gcc-12 -B root/usr/lib/gcc/x86_64-linux-gnu/12 -B root/usr/bin "$@"; }
gcc --version | sed -n 1p

mkdir system
cat > system/lib.h << 'END'
#define WHERE (*where())
#define LIMIT 4
extern int *where(void);
END
cat > unit.c << 'END'
#include <lib.h>
int f(void) { return WHERE == LIMIT; }
END
for setting in 2 0; do
  gcc -isystem system -ftrack-macro-expansion=$setting -E unit.c -o "$setting.i"
  gcc -isystem system -ftrack-macro-expansion=$setting -E -dU unit.c -o "$setting.used"
  gcc -isystem system -ftrack-macro-expansion=$setting -O2 -c unit.c -o "$setting.o"
  echo "=$setting: $(grep -c '"unit.c"' "$setting.i") markers of unit.c, lines with a word of f: $(sed '1,/where(void);/d' "$setting.i" | grep -vc '^#')"
  echo "   macros as they are said: $(sed -n 's/^#define \(WHERE\|LIMIT\) .*/\1/p' "$setting.used" | tr '\n' ' ')"
done
status=0
grep -q '^int f(void) { return (\*where()) == 4; }$' 0.i || status=1
grep -q '^int f(void) { return $' 2.i || status=1
[ "$(grep -c '"unit.c"' 2.i)" -gt "$(grep -c '"unit.c"' 0.i)" ] || status=1
cmp 2.o 0.o || status=1
cmp -s 2.i 0.i && status=1
[ "$(sed -n 's/^#define \(WHERE\|LIMIT\) .*/\1/p' 2.used | tr '\n' ' ')" = 'WHERE LIMIT ' ] || status=1
[ "$(sed -n 's/^#define \(WHERE\|LIMIT\) .*/\1/p' 0.used | tr '\n' ' ')" = 'LIMIT WHERE ' ] || status=1
exit "$status"
