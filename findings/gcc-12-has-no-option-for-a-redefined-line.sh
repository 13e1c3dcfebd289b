#!/usr/bin/env bash
# `-D__LINE__=7` gives both compilers one number for all lines, for instance to compare objects without line numbers. gcc 12
# warns of it under no option's name: -Wno-builtin-macro-redefined, which silences the same for __FILE__ and __DATE__ and
# does so for __LINE__ in clang 14, leaves the warning there, so that -Werror makes an error of it which no -Wno-error=…
# takes back. Only -w does.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

apt-get download -q cpp-12=12.2.0-14+deb12u1 gcc-12=12.2.0-14+deb12u1 clang-14=1:14.0.6-12 libclang-cpp14=1:14.0.6-12 \
  libllvm14=1:14.0.6-12 libisl23 libmpc3 libmpfr6 libgmp10 libedit2 libbsd0 libmd0 libxml2 libicu72 libz3-4 libtinfo6 \
  zlib1g libzstd1 liblzma5 libffi8 > apt.log 2>&1 || { tail -n 5 apt.log; exit 1; }
for package in ./*.deb; do dpkg -x "$package" root; done
export LD_LIBRARY_PATH="$work/root/usr/lib/x86_64-linux-gnu:$work/root/lib/x86_64-linux-gnu"

echo 'int line = __LINE__;' > unit.c
root/usr/bin/x86_64-linux-gnu-gcc-12 --version | sed -n 1p
root/usr/bin/clang-14 --version | sed -n 1p
status=0
look() { # compiler, what it must say, options
  local program=root/usr/bin/$1 expected=$2 said
  shift 2
  [ "${program##*/}" = clang-14 ] || set -- -B root/usr/lib/gcc/x86_64-linux-gnu/12 "$@"
  if "$program" -S "$@" unit.c -o unit.s 2> said.log; then said=silent; else said=error; fi
  [ "$said" = error ] || [ ! -s said.log ] || said=warning
  echo "${program##*/} ${*: -3}: $said"
  [ "$said" = "$expected" ] || status=1
}
gcc=x86_64-linux-gnu-gcc-12
look $gcc warning -D__LINE__=7 -Wall -Wno-builtin-macro-redefined
look $gcc silent -D__FILE__='"f"' -Wall -Wno-builtin-macro-redefined
look $gcc error -D__LINE__=7 -Werror -Wno-builtin-macro-redefined
look $gcc error -D__LINE__=7 -Werror -Wno-error=builtin-macro-redefined
look $gcc silent -D__LINE__=7 -Werror -w
look clang-14 silent -D__LINE__=7 -Werror -Wno-builtin-macro-redefined
exit "$status"
