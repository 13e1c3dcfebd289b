/** Debian's Linux as dom0 of the release tree's Xen in QEMU, with dropbear and the xen-livepatch that Debian installs. */
import { providedBy, SshGuest } from './ssh-guest.ts'

export const providedDom0 = () => providedBy('dom0.sh', 'a dom0')

/** By the host's clock: counting instructions (-icount), as the rehearsal does, makes Linux's clock leap and hang. */
export function bootDom0(hypervisor: string, images: string): Promise<SshGuest> {
  const memory = 'dom0_mem=384M,max:384M dom0_max_vcpus=1'
  const linux = 'console=hvc0 quiet rodata=off init_on_alloc=0 mitigations=off swiotlb=512'
  return SshGuest.boot({
    kind: 'xen',
    ready: 'dom0: ready',
    machine: ({ key, network }) => [
      ...['-M', 'pc', '-accel', 'tcg', '-cpu', 'qemu64,+rdrand', '-smp', '1', '-m', '512'],
      ...['-kernel', hypervisor, '-append', `console=com1 com1=115200,8n1 ${memory}`],
      ...['-initrd', `${images}/vmlinuz ${linux} dom0.key=${key},${images}/initramfs`],
      ...['-netdev', network, '-device', 'e1000,netdev=net'],
    ],
  })
}
