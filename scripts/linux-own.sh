#!/usr/bin/env bash
# Builds a small kernel of one's own from Debian's source, once, in a cache outside the checkout: it loads only modules that
# are signed with a key that is made beside it.
#
#   scripts/linux-own.sh build    builds it (some ten minutes on two cores), going on where it was stopped; prints the folder
#   scripts/linux-own.sh folder   prints the folder where it is built, else fails
#
# The folder has `tree` (configured, with `arch/x86/boot/bzImage`), `key.pem` and `cert.pem`. HOTSPLICE_CACHE overrides the
# cache's place. What compiling needs and the machine has not is taken from where scripts/linux.sh unpacked it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

say() { printf '%s\n' "$*" >&2; }

caches=${HOTSPLICE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hotsplice}
cache=$caches/linux-own
tree=$cache/tree
source=linux-source-6.1

# Beside what a machine under test needs (a serial line, PCI, an initial RAM disk): live patching, and signatures.
options=(
  64BIT SMP CC_OPTIMIZE_FOR_PERFORMANCE PRINTK TTY SERIAL_8250 SERIAL_8250_CONSOLE BLK_DEV_INITRD BINFMT_ELF PCI
  PROC_FS PROC_SYSCTL SYSCTL SYSFS TMPFS SHMEM MULTIUSER FUTEX EPOLL EVENTFD SIGNALFD TIMERFD POSIX_TIMERS FILE_LOCKING
  ADVISE_SYSCALLS MEMBARRIER KALLSYMS KALLSYMS_ALL BUG JUMP_LABEL KEXEC CPU_MITIGATIONS RETPOLINE STACKTRACE
  MODULES MODULE_UNLOAD MODVERSIONS MODULE_SIG MODULE_SIG_FORCE MODULE_SIG_SHA256 ASYMMETRIC_KEY_TYPE
  ASYMMETRIC_PUBLIC_KEY_SUBTYPE X509_CERTIFICATE_PARSER PKCS7_MESSAGE_PARSER CRYPTO CRYPTO_SHA256 CRYPTO_RSA
  UNWINDER_ORC FTRACE FUNCTION_TRACER DYNAMIC_FTRACE LIVEPATCH DEBUG_KERNEL DEBUG_INFO_DWARF4 DEBUG_INFO_BTF BPF_SYSCALL
)

make_key() {
  openssl req -new -x509 -newkey rsa:2048 -nodes -sha256 -days 36500 -batch -subj "/CN=hotsplice test kernel/" \
    -keyout "$cache/key.pem.new" -out "$cache/cert.pem" 2> /dev/null
  mv "$cache/key.pem.new" "$cache/key.pem"
}

unpack() {
  rm -rf "$cache/source" "$tree.new"
  "$here/debian-source.sh" files "$cache/source" "$source"
  mkdir "$tree.new"
  tar -xf "$cache/source/usr/src/$source.tar.xz" -C "$tree.new" --strip-components=1
  rm -rf "$cache/source"
  mv "$tree.new" "$tree"
}

configure() {
  local option missing=()
  cat "$cache/key.pem" "$cache/cert.pem" > "$tree/certs/own_key.pem"
  {
    printf 'CONFIG_%s=y\n' "${options[@]}"
    printf 'CONFIG_MODULE_SIG_KEY="certs/own_key.pem"\nCONFIG_LOCALVERSION="-own"\n'
  } > "$cache/wanted"
  make -s -C "$tree" KCONFIG_ALLCONFIG="$cache/wanted" allnoconfig >&2
  for option in "${options[@]}"; do
    grep -q "^CONFIG_$option=y" "$tree/.config" || missing+=("$option")
  done
  [ "${#missing[@]}" -eq 0 ] || { say "the configuration did not take: ${missing[*]}"; exit 1; }
}

build() {
  local tools="$caches/linux/tools/usr" libraries
  [ -e "$cache/cert.pem" ] && [ -e "$cache/key.pem" ] || make_key
  [ -e "$tree" ] || unpack
  libraries=$tools/lib/x86_64-linux-gnu
  export C_INCLUDE_PATH="$tools/include" LIBRARY_PATH="$libraries" LD_LIBRARY_PATH="$libraries" PATH="$tools/bin:$PATH"
  [ -e "$tree/.config" ] || configure
  say "building a small kernel, once: some ten minutes; it goes on where it was stopped"
  if ! make -C "$tree" -j"$(nproc)" bzImage > "$cache/log" 2>&1; then
    tail -n 20 "$cache/log" >&2
    say "the kernel could not be built; the whole log: $cache/log"
    exit 1
  fi
  cp "$tree/arch/x86/boot/bzImage" "$cache/vmlinuz"
}

case ${1:-folder} in
  build)
    mkdir -p "$cache"
    exec 9> "$cache/lock"
    flock 9
    [ -e "$cache/vmlinuz" ] || build ;;
  folder)
    [ -e "$cache/vmlinuz" ] || { say "no kernel of one's own is built here: scripts/linux-own.sh build"; exit 1; } ;;
  *) say "usage: scripts/linux-own.sh build|folder"; exit 1 ;;
esac
printf '%s\n' "$cache"
