#!/usr/bin/env bash
# clang 14 at -O2 keeps a static integer that only ever is 0 or one other value as a single byte that is 0 or 1. The symbol
# keeps the variable's name, with size 1, where other compilers (and the same one for another text) have the whole integer
# behind that name. Debug information says it: the location is a value that is computed from the byte, no address.
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

cat > two.c << 'END'
static int mode;
void on(void) { mode = 42; }
int get(void) { return mode; }
END
sed '2i void more(void) { mode = 43; }' two.c > three.c
for text in two three; do
  compile "$text"
  echo "$text values: $(symbols "$text" | paste -sd,), $(location "$text")"
done
[ "$(symbols two)" = 'mode 1' ] && [ "$(symbols three)" = 'mode 4' ] || status=1
[[ $(location two) == *'DW_OP_deref_size: 1; DW_OP_constu: 42; DW_OP_mul;'*'DW_OP_stack_value)' ]] || status=1
[ "$(location three)" = '(DW_OP_addrx <0>)' ] || status=1
exit "$status"
