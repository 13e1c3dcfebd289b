/**
 * A module as Linux's module loader comes to it: parts of the file found out on first use, nothing taken from what wrote it.
 * What rests on something broken throws `NotReached`. Source: Linux 6.1 kernel/module/main.c.
 */
import type { Export } from '../../loaders/linux/exports.ts'
import type { KernelImage } from '../../loaders/linux/kernel-image.ts'
import { NotReached } from '../finding.ts'
import {
  ALLOC,
  HEADER_SIZE,
  type RawHeader,
  RawPayload,
  type RawSection,
  type RawSymbol,
  SECTION_HEADER_SIZE,
} from '../xen/raw.ts'
import { type Placed, placeModule } from './placing.ts'
import { type Trailer, withoutTrailer } from './trailer.ts'

export const SYMTAB = 2
export const NOBITS = 8
const SYMBOL = 24

export interface ModuleSymbol {
  readonly raw: RawSymbol
  readonly name: string
  readonly weak: boolean
}

export class ModuleLoadContext {
  readonly kernel: KernelImage
  /** Whether no processor that will run it tracks indirect branches. */
  readonly withoutIbt: boolean
  readonly trailer: Trailer
  /** Without a signature. */
  readonly raw: RawPayload
  #sections: readonly RawSection[] | undefined
  #symbols: readonly ModuleSymbol[] | undefined
  #placed: Placed | undefined

  constructor(payload: Uint8Array, kernel: KernelImage, withoutIbt: boolean) {
    this.kernel = kernel
    this.withoutIbt = withoutIbt
    this.trailer = withoutTrailer(payload)
    this.raw = new RawPayload(this.trailer.module)
  }

  get header(): RawHeader {
    if (this.raw.size < HEADER_SIZE) throw new NotReached('the file is too short for an ELF header')
    return this.raw.header()
  }

  /** All of them, the null one included. */
  get sections(): readonly RawSection[] {
    if (this.#sections !== undefined) return this.#sections
    const { header } = this
    const size = BigInt(header.sectionCount * SECTION_HEADER_SIZE)
    if (header.sectionEntrySize !== SECTION_HEADER_SIZE || !this.raw.holds(header.sectionTable, size)) {
      throw new NotReached('the table of sections cannot be read')
    }
    this.#sections = Array.from({ length: header.sectionCount }, (_, index) => this.raw.section(header, index))
    return this.#sections
  }

  get names(): RawSection {
    const names = this.sections[this.header.nameTableIndex]
    if (names === undefined || !this.raw.holds(names.offset, names.size)) throw new NotReached('sections have no names')
    return names
  }

  nameOf({ nameOffset }: RawSection): string {
    return this.raw.text(this.names.offset + BigInt(nameOffset)) ?? ''
  }

  /** The first section of that name that is loaded, as the loader looks for it. */
  find(name: string): RawSection | undefined {
    return this.sections.slice(1).find(section => (section.flags & ALLOC) !== 0 && this.nameOf(section) === name)
  }

  bytesOf({ type, offset, size }: RawSection): Uint8Array {
    if (type === NOBITS) return new Uint8Array(Number(size))
    if (!this.raw.holds(offset, size)) throw new NotReached('a section lies past the end of the file')
    return this.raw.bytes.subarray(Number(offset), Number(offset + size))
  }

  /** The first value of a word of .modinfo. */
  word(tag: string): string | undefined {
    const section = this.find('.modinfo')
    if (section === undefined) return undefined
    const words = Buffer.from(this.bytesOf(section)).toString('latin1').split('\0')
    return words.find(word => word.startsWith(`${tag}=`))?.slice(tag.length + 1)
  }

  get symbolTable(): RawSection {
    const table = this.sections.find(({ type, index }) => index > 0 && type === SYMTAB)
    if (table === undefined) throw new NotReached('the module has no symbols')
    return table
  }

  get symbols(): readonly ModuleSymbol[] {
    if (this.#symbols !== undefined) return this.#symbols
    const table = this.symbolTable
    const strings = this.sections[table.link]
    if (strings === undefined || !this.raw.holds(table.offset, table.size)) {
      throw new NotReached('the table of symbols cannot be read')
    }
    const read = { ...table, entrySize: BigInt(SYMBOL) }
    this.#symbols = Array.from({ length: Number(table.size) / SYMBOL }, (_, index) => {
      const raw = this.raw.symbol(read, index)
      const binding = (this.raw.byte(table.offset + BigInt(index * SYMBOL + 4)) ?? 0) >> 4
      return { raw, name: this.raw.text(strings.offset + BigInt(raw.nameOffset)) ?? '', weak: binding === 2 }
    })
    return this.#symbols
  }

  /** Checksums that the module asks for, the first of each name. */
  get versions(): ReadonlyMap<string, number> | undefined {
    const section = this.find('__versions')
    if (section === undefined) return undefined
    const bytes = Buffer.from(this.bytesOf(section))
    const found = new Map<string, number>()
    for (let at = 0; at + VERSION <= bytes.length; at += VERSION) {
      const end = bytes.indexOf(0, at + CHECKSUM)
      const name = bytes.toString('latin1', at + CHECKSUM, end === -1 ? bytes.length : end)
      if (!found.has(name)) found.set(name, bytes.readUInt32LE(at))
    }
    return found
  }

  /** What the kernel exports by that name. */
  exported(name: string): Export | undefined {
    return this.kernel.exportOf(name)
  }

  /**
   * Whether a module that does not say its version or checksums is taken all the same, and the kernel tainted
   * (CONFIG_MODULE_FORCE_LOAD): only then does it have the words that try_to_force_load() prints.
   */
  get takesForced(): boolean {
    return this.kernel.hasConstant('%s: %s: kernel tainted.\n') === true
  }

  get placed(): Placed {
    this.#placed ??= placeModule(this.sections)
    return this.#placed
  }
}

/** struct modversion_info: a checksum of 8 bytes, a name of 56. */
const VERSION = 64
const CHECKSUM = 8
