#!/usr/bin/env bash
# A daemon that runs is mended: it is built, started, patched, and put back, and it serves all the while. Ends with an
# error where anything it says is not what was promised.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
hotsplice="$here/../../../bin/hotsplice"
cc=${CC:-gcc}

if [ "$(uname -sm)" != "Linux x86_64" ]; then
  echo "A running program can be patched on Linux on x86-64 only; this part of the example is left out."
  exit 0
fi

work=$(mktemp -d)
daemon=
finish() {
  local status=$?
  trap - EXIT
  if [ -n "$daemon" ]; then
    kill "$daemon" 2> /dev/null || true
    wait "$daemon" 2> /dev/null || true
  fi
  [ "$status" -eq 0 ] || cat "$work/progress" >&2
  rm -rf "$work"
  exit "$status"
}
trap finish EXIT
export HOTSPLICE_CACHE="${HOTSPLICE_CACHE:-$work/cache}" HOTSPLICE_AUDIT="$work/audit.jsonl"

fail() { echo "live: $*" >&2; exit 1; }
say() { printf '\n%s\n' "$*"; }
run() {
  printf '\n$ hotsplice %s\n' "$*"
  "$hotsplice" "$@" 2>> "$work/progress"
}

# The tree as its build left it, and the daemon.
build_daemon() {
  local file entries=()
  cp "$here/daemon.c" "$here/../file1.c" "$here/../fix.patch" "$work/"
  cd "$work"
  for file in daemon file1; do
    "$cc" -O2 -c "$file.c" -o "$file.o"
    entries+=("{\"directory\": \"$work\", \"file\": \"$file.c\", \"arguments\": [\"$cc\", \"-O2\", \"-c\", \"$file.c\", \"-o\", \"$file.o\"]}")
  done
  (IFS=,; printf '[%s]\n' "${entries[*]}") > compile_commands.json
  "$cc" -Wl,--build-id -o daemon daemon.o file1.o
}

# Waits until the daemon has served two customers more, and shows what it printed for the second.
show_one() {
  local before customer
  before=$(grep -c '^customer' log || true)
  for _ in $(seq 1 250); do
    kill -0 "$daemon" 2> /dev/null || fail "the daemon has ended"
    customer=$((before + 2))
    # Whole, with the line that f2 prints behind it.
    if grep -q "^customer $((customer + 1)) " log; then
      sed -n "/^customer $customer /,/^file1/p" log | tee shown | sed 's/^/    /'
      return
    fi
    sleep 0.04
  done
  fail "the daemon stands still"
}
# What a customer has left, and the line that f2 tells, must be what was promised.
promised() {
  grep -q "and has $1 left" shown || fail "$1 left was promised"
  grep -q "^file1.c:$2: " shown || fail "line $2 was promised"
}

build_daemon
say "A daemon runs. Nobody should get 25 where there are 10; f2, below f1, tells its line number, 12:"
agent=$("$hotsplice" agent 2>> progress)
: > log
LD_PRELOAD="$agent" ./daemon >> log &
daemon=$!
host="process:$daemon"
show_one
promised -15 12

run build --target process --tree . --patch fix.patch --symbols daemon -o fix.livepatch > built
head -n 3 built
"$hotsplice" build --target process --tree . --patch fix.patch --symbols daemon --lines ignore -o both.livepatch \
  > /dev/null 2>> progress

run load fix.livepatch --host "$host"
say "f1 is mended. f2 stays, so it tells 12 as before, as --lines auto promises:"
show_one
promised 10 12
run list --host "$host"

run revert fix --host "$host"
run unload fix --host "$host"
show_one
promised -15 12

say "Built with --lines ignore, the payload brings f2 as well, and it tells 14, its line in the patched file:"
run load both.livepatch --host "$host"
show_one
promised 10 14
run revert both --host "$host"
run unload both --host "$host"
show_one
promised -15 12

# No customer was left out, whatever was applied meanwhile, and the daemon is the one that was started.
kill "$daemon"
wait "$daemon" 2> /dev/null || true
daemon=
served=$(awk '/^customer/ { if ($2 != n + 1) exit 1; n++ } END { print n }' log) || fail "a customer is missing"
say "The daemon served $served customers, one after the other, and none was left out."
