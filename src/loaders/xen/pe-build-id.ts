/**
 * xen.efi as a file: its sections, and its build-id. That is the 16-byte signature of the CodeView record which its debug
 * directory leads to, with which Xen compares when it was booted as an EFI program (xen/common/version.c, "xen_build_init").
 *
 * Format: Microsoft PE/COFF specification, "Optional Header Data Directories" and "Debug Directory".
 */
import { InputError } from '../../base/errors.ts'

const DEBUG_DIRECTORY = 6
const CODEVIEW = 2
const RSDS = 0x53445352

export function isPe(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && bytes[0] === 0x4d && bytes[1] === 0x5a
}

/** Undefined where the image has no CodeView record. */
export function readPeBuildId(bytes: Uint8Array): Uint8Array | undefined {
  const file = new PeFile(bytes)
  const { header, optional } = headersOf(file)
  const directories = file.u32(optional + 108, 'the number of data directories')
  if (directories <= DEBUG_DIRECTORY) return undefined
  const entry = optional + 112 + DEBUG_DIRECTORY * 8
  const address = file.u32(entry, 'the address of the debug directory')
  const size = file.u32(entry + 4, 'the size of the debug directory')
  const toOffset = fileOffsets(file, header, optional)
  for (let at = 0; at + 28 <= size; at += 28) {
    const directory = toOffset(address + at)
    if (directory === undefined) return undefined
    if (file.u32(directory + 12, 'a debug type') !== CODEVIEW) continue
    const record = toOffset(file.u32(directory + 20, 'the address of debug data'))
    if (record === undefined || file.u32(record, 'a CodeView signature') !== RSDS) continue
    return file.slice(record + 4, 16, 'the CodeView build-id')
  }
  return undefined
}

function headersOf(file: PeFile): { readonly header: number; readonly optional: number } {
  const header = file.u32(0x3c, 'the offset of the PE header')
  if (file.u32(header, 'the PE signature') !== 0x4550) {
    throw new InputError('target/not-pe', `no PE signature at 0x${header.toString(16)}; this is not an EFI program`)
  }
  const optional = header + 24
  const magic = file.u16(optional, 'the magic of the optional header')
  if (magic !== 0x20b)
    throw new InputError('target/not-pe', `optional header magic 0x${magic.toString(16)} is not PE32+ (0x20b)`)
  return { header, optional }
}

/** Bounds-checked little-endian reads. */
class PeFile {
  readonly #bytes: Uint8Array
  readonly #view: DataView

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  u16(offset: number, what: string): number {
    return this.#view.getUint16(this.#checked(offset, 2, what), true)
  }

  u32(offset: number, what: string): number {
    return this.#view.getUint32(this.#checked(offset, 4, what), true)
  }

  slice(offset: number, size: number, what: string): Uint8Array {
    return this.#bytes.subarray(this.#checked(offset, size, what), offset + size)
  }

  #checked(offset: number, size: number, what: string): number {
    if (offset + size <= this.#bytes.length) return offset
    throw new InputError(
      'target/truncated',
      `${what} would lie at 0x${offset.toString(16)}, but the EFI program has 0x${this.#bytes.length.toString(16)} bytes`,
      'the file may be cut short; take it from the package or build again',
    )
  }
}

/** A section: its content, and behind it zeros up to its size. */
interface PeSection {
  readonly start: number
  readonly bytes: Uint8Array
  readonly size: number
}

/** The sections, at addresses that count from where the image begins. */
export function readPeSections(bytes: Uint8Array): readonly PeSection[] {
  const file = new PeFile(bytes)
  const { header, optional } = headersOf(file)
  return sectionTable(file, header, optional).map(({ address, size, held, offset }) => {
    return { start: address, bytes: file.slice(offset, held, 'a PE section'), size: Math.max(size, held) }
  })
}

function sectionTable(file: PeFile, header: number, optional: number) {
  const count = file.u16(header + 6, 'the number of PE sections')
  const table = optional + file.u16(header + 20, 'the size of the optional header')
  return Array.from({ length: count }, (_, index) => {
    const at = table + index * 40
    const size = file.u32(at + 8, 'the size of a PE section')
    return {
      address: file.u32(at + 12, 'the address of a PE section'),
      size,
      // The size in the file is rounded up and may reach into the next section.
      held: Math.min(size, file.u32(at + 16, 'the file size of a PE section')),
      offset: file.u32(at + 20, 'the file offset of a PE section'),
    }
  })
}

/** From an address relative to the image to an offset in the file. */
function fileOffsets(file: PeFile, header: number, optional: number): (address: number) => number | undefined {
  const sections = sectionTable(file, header, optional)
  return address => {
    const section = sections.find(s => address >= s.address && address < s.address + s.held)
    return section && section.offset + (address - section.address)
  }
}
