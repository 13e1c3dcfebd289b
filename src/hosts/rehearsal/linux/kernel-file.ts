/** The file that boots, as far as QEMU's -kernel takes it: a vmlinuz, or the vmlinux in it. */
import { readFileSync } from 'node:fs'
import { InputError } from '../../../base/errors.ts'
import type { Bootable } from '../machine.ts'
import { LINUX_BOARD } from './board.ts'

const ELF = '\x7fELF'
/** x86 boot protocol (Documentation/x86/boot.rst): `HdrS` at 0x202. */
const BOOTABLE = { text: 'HdrS', at: 0x202 }

export function readKernelFile(file: string): Bootable {
  const hint = 'give --symbols the image that boots (/boot/vmlinuz-…)'
  let image: Buffer
  try {
    image = readFileSync(file)
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error)
    throw new InputError('rehearse/no-kernel', `${file} cannot be read: ${words}`, hint)
  }
  const { text, at } = BOOTABLE
  if (image.toString('latin1', at, at + text.length) !== text && image.toString('latin1', 0, 4) !== ELF)
    throw new InputError('rehearse/not-bootable', `${file} is no kernel for x86 that boots`, hint)
  return { image, board: LINUX_BOARD }
}
