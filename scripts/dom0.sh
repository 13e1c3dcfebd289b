#!/usr/bin/env bash
# Puts a small Linux dom0 together from Debian's packages, once, in a cache outside the checkout, and prints its folder:
# `vmlinuz` and `initramfs`. In it run xenstored, dropbear (for root, with the key on the kernel's command line,
# `dom0.key=BASE64`) and what Debian's administrators have: xen-livepatch and xl. Nothing is installed on this machine.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${HOTSPLICE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hotsplice}/dom0-linux
libraries=(libc6 libcom-err2 libcrypt1 libext2fs2 libgmp10 liblzma5 libncurses6 libnl-3-200 libnl-route-3-200 libtinfo6
           libtomcrypt1 libtommath1 libuuid1 libxencall1 libxendevicemodel1 libxenevtchn1 libxenforeignmemory1
           libxengnttab1 libxenhypfs1 libxenmisc4.17 libxenstore4 libxentoolcore1 libxentoollog1 libyajl2 libzstd1 zlib1g)
programs=(usr/lib/xen-4.17/bin/xen-livepatch usr/lib/xen-4.17/bin/xl usr/lib/xen-4.17/bin/xenstored usr/sbin/dropbear)
modules=(xen-privcmd xenfs xen-evtchn xen-gntdev e1000)

say() { printf '%s\n' "$*" >&2; }

# The newest kernel of Debian's, which is what linux-image-amd64 stands for (the cloud kernel is no dom0).
kernel_package() {
  apt-cache depends linux-image-amd64 | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1
}

# Copies a program or a library, and every library that it needs, which all are among the packages.
copy_with_needs() {
  local from=$1 to=$2 need found
  [ -e "$tree/$to" ] && return
  install -D -m 755 "$from" "$tree/$to"
  for need in $(objdump -p "$from" | sed -n 's/^ *NEEDED *//p'); do
    found=$(find "$packages/lib" "$packages/usr/lib" -name "$need" | head -n 1)
    [ -n "$found" ] || { say "no package here has $need, which $to needs"; exit 1; }
    copy_with_needs "$found" "lib/x86_64-linux-gnu/$need"
  done
}

write_init() {
  cat > "$tree/init" <<'INIT'
#!/bin/busybox sh
/bin/busybox --install -s
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts && mount -t devpts pts /dev/pts
for module in /modules/*.ko; do insmod "$module"; done
mount -t xenfs xenfs /proc/xen
ifconfig lo 127.0.0.1 up
ifconfig eth0 10.0.2.15 netmask 255.255.255.0 up
xenstored
for word in $(cat /proc/cmdline); do
  case $word in dom0.key=*) echo "ssh-ed25519 ${word#dom0.key=}" > /.ssh/authorized_keys ;; esac
done
dropbear -R -E -s
echo "dom0: ready" > /dev/console
# It ends by itself, whatever becomes of who started it.
sleep 600
poweroff -f
INIT
  chmod 755 "$tree/init"
}

fill() {
  local program module
  for program in "${programs[@]}"; do copy_with_needs "$packages/$program" "usr/sbin/$(basename "$program")"; done
  install -D -m 755 "$packages/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" "$tree/lib64/ld-linux-x86-64.so.2"
  install -D -m 755 "$packages/bin/busybox" "$tree/bin/busybox"
  mkdir -p "$tree"/{bin,sbin,usr/bin,usr/sbin,etc/xen,etc/dropbear,modules,proc,sys,dev,tmp,.ssh}
  mkdir -p "$tree"/{run,var/run}/{xen,xenstored} "$tree/var/lib/xenstored"
  touch "$tree/etc/xen/xl.conf"
  chmod 700 "$tree/.ssh"
  number=10
  for module in "${modules[@]}"; do
    cp "$(find "$packages/lib/modules" -name "$module.ko")" "$tree/modules/$number-$module.ko"
    number=$((number + 1))
  done
  printf 'root:x:0:0:root:/:/bin/sh\n' > "$tree/etc/passwd"
  printf 'root:x:0:\n' > "$tree/etc/group"
  write_init
}

mkdir -p "$cache"
exec 9> "$cache/lock"
flock 9
packages="$cache/packages" made="$cache/made"
# A changed script makes another dom0.
stamp=$(cksum < "$here/dom0.sh")
if [ "$(cat "$made/stamp" 2> /dev/null)" != "$stamp" ]; then
  rm -rf "$made" "$packages"
  kernel=$(kernel_package)
  [ -n "$kernel" ] || { say "no package linux-image-amd64 is known here; apt-get update?"; exit 1; }
  "$here/debian-source.sh" files "$packages" "$kernel" busybox-static dropbear-bin xen-utils-4.17 "${libraries[@]}"
  tree=$(mktemp -d "$cache/tree.XXXXXX")
  trap 'rm -rf "$tree"' EXIT
  chmod 755 "$tree"
  fill
  mkdir "$made"
  cp "$packages"/boot/vmlinuz-* "$made/vmlinuz"
  (cd "$tree" && find . | "$packages/bin/busybox" cpio -o -H newc -R 0:0 2> /dev/null) > "$made/initramfs"
  rm -rf "$packages"
  printf '%s\n' "$stamp" > "$made/stamp"
fi
printf '%s\n' "$made"
