#!/bin/sh
# Later fixes for Debian's hypervisor as it is shipped: each is built against the package's own image, verified, and
# rehearsed on that very image.
#
#   hotsplice tree debian xen-hypervisor-4.17-amd64=4.17.5+72-g01140da4e8-1 -o FOLDER
#   scripts/debian-fixes.sh FOLDER HISTORY [COMMIT…]
#
# HISTORY is a clone of Xen's git (https://xenbits.xen.org/git-http/xen.git). Without commits: the fixes of stable-4.17 after
# that package that stand by themselves. Patches, payloads and reports come into FOLDER/fixes.
# A line for each: what came of it, how many functions, the commit.
set -eu

usage() { sed -n '2,11s/^# \{0,1\}//p' "$0" >&2; exit 1; }
[ $# -ge 2 ] || usage
folder=$(cd "$1" && pwd)
history=$2
shift 2
[ $# -gt 0 ] || set -- f07dd6360b 4206d3febb 7b8ea878a9 3fcf9565ae f7152bdbb2 49f1cd9478 \
  ca4c5d8b4c a2bca552d7

here=$(cd "$(dirname "$0")/.." && pwd)
hotsplice=$here/bin/hotsplice
image=$(ls "$folder"/shipped/xen-*.gz)
# The package with symbols is not there for every version; then what boots tells the names.
symbols=$(ls "$folder"/shipped/xen-syms-* 2>/dev/null || echo "$image")
mkdir -p "$folder/fixes"

for commit; do
  at=$folder/fixes/$commit
  git -C "$history" diff-tree -p --no-color --full-index "$commit^" "$commit" -- xen ':!xen/arch/arm' > "$at.patch"
  came=built
  "$hotsplice" build --tree "$folder/source" --symbols "$symbols" --patch "$at.patch" -o "$at.livepatch" \
    --json "$at.json" > "$at.txt" 2>&1 || came=$(node -p 'JSON.parse(require("fs").readFileSync(process.argv[1])).outcome' "$at.json")
  if [ "$came" = built ]; then
    "$hotsplice" verify "$at.livepatch" --symbols "$symbols" --tree "$folder/source" > "$at.verify.txt" 2>&1 || came='not verified'
  fi
  if [ "$came" = built ]; then
    came='full cycle'
    "$hotsplice" rehearse "$at.livepatch" --hypervisor "$image" > "$at.rehearsal.txt" 2>&1 || came='not taken'
  fi
  count=$(node -p 'JSON.parse(require("fs").readFileSync(process.argv[1])).functions.filter(each => each.included).length' "$at.json")
  printf '%-12s %3s  %s\n' "$came" "$count" "$(git -C "$history" log -1 --format='%h %s' "$commit")"
done
