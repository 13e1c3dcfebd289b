#!/usr/bin/env bash
# The example of the README on the host's compiler, part by part: a patch mends f1; f2, below it, embeds its line number,
# which moves. What every way to treat line numbers makes of that, and what a log then says.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
hotsplice="$here/../../bin/hotsplice"
work=$(mktemp -d)
export HOTSPLICE_CACHE="$work/cache"
# What goes to standard error is progress; it is shown when something fails.
trap 'status=$?; [ $status -eq 0 ] || cat "$work/progress" >&2; rm -rf "$work"' EXIT

# A heading; a command as a reader would type it, and what it prints.
part() { printf '\n== %s ==\n' "$*"; }
run() {
  printf '\n$ hotsplice %s\n' "$*"
  "$hotsplice" "$@" 2>> "$work/progress"
}

# A tree as its build left it: one file, and how it was compiled.
make_tree() {
  cp "$here/file1.c" "$here/fix.patch" "$work/"
  printf '[{"directory": "%s", "file": "file1.c", "arguments": ["%s", "-O2", "-c", "file1.c", "-o", "file1.o"]}]\n' \
    "$work" "${CC:-gcc}" > "$work/compile_commands.json"
  cd "$work"
}

the_patch() {
  part "The patch: two lines more in f1; f2 is not touched, but its lines move"
  echo
  sed 's/^/    /' fix.patch
}

# Taken as it is, the patch replaces both functions.
as_it_is() {
  part "Taken as it is (--lines ignore), the patch replaces both"
  run build --target process --tree . --patch fix.patch --lines ignore --json ignore.json
  run explain ignore.json f2
  echo "0xc is 12, f2's old line; 0xe is 14, the new one."
}

side_by_side() {
  part "Every way, side by side"
  run advise --target process --tree . --patch fix.patch
}

# f2 was compiled into the running program with line 12. It prints 12 for as long as it is not replaced.
one_log_line() {
  part "One line of a log, under each way, and what it means in the patched source"
  for way in ignore mask neutral auto; do
    "$hotsplice" build --target process --tree . --patch fix.patch --lines "$way" -o "$way.livepatch" \
      --json "$way.json" > "$way.txt" 2>> progress
    local line=12
    if [ "$way" = ignore ]; then line=14; fi
    printf '\n--lines %s: %s\n' "$way" "$(head -n 1 "$way.txt")"
    printf 'f2: file1.c:%s: the account is overdrawn\n' "$line" > log
    printf '  logged      %s\n' "$(cat log)"
    printf '  translated  %s\n' "$("$hotsplice" translate "$way.json" < log)"
  done
  echo
  echo "A number above the last line (14) is that of an added line:"
  echo "f1: file1.c:15: more than there is" > log
  run translate auto.json < log
}

other_builders() {
  part "For other builders: the patch, rewritten so that unchanged lines keep their numbers"
  run neutralize --tree . --patch fix.patch
}

the_payload() {
  part "The payload"
  run inspect auto.livepatch
}

a_running_daemon() {
  part "On a daemon that runs, and goes on serving"
  "$here/live/run.sh"
}

make_tree
# All parts, or those that are named.
if [ $# -eq 0 ]; then
  set -- the_patch as_it_is side_by_side one_log_line other_builders the_payload a_running_daemon
fi
for each in "$@"; do "$each"; done
