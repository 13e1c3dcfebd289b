#!/usr/bin/env bash
# Builds Debian's memcached with split sections and compile_commands.json, once, in a cache outside the checkout; prints
# the folder. It needs no installed package but a compiler: libevent's development files are unpacked into the cache.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${HOTSPLICE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hotsplice}/memcached

say() { printf '%s\n' "$*" >&2; }

mkdir -p "$cache"
exec 9> "$cache/lock"
flock 9
if [ ! -e "$cache/built" ]; then
  "$here/debian-source.sh" source memcached "$cache/source" > /dev/null
  "$here/debian-source.sh" files "$cache/libevent" libevent-dev
  tree="$cache/tree" log="$cache/build.log"
  rm -rf "$tree"
  cp -a "$cache/source" "$tree"
  # A compiler that writes down what it compiles.
  cat > "$cache/cc" <<'CC'
#!/usr/bin/env python3
import json, os, sys
words = sys.argv[1:]
if '-c' in words and os.environ.get('COMMANDS'):
    source = next(word for word in words if word.endswith('.c'))
    entry = {'directory': os.getcwd(), 'file': source, 'arguments': ['gcc'] + words}
    if '-o' in words:
        entry['output'] = words[words.index('-o') + 1]
    with open(os.environ['COMMANDS'], 'a') as out:
        out.write(json.dumps(entry) + '\n')
os.execvp('gcc', ['gcc'] + words)
CC
  chmod +x "$cache/cc"
  say "building memcached, once: about a minute"
  root="$cache/libevent/usr"
  lib="$root/lib/x86_64-linux-gnu"
  rm -f "$lib"/*.so
  if ! (cd "$tree" && { [ -x configure ] || autoreconf -fi; } &&
        CC="$cache/cc" CPPFLAGS="-I$root/include -I$root/include/x86_64-linux-gnu" LDFLAGS="-L$lib -Wl,--build-id" \
        CFLAGS='-O2 -g -ffunction-sections -fdata-sections' ./configure --disable-docs --disable-coverage &&
        rm -f "$cache/commands" &&
        COMMANDS="$cache/commands" make -j2 memcached) > "$log" 2>&1; then
    tail -n 20 "$log" >&2
    say "memcached did not build; the whole log: $log"
    exit 1
  fi
  { printf '[\n'; sed '$!s/$/,/' "$cache/commands"; printf ']\n'; } > "$tree/compile_commands.json"
  date -u +%FT%TZ > "$cache/built"
fi
printf '%s\n' "$cache/tree"
