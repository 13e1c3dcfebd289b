/**
 * The memory of a hypervisor as the file that boots lays it out: `/boot/xen-*.gz`, which is an ELF file of 32 bits with one
 * piece to load (xen/arch/x86/boot/mkelf32.c), or `xen.efi`, a PE file. Neither has symbols that could be relied on, and
 * addresses in both count from where the hypervisor's GiB of addresses begins.
 */
import { gunzipSync } from 'node:zlib'
import { InputError } from '../../../base/errors.ts'
import { isClass32 } from '../../../elf/index.ts'
import { PT_LOAD } from '../../../elf/spec/constants.ts'
import { BOOTED_AS } from '../../../machines/x86-64/x86-64.ts'
import { isPe, readPeSections } from '../pe-build-id.ts'

/** One piece: its content, and behind it zeros up to `size`. */
export interface ImageRange {
  readonly start: number
  readonly bytes: Uint8Array
  readonly size: number
}

const GZIP = [0x1f, 0x8b]
/** Of an image; what unpacks to more is none. */
const LARGEST_IMAGE = 256 * 1024 * 1024
/** An image and its payloads have this much of the address space. */
const GIB = 1 << 30
const EHDR32_SIZE = 52
const PHDR32_SIZE = 32

/** What a gzipped file holds; any other as it is. */
export function unpacked(file: Uint8Array): Uint8Array {
  if (!GZIP.every((byte, at) => file[at] === byte)) return file
  try {
    const { buffer, byteOffset, byteLength } = gunzipSync(file, { maxOutputLength: LARGEST_IMAGE })
    return new Uint8Array(buffer, byteOffset, byteLength)
  } catch (error) {
    throw new InputError(
      'target/not-unpacked',
      `the gzipped hypervisor cannot be unpacked: ${error instanceof Error ? error.message : String(error)}`,
      'the file may be cut short; take it from the package or build again',
    )
  }
}

/** Whether it is one of the two forms that boot. */
export const isBootable = (file: Uint8Array): boolean => isClass32(file) || isPe(file)

/** The pieces in the order of addresses; none overlaps another. */
export function imageRanges(file: Uint8Array): readonly ImageRange[] {
  const ranges = isPe(file) ? readPeSections(file) : loadedPieces(file)
  const sorted = ranges.filter(({ size }) => size > 0).toSorted((a, b) => a.start - b.start)
  let end = 0
  for (const { start, size } of sorted) {
    if (start < end || start + size > GIB) {
      throw badImage(`a piece of ${size} bytes at ${hex(start)} overlaps another, or lies outside of the image's GiB`)
    }
    end = start + size
  }
  return sorted
}

function loadedPieces(file: Uint8Array): readonly ImageRange[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  mustHold(file, { what: 'the ELF header', from: 0, size: EHDR32_SIZE })
  const machine = view.getUint16(18, true)
  if (machine !== BOOTED_AS) throw badImage(`it is for machine ${machine}, not for x86 (${BOOTED_AS})`)
  const [table, entrySize, count] = [view.getUint32(28, true), view.getUint16(42, true), view.getUint16(44, true)]
  if (count > 0 && entrySize !== PHDR32_SIZE) throw badImage(`its program headers have ${entrySize} bytes`)
  mustHold(file, { what: 'the table of program headers', from: table, size: count * PHDR32_SIZE })
  return Array.from({ length: count }, (_, index) => table + index * PHDR32_SIZE).flatMap(at => {
    if (view.getUint32(at, true) !== PT_LOAD) return []
    const [offset, start] = [view.getUint32(at + 4, true), view.getUint32(at + 12, true)]
    const [length, size] = [view.getUint32(at + 16, true), view.getUint32(at + 20, true)]
    mustHold(file, { what: 'a piece to load', from: offset, size: length })
    return [{ start, bytes: file.subarray(offset, offset + length), size: Math.max(length, size) }]
  })
}

interface Wanted {
  readonly what: string
  readonly from: number
  readonly size: number
}

function mustHold(file: Uint8Array, { what, from, size }: Wanted): void {
  if (from + size <= file.length) return
  throw new InputError(
    'target/truncated',
    `${what} would reach up to ${hex(from + size)}, but the image has ${hex(file.length)} bytes`,
    'the file may be cut short; take it from the package or build again',
  )
}

export function badImage(fact: string): InputError {
  return new InputError(
    'target/bad-image',
    `the hypervisor's image cannot be read: ${fact}`,
    'give the image that boots (/boot/xen-*.gz, xen.efi), or the xen-syms of its build',
  )
}

const hex = (value: number): string => `0x${value.toString(16)}`
