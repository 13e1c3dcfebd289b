#!/usr/bin/env bash
# clang 14 at -O2 splits a static structure into one variable for each member that is used, and numbers these `kept.0`,
# `kept.1` by their order among the used ones, not by their place in the structure. Two texts that use other members of one
# structure have the same symbols, sizes and bytes of data, and `kept.0` is another member. Only the DW_OP_piece operations
# of the variable's location tell which member a symbol is.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

apt-get download -q clang-14=1:14.0.6-12 libclang-cpp14=1:14.0.6-12 libllvm14=1:14.0.6-12 \
  binutils-x86-64-linux-gnu=2.40-2 libbinutils=2.40-2 libctf0=2.40-2 libctf-nobfd0=2.40-2 libgprofng0=2.40-2 \
  libedit2 libbsd0 libmd0 libxml2 libicu72 libz3-4 libtinfo6 zlib1g libzstd1 libjansson4 liblzma5 libffi8 \
  > apt.log 2>&1 || { tail -n 5 apt.log; exit 1; }
for package in ./*.deb; do dpkg -x "$package" root; done
export LD_LIBRARY_PATH="$work/root/usr/lib/x86_64-linux-gnu:$work/root/lib/x86_64-linux-gnu"

compile() {
  root/usr/bin/clang-14 -O2 -g -c "$1.c" -o "$1.o"
}
symbols() {
  root/usr/bin/x86_64-linux-gnu-readelf --syms --wide "$1.o" | awk '$4 == "OBJECT" { print $8, $3 }'
}
location() {
  root/usr/bin/x86_64-linux-gnu-readelf --debug-dump=info "$1.o" | grep -m1 DW_AT_location | sed 's/.*(DW/(DW/; s/  *$//'
}
root/usr/bin/clang-14 --version | sed -n 1p
status=0

cat > later.c << 'END'
static struct { int first, second, third; } kept;
void set(int a) { kept.second = a; kept.third = a + 1; }
int get(void) { return kept.second + kept.third; }
END
cat > earlier.c << 'END'
static struct { int first, second, third; } kept;
void set(int a) { kept.first = a; kept.second = a + 1; }
int get(void) { return kept.first + kept.second; }
END
for text in earlier later; do
  compile "$text"
  echo "$text: $(symbols "$text" | paste -sd,), $(location "$text")"
done
[ "$(symbols earlier)" = "$(symbols later)" ] && [ "$(symbols later | paste -sd,)" = 'kept.0 4,kept.1 4' ] || status=1
[ "$(location earlier)" = '(DW_OP_addrx <0>; DW_OP_piece: 4; DW_OP_addrx <0x1>; DW_OP_piece: 4)' ] || status=1
[ "$(location later)" = '(DW_OP_piece: 4; DW_OP_addrx <0>; DW_OP_piece: 4; DW_OP_addrx <0x1>; DW_OP_piece: 4)' ] || status=1
exit "$status"
