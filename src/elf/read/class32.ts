/** Files of 32 bits (gABI, "ELF Header", the columns of Elf32_Ehdr): whether one is whole, and no more than that. */
import { InputError } from '../../base/errors.ts'
import { ELFCLASS32, ELFDATA2LSB } from '../spec/constants.ts'

const EHDR32_SIZE = 52

export function isClass32(file: Uint8Array): boolean {
  return file[0] === 0x7f && file[1] === 0x45 && file[2] === 0x4c && file[3] === 0x46 && file[4] === ELFCLASS32
}

/** The section header table is what assemblers and linkers write last. An InputError where it is not all there. */
export function checkWhole32(file: Uint8Array): void {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  if (file.byteLength < EHDR32_SIZE) throw truncated('the ELF header', EHDR32_SIZE, file.byteLength)
  if (file[5] !== ELFDATA2LSB) {
    throw new InputError(
      'elf/unsupported-class',
      `data encoding ${file[5]} at 0x5; only little-endian (1) is supported`,
    )
  }
  const end = view.getUint32(32, true) + view.getUint16(46, true) * view.getUint16(48, true)
  if (end > file.byteLength) throw truncated('the section header table', end, file.byteLength)
}

function truncated(what: string, end: number, size: number): InputError {
  return new InputError('elf/truncated', `${what} ends at 0x${end.toString(16)}, the file at 0x${size.toString(16)}`)
}
