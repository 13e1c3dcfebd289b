/**
 * The kernel in the file that boots: a program that unpacks what follows it (x86 boot protocol, "payload_offset"). What is
 * packed is a linked ELF file without symbols, in one of the ways that a configuration chooses (CONFIG_KERNEL_LZ4 …).
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { InputError } from '../../base/errors.ts'
import { readImage } from '../image.ts'
import { keyOf, Store } from '../store.ts'

const SECTOR = 512
/** Behind the packed data the build puts its unpacked size (scripts/Makefile.lib, size_append). */
const SIZE_BYTES = 4
const MOST = 1 << 30

interface Way {
  readonly name: string
  readonly magic: readonly number[]
  /** The program that unpacks its standard input; undefined where none is needed. */
  readonly command: readonly [string, ...string[]] | undefined
  /** Debian's package of it. */
  readonly from: string
}

const WAYS: readonly Way[] = [
  { name: 'gzip', magic: [0x1f, 0x8b], command: undefined, from: '' },
  { name: 'LZ4', magic: [0x02, 0x21, 0x4c, 0x18], command: ['lz4', '-dc'], from: 'lz4' },
  { name: 'xz', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a], command: ['xz', '-dc'], from: 'xz-utils' },
  { name: 'Zstandard', magic: [0x28, 0xb5, 0x2f, 0xfd], command: ['zstd', '-dc'], from: 'zstd' },
]

const ELF = [0x7f, 0x45, 0x4c, 0x46]

/**
 * The linked kernel in `path`: the image that boots (`vmlinuz`), or `vmlinux` itself. What was unpacked is kept in the cache by
 * what it was unpacked from, where that is given.
 */
export function readKernel(path: string, cacheFolder?: string): Uint8Array {
  const file = readImage(path, 'kernel')
  if (begins(file, ELF)) return file
  if (cacheFolder === undefined) return unpacked(file, path)
  const store = new Store(cacheFolder)
  const key = keyOf(['linux-unpacked 1', createHash('sha256').update(file).digest('hex')])
  const known = store.get('objects', key)
  if (known !== undefined) return known
  const found = unpacked(file, path)
  store.put('objects', key, found)
  return found
}

function unpacked(file: Uint8Array, path: string): Uint8Array {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const isBootable = file.length > 0x260 && Buffer.from(file.subarray(0x202, 0x206)).toString('latin1') === 'HdrS'
  if (!isBootable || view.getUint16(0x206, true) < 0x0208)
    throw unreadable(path, 'it is neither a vmlinuz nor a vmlinux')
  const sectors = file[0x1f1] === 0 ? 4 : (file[0x1f1] ?? 4)
  const start = (sectors + 1) * SECTOR + view.getUint32(0x248, true)
  const end = start + view.getUint32(0x24c, true)
  const way = WAYS.find(({ magic }) => begins(file.subarray(start, end), magic))
  if (way === undefined || end > file.length) throw unreadable(path, 'it is packed in a way that is not known')
  const size = view.getUint32(end - SIZE_BYTES, true)
  // gzip has the size itself, as its last word.
  const packed = file.subarray(start, way.command === undefined ? end : end - SIZE_BYTES)
  const bytes = way.command === undefined ? gunzipSync(packed) : unpackedBy(way, packed, path)
  if (bytes.length !== size || !begins(bytes, ELF)) {
    throw unreadable(path, `unpacked it has ${bytes.length} bytes, and should be an ELF file of ${size}`)
  }
  return bytes
}

/** A module's file; distributions pack each by itself. */
export function readModule(path: string): Uint8Array {
  const file = readImage(path)
  const way = WAYS.find(({ magic }) => begins(file, magic))
  if (way === undefined) return file
  return way.command === undefined ? gunzipSync(file) : unpackedBy(way, file, path)
}

function unpackedBy({ name, command, from }: Way, packed: Uint8Array, path: string): Uint8Array {
  const [program = '', ...words] = command ?? []
  const { stdout, error, status } = spawnSync(program, words, { input: packed, maxBuffer: MOST })
  if (error === undefined && status === 0) return stdout
  const why = error === undefined ? `${program} ended with ${status}` : `${program} could not be run`
  throw unreadable(path, `it is packed with ${name}, and ${why}`, `install ${from}`)
}

const begins = (bytes: Uint8Array, magic: readonly number[]): boolean => magic.every((byte, at) => bytes[at] === byte)

function unreadable(path: string, why: string, hint?: string): InputError {
  return new InputError(
    'linux/image-unreadable',
    `${path} cannot be read as a Linux kernel: ${why}`,
    hint ?? 'give --symbols the image that boots (/boot/vmlinuz-…)',
  )
}
