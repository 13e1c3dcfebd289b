/**
 * What is known of a hypervisor from the file that boots, without xen-syms: Xen's own table of names, which it carries to
 * find a payload's names in, tells every name and address; where code, data and init memory begin and end, and where the
 * special tables lie, are names in it too. What it does not tell is how long a function is: only where the next name is.
 *
 * Which mistake is worse: to take for the table what is none. It is believed only where it says of itself that it lies where
 * it was found, and where that is so only once.
 */
import { InputError } from '../../../base/errors.ts'
import { X86_64 } from '../../../machines/x86-64/x86-64.ts'
import { buildIdOf } from '../../build-id-note.ts'
import type { ProbedSizes } from '../../entry-size.ts'
import { type BootEdit, BootEdits } from '../boot-edits.ts'
import type { HypervisorSymbol, HypervisorSymbols, MemoryKind } from '../hypervisor.ts'
import { type LinkedEntry, type LinkedImage, linkedEntries, TABLE_SECTIONS, tableBounds } from '../linked-tables.ts'
import { type XenName, XenNameTable } from '../name-table.ts'
import { isPe, readPeBuildId } from '../pe-build-id.ts'
import { SymbolsByAddress } from '../symbols-by-address.ts'
import { type TableUse, tableUseOfCode } from '../table-use.ts'
import { findNameTables, type NameTablePlaces } from './find-name-table.ts'
import { badImage, type ImageRange, imageRanges } from './image-memory.ts'

/** What the addresses of an image count from: where its GiB begins. */
const GIB_MASK = 0x3fff_ffffn
const TABLE = 'symbols_names'

/** Undefined for an EFI program that has no table of names; an InputError for any other image without one. */
export function readShipped(file: Uint8Array, entrySizes: ProbedSizes | undefined): HypervisorSymbols | undefined {
  const ranges = imageRanges(file)
  const found = ranges.flatMap(range =>
    [...findNameTables(range.bytes)].flatMap(places => {
      const names = readAt(range, places)
      return names === undefined ? [] : [names]
    }),
  )
  const [names, ...more] = found
  if (names === undefined) {
    if (isPe(file)) return undefined
    throw new InputError(
      'target/no-name-table',
      `the image has no table of names of a form that is known, by which Xen finds what payloads name (${TABLE} and its neighbours)`,
      'is this a Xen 4.17 to 4.22, built with CONFIG_LIVEPATCH? give its xen-syms, if there is one',
    )
  }
  if (more.length > 0) throw badImage(`${found.length} places in it look like its table of names`)
  const image = new Image(ranges, originOf(ranges, names))
  return new ShippedHypervisor(image, { names, entrySizes, codeView: isPe(file) ? readPeBuildId(file) : undefined })
}

/** The names of a table at that place, at offsets from where the addresses begin, if it says that it lies there. */
function readAt({ start, bytes }: ImageRange, places: NameTablePlaces): readonly XenName[] | undefined {
  const parts: Readonly<Record<string, number>> = {
    symbols_names: places.names,
    symbols_token_table: places.tokenText,
    symbols_token_index: places.tokenIndex,
    symbols_num_syms: places.count,
    [places.width === 4 ? 'symbols_offsets' : 'symbols_addresses']: places.addresses,
  }
  const table = XenNameTable.read({
    addressOf: name => (parts[name] === undefined ? undefined : BigInt(parts[name])),
    bytesFrom: at => bytes.subarray(Number(at)),
    origin: 0n,
  })
  const names = [...(table?.entries() ?? [])].map(name => ({ ...name, address: name.address & GIB_MASK }))
  const isItself = (name: string, at: number) =>
    names.some(each => each.name === name && isGlobal(each) && each.address === BigInt(start + at))
  return isItself(TABLE, places.names) && isItself('symbols_token_index', places.tokenIndex) ? names : undefined
}

/**
 * Where the GiB begins, which an image of the first form does not say: by the pointers to functions that are called while
 * Xen boots. Each must lead to a name.
 */
function originOf(ranges: readonly ImageRange[], names: readonly XenName[]): bigint {
  const image = new Image(ranges, 0n)
  const places = new Set(names.map(({ address }) => address))
  const [start, end] = ['__initcall_start', '__initcall_end'].map(
    name => names.find(each => each.name === name && isGlobal(each))?.address,
  )
  const bytes = start === undefined || end === undefined ? undefined : image.bytesAt(start, Number(end - start))
  const view = new DataView(bytes?.buffer ?? new ArrayBuffer(0), bytes?.byteOffset ?? 0, bytes?.byteLength ?? 0)
  const pointers = Array.from({ length: Math.floor(view.byteLength / 8) }, (_, at) => view.getBigUint64(at * 8, true))
  const origins = new Set(pointers.map(pointer => pointer & ~GIB_MASK))
  const [origin, ...others] = origins
  if (origin === undefined || others.length > 0 || pointers.some(pointer => !places.has(pointer & GIB_MASK))) {
    throw badImage(`its ${pointers.length} pointers in __initcall_start do not tell at which addresses it runs`)
  }
  return origin
}

/** Capitals are of names that all files know; weak ones have small letters where nobody defines them. */
const isGlobal = ({ letter }: XenName): boolean => letter >= 'A' && letter <= 'Z'

/** The bytes of the image by their addresses in the running system. */
class Image {
  readonly #ranges: readonly ImageRange[]
  readonly origin: bigint

  constructor(ranges: readonly ImageRange[], origin: bigint) {
    this.#ranges = ranges
    this.origin = origin
  }

  rangeAt(address: bigint): ImageRange | undefined {
    const at = address - this.origin
    return this.#ranges.find(({ start, size }) => at >= BigInt(start) && at < BigInt(start + size))
  }

  /** Where these characters stand, one byte each. */
  *placesOf(text: string): Iterable<bigint> {
    for (const { start, bytes } of this.#ranges) {
      const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
      for (let at = content.indexOf(text); at !== -1; at = content.indexOf(text, at + 1))
        yield this.origin + BigInt(start + at)
    }
  }

  bytesAt(address: bigint, size: number): Uint8Array | undefined {
    const range = this.rangeAt(address)
    if (range === undefined || size < 0) return undefined
    const from = Number(address - this.origin) - range.start
    if (from + size > range.size) return undefined
    if (from + size <= range.bytes.length) return range.bytes.subarray(from, from + size)
    const bytes = new Uint8Array(size)
    bytes.set(range.bytes.subarray(from))
    return bytes
  }
}

interface Parts {
  /** At offsets from the origin. */
  readonly names: readonly XenName[]
  readonly entrySizes: ProbedSizes | undefined
  /** Of an EFI program. */
  readonly codeView: Uint8Array | undefined
}

class ShippedHypervisor implements HypervisorSymbols {
  readonly format = 'image'
  readonly tables = TABLE_SECTIONS
  readonly machine = X86_64.number
  readonly #image: Image
  readonly #parts: Parts
  readonly #globals: ReadonlyMap<string, bigint>
  readonly #table: XenNameTable
  readonly #placed: SymbolsByAddress
  #edits: { readonly known: BootEdits | undefined } | undefined
  #tableUse: { readonly use: TableUse | undefined } | undefined

  constructor(image: Image, parts: Parts) {
    this.#image = image
    this.#parts = parts
    const globals = parts.names.filter(isGlobal)
    this.#globals = new Map(globals.map(({ name, address }) => [name, image.origin + address]))
    const table = XenNameTable.read({
      addressOf: name => this.#globals.get(name),
      bytesFrom: address => {
        const range = image.rangeAt(address)
        return range?.bytes.subarray(Number(address - image.origin) - range.start)
      },
      origin: image.origin,
    })
    if (table === undefined) throw badImage('its table of names is not where it says that it is')
    this.#table = table
    this.#placed = new SymbolsByAddress(this.#symbolsOf(parts.names))
  }

  get buildId(): Uint8Array | undefined {
    if (this.#parts.codeView !== undefined) return this.#parts.codeView
    const note = this.#between('__note_gnu_build_id_start', '__note_gnu_build_id_end')
    return note && buildIdOf(note)
  }

  get takesPayloads(): boolean {
    return this.#globals.has('livepatch_op')
  }

  get debug(): boolean | undefined {
    const start = this.#globals.get('__2M_rodata_start')
    // In an EFI program the build-id has a piece of its own behind the other constants.
    const range = start === undefined ? undefined : this.#image.rangeAt(start)
    if (start === undefined || range === undefined) return undefined
    const data = range.bytes.subarray(Number(start - this.#image.origin) - range.start)
    return Buffer.from(data.buffer, data.byteOffset, data.byteLength).includes('debug=y\0')
  }

  get tableUse(): TableUse | undefined {
    const codeOf = (name: string) => {
      const address = this.#globals.get(name)
      const size = address === undefined ? undefined : this.symbolsAt(address)[0]?.size
      return address === undefined || size === undefined ? undefined : this.bytesAt(address, size)
    }
    this.#tableUse ??= { use: tableUseOfCode({ machine: this.machine, codeOf }) }
    return this.#tableUse.use
  }

  get symbols(): readonly HypervisorSymbol[] {
    return this.#placed.all
  }

  lookup(name: string): bigint | undefined {
    return this.#table.lookup(name)
  }

  symbolsAt(address: bigint): readonly HypervisorSymbol[] {
    return this.#placed.at(address)
  }

  symbolBefore(address: bigint): HypervisorSymbol | undefined {
    return this.#image.rangeAt(address) && this.#placed.before(address)
  }

  nextSymbolAddress(address: bigint): bigint | undefined {
    return this.#placed.nextAddress(address)
  }

  bytesAt(address: bigint, size: number): Uint8Array | undefined {
    return this.#image.bytesAt(address, size)
  }

  hasConstant(text: string): boolean {
    for (const place of this.#image.placesOf(text)) if (this.memoryAt(place) === 'read-only') return true
    return false
  }

  /** As the page tables have it: each kind of memory stands between two names (arch/x86/xen.lds.S). */
  memoryAt(address: bigint): MemoryKind | undefined {
    if (this.freedAfterBoot(address) || this.#image.rangeAt(address) === undefined) return undefined
    if (this.#isBetween(address, '_stext', '_etext')) return 'code'
    if (this.#isBetween(address, '__2M_rodata_start', '__2M_rodata_end')) return 'read-only'
    return this.#isBetween(address, '__2M_rwdata_start', '_end') ? 'writable' : undefined
  }

  freedAfterBoot(address: bigint): boolean {
    return this.#isBetween(address, '__init_begin', '__init_end')
  }

  entriesOf(section: string): readonly LinkedEntry[] | undefined {
    return linkedEntries(section, this.#linked())
  }

  boundsOf(section: string): readonly [bigint, bigint] | undefined {
    return tableBounds(section, this.#linked())
  }

  bootEdits(address: bigint, size: number): readonly BootEdit[] | undefined {
    this.#edits ??= { known: BootEdits.read(this.#linked()) }
    return this.#edits.known?.within(address, size)
  }

  #linked(): LinkedImage {
    return {
      machine: this.machine,
      entrySizes: this.#parts.entrySizes,
      addressOf: name => this.#globals.get(name),
      bytesAt: (at, length) => this.bytesAt(at, length),
      isCode: at => this.memoryAt(at) === 'code' || this.freedAfterBoot(at),
    }
  }

  #isBetween(address: bigint, from: string, to: string): boolean {
    return address >= (this.#globals.get(from) ?? 0n) && address < (this.#globals.get(to) ?? 0n)
  }

  #between(from: string, to: string): Uint8Array | undefined {
    const [start, end] = [this.#globals.get(from), this.#globals.get(to)]
    return start === undefined || end === undefined ? undefined : this.bytesAt(start, Number(end - start))
  }

  /** Each as long as it is to the next name, or to a marker of a function's end, which newer tables have. */
  #symbolsOf(names: readonly XenName[]): HypervisorSymbol[] {
    const places = [...new Set(names.map(({ address }) => address))]
    const next = new Map(places.map((address, index) => [address, places[index + 1] ?? address]))
    return names.flatMap(({ name, letter, address: at }) => {
      if (name === '') return []
      const address = this.#image.origin + at
      const cut = name.lastIndexOf('#')
      const isCode = this.memoryAt(address) === 'code' || /^t$/i.test(letter)
      return {
        name,
        plainName: name.slice(cut + 1),
        file: name.slice(0, Math.max(0, cut)),
        address,
        size: Number((next.get(at) ?? at) - at),
        atMost: true,
        kind: isCode ? 'function' : 'object',
        local: !isGlobal({ name, letter, address }),
      }
    })
  }
}
