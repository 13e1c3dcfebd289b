#!/usr/bin/env bash
# elfutils 0.188 knows no zstd, which the binutils of the same Debian release write into debug sections. What it says of
# such an object is not that: eu-addr2line prints ??:0 and ends with 0, without a word, as for code that has no debug
# information. With zlib, which holds the same, it answers.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fetch() {
  apt-get download -q "$@" > apt.log 2>&1 || { tail -n 5 apt.log; exit 1; }
  for package in ./*.deb; do dpkg -x "$package" root; rm "$package"; done
}
fetch binutils-x86-64-linux-gnu=2.40-2 libbinutils=2.40-2 elfutils=0.188-2.1 libelf1=0.188-2.1 libdw1=0.188-2.1
fetch libasm1=0.188-2.1 libdebuginfod1 zlib1g libzstd1 liblzma5 libbz2-1.0
export LD_LIBRARY_PATH="$work/root/usr/lib/x86_64-linux-gnu:$work/root/lib/x86_64-linux-gnu"
bin="$work/root/usr/bin"
"$bin/x86_64-linux-gnu-as" --version | sed -n 1p
"$bin/eu-addr2line" --version | sed -n 1p

# A function of many lines, so that its line table is worth compressing.
{ echo '.globl f'; echo 'f:'; printf '  nop\n%.0s' {1..400}; echo '  ret'; } > unit.s
status=0
for method in none zlib zstd; do
  "$bin/x86_64-linux-gnu-as" -g "--compress-debug-sections=$method" unit.s -o unit.o
  line=$("$bin/eu-addr2line" -e unit.o 0x0 2>&1) && ended=0 || ended=$?
  gnu=$("$bin/x86_64-linux-gnu-addr2line" -e unit.o 0x0)
  echo "$method: eu-addr2line says ${line##*/} and ends with $ended; GNU addr2line says ${gnu##*/}"
  case $method:${line##*/}:$ended in
    none:unit.s:3:0 | zlib:unit.s:3:0 | zstd:'??:0':0) ;;
    *) status=1 ;;
  esac
  case ${gnu##*/} in unit.s:3) ;; *) status=1 ;; esac
done
exit "$status"
