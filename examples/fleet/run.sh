#!/usr/bin/env bash
# Two releases of a small daemon and four fixes: the matrix, then again with nothing to do, then with one patch changed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
hotsplice="$here/../../bin/hotsplice"
work=$(mktemp -d)
export HOTSPLICE_CACHE="$work/cache"
trap 'rm -rf "$work"' EXIT

run() {
  printf '\n$ hotsplice %s\n' "$*"
  # 2: one of the refusals is not expected.
  "$hotsplice" "$@" || [ $? -eq 2 ]
}

cp -r "$here/FLEET.yaml" "$here"/daemon-* "$here/fixes" "$work/"
cd "$work"
for tree in daemon-*; do
  printf '[{"directory": "%s", "file": "quota.c", "arguments": ["%s", "-O2", "-c", "quota.c", "-o", "quota.o"]}]\n' \
    "$work/$tree" "${CC:-gcc}" > "$tree/compile_commands.json"
done

run fleet build FLEET.yaml -o built
run fleet build FLEET.yaml -o built --dry-run
sed -i 's/and who gave back/and who gave it back/' fixes/comment.patch
run fleet build FLEET.yaml -o built --dry-run
run report built/index.json -o fleet.html
# A host that reports a build which the fleet's file does not name.
printf 'no payloads; runs build-id 0123456789abcdef\n' > host.txt
run fleet plan built --listing host.txt
