/**
 * The facts that rules look at, each found out on first use: the payload's tables, where its sections go, its image
 * after relocation, the functions it replaces. A fact that rests on something broken throws `NotReached`, so that a rule
 * is shown as not applicable instead of giving an answer about nonsense.
 */

import type { LoaderKind } from '../../loaders/xen/loader-facts.ts'
import type { HypervisorSymbols } from '../../loaders/xen/symbols.ts'
import type { TableUse } from '../../loaders/xen/table-use.ts'
import { NotReached } from '../finding.ts'
import type { VerifiedPayload, VerifyInput, XenVersion } from '../model.ts'
import { type PayloadArea, payloadArea } from './area.ts'
import { type FunctionEntry, readFunctions } from './functions.ts'
import { type Copied, copySections, isLoaded, type Layout, PAGE, placeSections } from './layout.ts'
import { type KnownKind, knownKind } from './loader-kind.ts'
import { type Machine, machineOf } from './machines/index.ts'
import { Memory } from './memory.ts'
import {
  HEADER_SIZE,
  type RawHeader,
  RawPayload,
  type RawSection,
  type RawSymbol,
  SECTION_HEADER_SIZE,
  SYMBOL_SIZE,
  wrapsAround,
} from './raw.ts'
import { type CodedFinding, performRelocations, type Resolution, resolveSymbols } from './resolve.ts'

const SYMTAB = 2
const STRTAB = 3
const NOBITS = 8
/** LIVEPATCH_MAX_SIZE, for the file and for each section of zeros. */
export const MAX_SIZE = 2 * 1024 * 1024

/** Where Xen copies the file to before it looks at it; any place that is nothing else will do. */
const BUFFER = 0xffff_82c0_0001_0000n

interface Relocated {
  readonly resolution: Resolution
  readonly findings: readonly CodedFinding[]
  readonly copied: Copied
}

export class LoadContext {
  readonly raw: RawPayload
  readonly version: XenVersion
  readonly on: readonly VerifiedPayload[]
  /** The host has no use for landing pads. */
  readonly withoutIbt: boolean
  readonly #known: KnownKind
  readonly #symbols: HypervisorSymbols | undefined
  readonly #tableUse: TableUse | undefined
  readonly #names = new Map<number, string>()
  #sections: readonly RawSection[] | undefined
  #realSections: readonly RawSection[] | undefined
  #memory: Memory | undefined
  #elfSymbols: readonly RawSymbol[] | undefined
  #layout: Layout | undefined
  #relocated: Relocated | undefined
  #functions: readonly FunctionEntry[] | undefined

  constructor({ payload, symbols, version, tableUse, facts, withoutIbt, on }: VerifyInput) {
    this.raw = new RawPayload(payload)
    this.version = version
    this.on = on
    this.#symbols = symbols
    this.#tableUse = tableUse
    this.#known = knownKind({ symbols, bySource: facts, version })
    this.withoutIbt = withoutIbt === true
  }

  get kind(): LoaderKind {
    return this.#known.kind
  }

  /** What of it only the version told. */
  get assumed(): readonly string[] {
    return this.#known.assumed
  }

  /** With names and code; throws where only a build-id was given, or nothing. */
  get hypervisor(): HypervisorSymbols {
    if (this.#named === undefined) {
      throw new NotReached("needs the hypervisor's names and code: give its xen-syms, or the image that boots", 'needs')
    }
    return this.#named
  }

  get #named(): HypervisorSymbols | undefined {
    return this.#symbols?.format === 'efi' ? undefined : this.#symbols
  }

  get hypervisorBuildId(): Uint8Array | undefined {
    if (this.#symbols === undefined)
      throw new NotReached("needs the hypervisor's build-id: give its xen-syms or xen.efi", 'needs')
    return this.#symbols.buildId
  }

  /** What the loader does with the table of functions; undefined where image and source do not tell. */
  get tableUse(): TableUse | undefined {
    return this.#symbols?.tableUse ?? this.#tableUse ?? this.hypervisor.tableUse
  }

  get header(): RawHeader {
    if (this.raw.size < HEADER_SIZE) throw new NotReached('the file is too short for an ELF header')
    const header = this.raw.header()
    const [magic, e, l, f, elfClass, order] = header.ident
    if (magic !== 0x7f || e !== 0x45 || l !== 0x4c || f !== 0x46 || elfClass !== 2 || order !== 1) {
      throw new NotReached('the file is not a 64-bit little-endian ELF file')
    }
    return header
  }

  /** The hypervisor's where it is known: a payload for another machine is no reason to judge by other rules. */
  get machine(): Machine {
    const elfMachine = this.#symbols?.machine ?? this.header.machine
    const machine = machineOf(elfMachine)
    if (machine === undefined) throw new NotReached(`no rules are known for machine ${elfMachine}`)
    return machine
  }

  /** [0] is the null section, which the loader never reads. */
  get sections(): readonly RawSection[] {
    this.#sections ??= this.#readSections()
    return this.#sections
  }

  #readSections(): readonly RawSection[] {
    const { header, raw } = this
    const { sectionTable, sectionEntrySize, sectionCount } = header
    if (sectionEntrySize < SECTION_HEADER_SIZE || !raw.holds(sectionTable, BigInt(sectionEntrySize * sectionCount))) {
      throw new NotReached('the section headers cannot be read')
    }
    return Array.from({ length: sectionCount }, (_, index) => raw.section(header, index))
  }

  /** Without the null section. */
  get realSections(): readonly RawSection[] {
    this.#realSections ??= this.sections.slice(1)
    return this.#realSections
  }

  get symbolTable(): RawSection {
    const table = this.realSections.find(section => section.type === SYMTAB)
    if (table === undefined) throw new NotReached('there is no symbol table')
    return table
  }

  /** The symbol table's strings. */
  get strings(): RawSection {
    return this.#stringTable(this.symbolTable.link, 'the string table of the symbol table')
  }

  get sectionNames(): RawSection {
    return this.#stringTable(this.header.nameTableIndex, 'the section name table')
  }

  #stringTable(index: number, what: string): RawSection {
    const section = this.sections[index]
    if (section === undefined || index === 0 || section.type !== STRTAB || section.size === 0n) {
      throw new NotReached(`${what} cannot be read`)
    }
    return section
  }

  nameOf(section: RawSection): string {
    const known = this.#names.get(section.index)
    if (known !== undefined) return known
    const name = this.#textIn(this.sectionNames, section.nameOffset, `the name of section ${section.index}`)
    this.#names.set(section.index, name)
    return name
  }

  symbolName(symbol: RawSymbol): string {
    return this.#textIn(this.strings, symbol.nameOffset, `the name of symbol ${symbol.index}`)
  }

  #textIn(table: RawSection, offset: number, what: string): string {
    const text = BigInt(offset) < table.size ? this.raw.text(table.offset + BigInt(offset)) : undefined
    if (text === undefined) throw new NotReached(`${what} cannot be read`)
    return text
  }

  /** `section 5 .text`, or without the name where it has none that can be read; for messages, so it never throws. */
  placeOf(section: RawSection): string {
    const names = this.sections[this.header.nameTableIndex]
    const inside = names !== undefined && BigInt(section.nameOffset) < names.size
    const name = inside ? this.raw.text(names.offset + BigInt(section.nameOffset)) : undefined
    return name === undefined ? `section ${section.index}` : `section ${section.index} ${name}`
  }

  /** The first section of that name, as the loader looks them up. */
  sectionNamed(name: string): RawSection | undefined {
    return this.realSections.find(section => this.nameOf(section) === name)
  }

  /** By index; [0] is the null symbol. */
  get elfSymbols(): readonly RawSymbol[] {
    const table = this.symbolTable
    if (
      table.entrySize < BigInt(SYMBOL_SIZE) ||
      table.size % table.entrySize !== 0n ||
      !this.raw.holds(table.offset, table.size)
    ) {
      throw new NotReached('the symbol table cannot be read')
    }
    const length = Number(table.size / table.entrySize)
    this.#elfSymbols ??= Array.from({ length }, (_, index) => this.raw.symbol(table, index))
    return this.#elfSymbols
  }

  get layout(): Layout {
    if (this.#layout !== undefined) return this.#layout
    const outside = (s: RawSection) => s.type !== NOBITS && !wrapsAround(s) && !this.raw.holds(s.offset, s.size)
    if (this.realSections.some(section => isLoaded(section) && outside(section))) {
      throw new NotReached('sections lie outside the file')
    }
    this.#layout = placeSections(this.realSections, this.area.first)
    return this.#layout
  }

  /** The addresses that Xen keeps for payloads. */
  get area(): PayloadArea {
    const symbols = this.#named
    return payloadArea(symbols, this.on)
  }

  /** How many pages of them are free. */
  get freePages(): bigint {
    const { pages } = this.area
    if (pages !== undefined) return pages
    throw new NotReached(
      "needs the hypervisor's end (__2M_rwdata_end or _end), behind which payloads go: give its xen-syms",
      'needs',
    )
  }

  get relocated(): Relocated {
    this.#relocated ??= this.#relocate()
    return this.#relocated
  }

  #relocate(): Relocated {
    const { layout, hypervisor, sections } = this
    if (layout.pages > this.freePages) throw new NotReached('the payload does not fit into memory')
    const copied = copySections(layout, this.realSections, this.raw)
    const resolution = resolveSymbols({
      symbols: this.elfSymbols,
      nameOf: symbol => this.symbolName(symbol),
      sections,
      layout,
      lookup: name => hypervisor.lookup(name) ?? this.lookupBelow(name),
    })
    const findings = performRelocations({
      raw: this.raw,
      machine: this.machine,
      sections,
      nameOf: section => this.nameOf(section),
      symbolTable: this.symbolTable,
      symbols: resolution.symbols,
      layout,
      image: copied.image,
    })
    return { resolution, findings, copied }
  }

  /** A new symbol of a payload below, the earliest loaded first. */
  lookupBelow(name: string): bigint | undefined {
    return this.on.find(payload => payload.newSymbols.has(name))?.newSymbols.get(name)
  }

  get isRelocatable(): boolean {
    const { resolution, findings, copied } = this.relocated
    return resolution.findings.length + findings.length + copied.outside.length === 0
  }

  /** The loaded payload once nothing went wrong with its symbols and relocations. */
  get loaded(): Relocated {
    if (!this.isRelocatable) throw new NotReached('the payload cannot be relocated')
    return this.relocated
  }

  /** What the loader can read while it loads. */
  get memory(): Memory {
    this.#memory ??= new Memory({
      images: [this.loaded.copied.image, ...this.on.map(payload => payload.image)],
      hypervisor: this.hypervisor,
      buffer: this.keepsBuffer ? { start: BUFFER, bytes: this.raw.bytes } : undefined,
    })
    return this.#memory
  }

  /** A section that is not loaded may be looked at in the uploaded file, which is freed after the upload. */
  get keepsBuffer(): boolean {
    return this.kind.keepsUpload
  }

  /** Where the loader looks for a section's content; 0 for one that is not loaded, where the upload is not kept. */
  addressOf(section: RawSection): bigint {
    if (!isLoaded(section)) return this.keepsBuffer ? BUFFER + section.offset : 0n
    const address = this.layout.addresses.get(section.index)
    if (address === undefined) throw new NotReached(`${this.placeOf(section)} gets no place in memory`)
    return address
  }

  /**
   * A section's content as the loader reads it once everything is loaded; undefined where it follows a null pointer.
   * Where the payload cannot be relocated, what the file has.
   */
  content(section: RawSection): Uint8Array | undefined {
    if (!isLoaded(section)) return this.keepsBuffer ? this.uploaded(section) : undefined
    const image = this.#named !== undefined && this.isRelocatable ? this.relocated.copied.image : undefined
    if (image === undefined) return this.#fileContent(section)
    const from = Number(this.addressOf(section) - image.start)
    return image.bytes.subarray(from, from + Number(section.size))
  }

  /** What lies at a section's place in the uploaded file, zeros or not; undefined past its end. */
  uploaded({ offset, size }: RawSection): Uint8Array | undefined {
    return this.raw.holds(offset, size) ? this.raw.bytes.subarray(Number(offset), Number(offset + size)) : undefined
  }

  #fileContent({ type, offset, size }: RawSection): Uint8Array {
    if (type === NOBITS && size <= BigInt(MAX_SIZE)) return new Uint8Array(Number(size))
    if (!this.raw.holds(offset, size)) throw new NotReached('a section lies outside the file')
    return this.raw.bytes.subarray(Number(offset), Number(offset + size))
  }

  /** The entries of .livepatch.funcs with their old functions found; empty where there is no such section. */
  get functions(): readonly FunctionEntry[] {
    this.#functions ??= readFunctions(this)
    return this.#functions
  }

  /** The page after the image, for the payload that is loaded next. */
  get end(): bigint {
    return this.layout.start + this.layout.pages * PAGE
  }
}
