/**
 * Looks at the hypervisor's file before QEMU does, because QEMU's own words about a wrong one say little.
 * QEMU's -kernel boots a multiboot image, the 32-bit ELF that Xen's build for x86 leaves as xen/xen and as xen.gz; and the
 * flat image with a header like Linux's that it leaves as xen/xen for AArch64.
 */

import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { InputError } from '../../../base/errors.ts'
import { BOOTED_AS } from '../../../machines/x86-64/x86-64.ts'
import type { Board } from '../board.ts'
import type { Bootable } from '../machine.ts'
import { ARM_BOARD, X86_BOARD } from './boards.ts'

const LARGEST_IMAGE = 256 * 1024 * 1024
const GZIP = [0x1f, 0x8b]
const ELF = [0x7f, 0x45, 0x4c, 0x46]
/** `ARM\x64`, where the header of a kernel for AArch64 has them (Documentation/arm64/booting.rst). */
const ARM_MAGIC = [0x41, 0x52, 0x4d, 0x64]
const ARM_MAGIC_OFFSET = 0x38
const CLASS_OFFSET = 4
const CLASS_64 = 2
const MACHINE_OFFSET = 18
const HINT = "give the build's xen/xen, or the installed xen-4.17-amd64.gz"

/** The bytes to boot: read, unpacked, and known to be what QEMU can boot; and on what. */
export function readHypervisor(file: string): Bootable {
  let bytes: Uint8Array
  try {
    bytes = readFileSync(file)
  } catch (error) {
    throw new InputError('rehearse/no-hypervisor', `${file} cannot be read: ${words(error)}`, HINT)
  }
  const image = startsWith(bytes, GZIP) ? unpack(file, bytes) : bytes
  return { image, board: boardFor(file, image) }
}

function unpack(file: string, bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: LARGEST_IMAGE })
  } catch (error) {
    throw new InputError('rehearse/no-hypervisor', `${file} cannot be unpacked: ${words(error)}`, HINT)
  }
}

function boardFor(file: string, image: Uint8Array): Board {
  const refuse = (fact: string) => new InputError('rehearse/not-bootable', `${file} ${fact}`, HINT)
  if (startsWith(image.subarray(ARM_MAGIC_OFFSET), ARM_MAGIC)) return ARM_BOARD
  if (startsWith(image, [0x4d, 0x5a])) throw refuse("is an EFI image (xen.efi), which QEMU's -kernel does not boot")
  if (!startsWith(image, ELF)) throw refuse(`is not an ELF file: it starts with ${hex(image.subarray(0, 4))}`)
  if (image[CLASS_OFFSET] === CLASS_64) {
    throw refuse('is a 64-bit ELF file, like xen-syms: the image with symbols, not the one that boots')
  }
  const machine = (image[MACHINE_OFFSET] ?? 0) | ((image[MACHINE_OFFSET + 1] ?? 0) << 8)
  if (machine !== BOOTED_AS) throw refuse(`is for machine ${machine}, not for x86`)
  return X86_BOARD
}

const startsWith = (bytes: Uint8Array, magic: readonly number[]) => magic.every((byte, index) => bytes[index] === byte)
const hex = (bytes: Uint8Array) => (bytes.length === 0 ? 'nothing' : Buffer.from(bytes).toString('hex'))
const words = (error: unknown) => (error instanceof Error ? error.message : String(error))
