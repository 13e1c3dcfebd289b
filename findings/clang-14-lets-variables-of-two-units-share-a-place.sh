#!/usr/bin/env bash
# clang 14 at -O2 puts a static variable that is not const, that nothing writes to, and that is as long as a mergeable constant
# (4, 8, 16 or 32 bytes) into .rodata.cstN, with its symbol. The linker merges what holds the same there. So the program's
# symbol table has the variables of two units, of other types even, at one address, each with its own name and file: an
# address leads to several variables, and none of them says that it is shared. gcc 12 keeps them apart (.rodata).
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

apt-get download -q clang-14=1:14.0.6-12 libclang-cpp14=1:14.0.6-12 libllvm14=1:14.0.6-12 \
  gcc-12=12.2.0-14+deb12u1 cpp-12=12.2.0-14+deb12u1 libgcc-12-dev=12.2.0-14+deb12u1 \
  binutils-x86-64-linux-gnu=2.40-2 libbinutils=2.40-2 libctf0=2.40-2 libctf-nobfd0=2.40-2 libgprofng0=2.40-2 \
  libedit2 libbsd0 libmd0 libxml2 libicu72 libz3-4 libtinfo6 zlib1g libzstd1 libjansson4 liblzma5 libffi8 \
  libisl23 libmpc3 libmpfr6 libgmp10 \
  > apt.log 2>&1 || { tail -n 5 apt.log; exit 1; }
for package in ./*.deb; do dpkg -x "$package" root; done
export LD_LIBRARY_PATH="$work/root/usr/lib/x86_64-linux-gnu:$work/root/lib/x86_64-linux-gnu"
export PATH="$work/root/usr/bin:$PATH"
ln -s x86_64-linux-gnu-as root/usr/bin/as
tool() { root/usr/bin/x86_64-linux-gnu-"$@"; }

cat > one.c << 'END'
static short limits[4] = { 1, 9, 4, 17 };
int one(int n) { return limits[n & 3]; }
END
cat > two.c << 'END'
static unsigned short steps[4] = { 1, 9, 4, 17 };
int two(int n) { return steps[n & 3]; }
END

# Names with the address that each has in the program.
variables() {
  tool ld -e one -o program one.o two.o
  tool readelf --syms --wide program | awk '$4 == "OBJECT" { print $8, $2 }' | sort
}
status=0
root/usr/bin/clang-14 --version | sed -n 1p
for unit in one two; do root/usr/bin/clang-14 -O2 -c "$unit.c" -o "$unit.o"; done
echo "sections: $(tool readelf --sections --wide one.o | grep -o '\.rodata[.a-z0-9]*' | paste -sd,)"
variables > clang
cat clang
[ "$(grep -c . clang)" = 2 ] && [ "$(awk '{ print $2 }' clang | sort -u | wc -l)" = 1 ] || status=1

root/usr/bin/gcc-12 --version | sed -n 1p
for unit in one two; do root/usr/bin/gcc-12 -B "$work/root/usr/bin" -O2 -c "$unit.c" -o "$unit.o"; done
variables > gcc
cat gcc
[ "$(awk '{ print $2 }' gcc | sort -u | wc -l)" = "$(grep -c . gcc)" ] || status=1
exit "$status"
