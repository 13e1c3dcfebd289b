#!/usr/bin/env bash
# The payload of an x86 vmlinuz that was compressed with LZ4 (Debian's cloud kernels) is a stream in the legacy format with
# its length uncompressed in four bytes behind it, as the kernel's decompressor wants. The legacy format has no end mark:
# lz4 1.9.4 goes on there, and ends with 1 and without a word, though all that it wrote is right. Without these bytes it ends
# with 0 and writes the same. (Documentation/x86/boot.rst: payload_offset and payload_length.)
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

apt-get download -q lz4=1.9.4-1 liblz4-1=1.9.4-1 linux-image-6.1.0-50-cloud-amd64-unsigned=6.1.176-1 \
  > apt.log 2>&1 || { tail -n 5 apt.log; exit 1; }
for package in ./*.deb; do dpkg -x "$package" root; done
export LD_LIBRARY_PATH="$work/root/usr/lib/x86_64-linux-gnu"
lz4=root/usr/bin/lz4
image=root/boot/vmlinuz-6.1.0-50-cloud-amd64

number() { # offset and bytes of a little-endian number in the image
  od -A n -t "u$2" -j "$(($1))" -N "$2" "$image" | tr -d ' '
}
start=$((($(number 0x1f1 1) + 1) * 512 + $(number 0x248 4)))
length=$(number 0x24c 4)
tail -c "+$((start + 1))" "$image" > behind
head -c "$length" behind > payload.lz4
head -c -4 payload.lz4 > stream.lz4

"$lz4" --version
code=0
"$lz4" -dc payload.lz4 > whole 2> words || code=$?
echo "with the size behind it: ends with $code, $(stat -c %s whole) bytes, $(wc -c < words) bytes of words"
"$lz4" -dc stream.lz4 > plain
size=$(tail -c 4 payload.lz4 | od -A n -t u4 | tr -d ' ')
echo "without: ends with 0, $(stat -c %s plain) bytes; the four bytes say $size"
[ "$code" = 1 ] && [ ! -s words ] && cmp whole plain && [ "$(stat -c %s plain)" = "$size" ] &&
  [ "$(od -A n -t x1 -N 4 plain | tr -d ' ')" = 7f454c46 ]
