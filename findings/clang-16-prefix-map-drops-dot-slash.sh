#!/usr/bin/env bash
# With clang 16, -fmacro-prefix-map with any value, also one that fits nothing, takes the leading ./ off __FILE__ in a
# header that was found by -I./include; clang 14 and gcc leave it. So two compiles that should be the same but for a
# folder's name have other strings in them: whoever compiles reproducibly by prefix maps changes every assertion.
# -fno-file-reproducible, which is about path separators by its description, takes that back.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fetch() {
  apt-get download -q "$@" > apt.log 2>&1 || { tail -n 5 apt.log; exit 1; }
  for package in ./*.deb; do dpkg -x "$package" "root"; rm "$package"; done
}
fetch clang-14=1:14.0.6-12 libclang-cpp14=1:14.0.6-12 libllvm14=1:14.0.6-12
fetch clang-16=1:16.0.6-15~deb12u1 libclang-cpp16=1:16.0.6-15~deb12u1 libllvm16=1:16.0.6-15~deb12u1
fetch libedit2 libbsd0 libmd0 libxml2 libicu72 libz3-4 libtinfo6 zlib1g libzstd1
export LD_LIBRARY_PATH="$work/root/usr/lib/x86_64-linux-gnu:$work/root/lib/x86_64-linux-gnu"

mkdir -p include/xen
echo 'static inline const char *where(void) { return __FILE__; }' > include/xen/mm.h
printf '#include <xen/mm.h>\nconst char *f(void) { return where(); }\n' > unit.c
status=0
for version in 14 16; do
  clang="root/usr/lib/llvm-$version/bin/clang"
  "$clang" --version | sed -n 1p
  for options in '' '-fmacro-prefix-map=/nowhere=/else' '-fmacro-prefix-map=/nowhere=/else -fno-file-reproducible'; do
    if [ "$version" = 14 ] && [[ $options == *reproducible* ]]; then continue; fi
    # shellcheck disable=SC2086 # several options
    file=$("$clang" -nostdinc -I./include $options -E -P unit.c | grep -o '"[^"]*"')
    echo "clang $version ${options:-without a map}: $file"
    case "$version:$options:$file" in
      16:-fmacro-prefix-map=/nowhere=/else:'"include/xen/mm.h"') ;;
      16:-fmacro-prefix-map=/nowhere=/else:*) status=1 ;;
      *:'"./include/xen/mm.h"') ;;
      *) status=1 ;;
    esac
  done
done
exit "$status"
