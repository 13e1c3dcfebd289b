#!/usr/bin/env bash
# Puts together a server that runs Debian's kernel of scripts/linux.sh, once, in a cache outside the checkout, and prints its
# folder: `vmlinuz` and `initramfs`. In it run dropbear (for root, with the key on the kernel's command line, `guest.key=BASE64`)
# and the tools that Debian's administrators have there: kmod, coreutils, findutils, grep. Nothing is installed on this machine.
# What it needs beside them is what scripts/dom0.sh has already.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
caches=${HOTSPLICE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hotsplice}
cache=$caches/linux-guest
packages=(busybox-static kmod coreutils findutils grep util-linux procps libkmod2 libssl3 liblzma5 libzstd1 libselinux1 libpcre2-8-0 libacl1 libattr1
          libgmp10 libtinfo6 libproc2-0)
programs=(kmod find grep base64 cat dd mktemp rm tee uname dmesg kill ls)
# In the order in which they need each other.
modules=(virtio virtio_ring virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci failover net_failover virtio_net)

write_init() {
  cat > "$tree/init" <<'INIT'
#!/bin/busybox sh
/bin/busybox --install -s
for tool in /debian/*; do
  rm -f "/usr/bin/${tool##*/}" "/sbin/${tool##*/}" "/usr/sbin/${tool##*/}"
  ln -sf "$tool" "/bin/${tool##*/}"
done
for tool in insmod rmmod; do ln -sf /debian/kmod "/sbin/$tool"; done
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t securityfs security /sys/kernel/security
mount -t devtmpfs dev /dev
mkdir -p /dev/pts && mount -t devpts pts /dev/pts
for module in /guest-modules/*.ko; do insmod "$module"; done
ifconfig lo 127.0.0.1 up
ifconfig eth0 10.0.2.15 netmask 255.255.255.0 up
for word in $(cat /proc/cmdline); do
  case $word in guest.key=*) echo "ssh-ed25519 ${word#guest.key=}" > /.ssh/authorized_keys ;; esac
done
dropbear -R -E -s
echo "guest: ready" > /dev/console
# It ends by itself, whatever becomes of who started it.
sleep 600
poweroff -f
INIT
  chmod 755 "$tree/init"
}

fill() {
  local number=10 program module
  mkdir -p "$tree/debian" "$tree/guest-modules" "$tree/lib/x86_64-linux-gnu"
  for program in "${programs[@]}"; do
    cp "$(find "$unpacked/bin" "$unpacked/usr/bin" -name "$program" | head -n 1)" "$tree/debian/$program"
  done
  find "$unpacked" -path '*/x86_64-linux-gnu/lib*.so.*' -exec cp -a -t "$tree/lib/x86_64-linux-gnu" {} +
  for module in "${modules[@]}"; do
    cp "$(find "$(dirname "$kernel")/../lib/modules" -name "$module.ko")" "$tree/guest-modules/$number-$module.ko"
    number=$((number + 1))
  done
  write_init
}

dom0=$("$here/dom0.sh")
kernel=$("$here/linux.sh" image)
mkdir -p "$cache"
exec 9> "$cache/lock"
flock 9
unpacked="$cache/packages" made="$cache/made"
# A changed script, kernel or dom0 makes another one.
stamp=$(cat "$here/linux-guest.sh" "$dom0/stamp" <(printf '%s\n' "$kernel") | cksum)
if [ "$(cat "$made/stamp" 2> /dev/null)" != "$stamp" ]; then
  rm -rf "$made" "$unpacked"
  "$here/debian-source.sh" files "$unpacked" "${packages[@]}"
  tree=$(mktemp -d "$cache/tree.XXXXXX")
  trap 'rm -rf "$tree"' EXIT
  chmod 755 "$tree"
  fill
  mkdir "$made"
  cp "$kernel" "$made/vmlinuz"
  # The kernel unpacks one archive after the other: what comes later takes the place of what was there.
  cp "$dom0/initramfs" "$made/initramfs"
  (cd "$tree" && find . | "$unpacked/bin/busybox" cpio -o -H newc -R 0:0 2> /dev/null) >> "$made/initramfs"
  rm -rf "$unpacked"
  printf '%s\n' "$stamp" > "$made/stamp"
fi
printf '%s\n' "$made"
