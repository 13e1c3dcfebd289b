#!/usr/bin/env bash
# The example on the host's compiler: f1 was mended, and f2, below it, embeds its line number. Taken as it is (--lines
# ignore), the patch therefore replaces both functions; `explain` says why each of them is in.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
hotsplice="$here/../../bin/hotsplice"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

show() { printf '\n$ %s\n' "$*"; }

cp "$here/file1.c" "$work/"
cc=${CC:-gcc}
printf '[{"directory": "%s", "file": "file1.c", "arguments": ["%s", "-O2", "-c", "file1.c", "-o", "file1.o"]}]\n' \
  "$work" "$cc" > "$work/compile_commands.json"
cd "$work"

printf '%s\n' "The patch:"
sed 's/^/    /' "$here/fix.patch"

show hotsplice build --target process --tree . --patch fix.patch --lines ignore --json fix.json
"$hotsplice" build --target process --tree . --patch "$here/fix.patch" --lines ignore --json fix.json

show hotsplice explain fix.json
"$hotsplice" explain fix.json

show hotsplice inspect fix.livepatch
"$hotsplice" inspect fix.livepatch
