/**
 * What is known of a hypervisor from its image: names and addresses as Xen itself has them, code and data bytes, the
 * build-id, and which places of its code Xen edits while it boots.
 *
 * From `xen-syms` (ELF) everything; from `xen.efi` (PE) the build-id only, because its symbols are usually stripped.
 * Everything is decoded on first use: a lookup of ten names in a 24 MB file must not cost more than reading it.
 */
import { InputError } from '../../base/errors.ts'
import { readElf } from '../../elf/index.ts'
import type { ElfObject, ElfSection, ElfSymbol } from '../../elf/model.ts'
import { NT_GNU_BUILD_ID, SHF_ALLOC, SHF_EXECINSTR, SHF_WRITE, SHT_NOBITS } from '../../elf/spec/constants.ts'
import { X86_64 } from '../../machines/x86-64/x86-64.ts'
import type { ProbedSizes } from '../entry-size.ts'
import { type BootEdit, BootEdits } from './boot-edits.ts'
import { type LinkedEntry, type LinkedImage, linkedEntries, tableBounds } from './linked-tables.ts'
import { XenNameTable } from './name-table.ts'
import { isPe, readPeBuildId } from './pe-build-id.ts'
import { type TableUse, tableUseOfImage } from './table-use.ts'

export type { BootEdit } from './boot-edits.ts'

export interface HypervisorSymbol {
  /** As Xen's own table spells it: `common/irq.c#foo` for a local symbol, `do_memory_op` for a global one. */
  readonly name: string
  /** As the ELF file spells it, without its file. */
  readonly plainName: string
  /** The FILE symbol in front of a local symbol; empty for globals. */
  readonly file: string
  readonly address: bigint
  /** 0 where the file does not say (labels of assembly code). */
  readonly size: number
  readonly kind: ElfSymbol<'original'>['kind']
  readonly local: boolean
}

/** What is mapped at an address once the hypervisor is up. */
export type MemoryKind = 'code' | 'read-only' | 'writable'

export interface HypervisorSymbols {
  /** `efi` knows nothing but its build-id. */
  readonly format: 'elf' | 'efi'
  /** EM_*; undefined for `efi`. */
  readonly machine: number | undefined
  /** Of any length; undefined where the hypervisor has none. */
  readonly buildId: Uint8Array | undefined
  /** Whether the hypervisor was built with CONFIG_LIVEPATCH; undefined for `efi`. */
  readonly takesPayloads: boolean | undefined
  /** Whether it is a debug build (CONFIG_DEBUG), whose assertions stop it. */
  readonly debug: boolean | undefined
  /** What its loader does with a payload's table of functions; undefined where the image does not tell. */
  readonly tableUse: TableUse | undefined
  /** Every symbol with a place, in the order of addresses. */
  readonly symbols: readonly HypervisorSymbol[]
  /** The address that Xen's own search finds for a name in its spelling. */
  lookup(name: string): bigint | undefined
  /** Symbols that start at `address`, functions first. */
  symbolsAt(address: bigint): readonly HypervisorSymbol[]
  /** The symbol with the greatest address not above `address`, in the same section. */
  symbolBefore(address: bigint): HypervisorSymbol | undefined
  /** The next symbol's address above `address`. */
  nextSymbolAddress(address: bigint): bigint | undefined
  /** Bytes as the image file has them; zeros for .bss; undefined unless one section holds all of them. */
  bytesAt(address: bigint, size: number): Uint8Array | undefined
  /** Whether these characters stand somewhere in the image's constants; undefined where those are not known. */
  hasConstant(text: string): boolean | undefined
  /** Undefined where nothing is mapped; init code and data are freed once Xen is up. */
  memoryAt(address: bigint): MemoryKind | undefined
  /** Whether `address` lies in memory that is freed after boot. */
  freedAfterBoot(address: bigint): boolean
  /** The entries of a section's table, in its order; undefined where there is none, or its layout is not known. */
  entriesOf(section: string): readonly LinkedEntry[] | undefined
  /** Where that table begins and ends. */
  boundsOf(section: string): readonly [bigint, bigint] | undefined
  /**
   * Places in [address, address + size) that Xen edits while booting: alternatives and landing pads. Undefined where that
   * is not known of its machine.
   */
  bootEdits(address: bigint, size: number): readonly BootEdit[] | undefined
}

/** Reads xen-syms, or xen.efi for its build-id; `entrySizes` where a probe has asked the compiler of the tree. */
export function readHypervisorSymbols(bytes: Uint8Array, entrySizes?: ProbedSizes): HypervisorSymbols {
  if (isPe(bytes)) return efiSymbols(readPeBuildId(bytes))
  const elf = readElf<'original'>(bytes)
  if (elf.symbols.length === 0) {
    throw new InputError(
      'target/no-symbols',
      'the hypervisor file has no symbol table',
      'give the unstripped xen-syms of the build, which lies beside xen.gz in the build tree or in a debug package',
    )
  }
  return new ElfHypervisor(elf, entrySizes)
}

/** The names and code of one image with the build-id of another: a host booted through xen.efi has xen-syms' code. */
export function withBuildId(symbols: HypervisorSymbols, buildId: Uint8Array | undefined): HypervisorSymbols {
  return {
    format: symbols.format,
    machine: symbols.machine,
    buildId,
    takesPayloads: symbols.takesPayloads,
    get debug() {
      return symbols.debug
    },
    get tableUse() {
      return symbols.tableUse
    },
    get symbols() {
      return symbols.symbols
    },
    lookup: name => symbols.lookup(name),
    symbolsAt: address => symbols.symbolsAt(address),
    symbolBefore: address => symbols.symbolBefore(address),
    nextSymbolAddress: address => symbols.nextSymbolAddress(address),
    bytesAt: (address, size) => symbols.bytesAt(address, size),
    hasConstant: text => symbols.hasConstant(text),
    memoryAt: address => symbols.memoryAt(address),
    freedAfterBoot: address => symbols.freedAfterBoot(address),
    entriesOf: section => symbols.entriesOf(section),
    boundsOf: section => symbols.boundsOf(section),
    bootEdits: (address, size) => symbols.bootEdits(address, size),
  }
}

function efiSymbols(buildId: Uint8Array | undefined): HypervisorSymbols {
  return {
    format: 'efi',
    machine: undefined,
    buildId,
    takesPayloads: undefined,
    debug: undefined,
    tableUse: undefined,
    symbols: [],
    lookup: () => undefined,
    symbolsAt: () => [],
    symbolBefore: () => undefined,
    nextSymbolAddress: () => undefined,
    bytesAt: () => undefined,
    hasConstant: () => undefined,
    memoryAt: () => undefined,
    freedAfterBoot: () => false,
    entriesOf: () => undefined,
    boundsOf: () => undefined,
    bootEdits: () => undefined,
  }
}

type Section = ElfSection<'original'>

class ElfHypervisor implements HypervisorSymbols {
  readonly format = 'elf'
  readonly machine: number
  readonly #entrySizes: ProbedSizes | undefined
  readonly #elf: ElfObject<'original'>
  readonly #loaded: readonly Section[]
  readonly #plain: ReadonlyMap<string, bigint>
  #symbols: readonly HypervisorSymbol[] | undefined
  #names: XenNameTable | undefined
  #edits: { readonly known: BootEdits | undefined } | undefined
  #init: readonly [bigint, bigint] | undefined
  #tableUse: { readonly use: TableUse | undefined } | undefined

  constructor(elf: ElfObject<'original'>, entrySizes: ProbedSizes | undefined) {
    this.#elf = elf
    this.#entrySizes = entrySizes
    this.machine = elf.header.machine
    this.#loaded = elf.sections.filter(section => (section.flags & SHF_ALLOC) !== 0 && section.size > 0)
    this.#plain = globalAddresses(elf)
  }

  get buildId(): Uint8Array | undefined {
    const note = this.#elf.sections.find(section => section.name === '.note.gnu.build-id')
    return note && buildIdOf(note.bytes)
  }

  get takesPayloads(): boolean {
    return this.#plain.has('livepatch_op')
  }

  get debug(): boolean {
    return this.hasConstant('debug=y\0')
  }

  get tableUse(): TableUse | undefined {
    this.#tableUse ??= { use: tableUseOfImage(this.#elf) }
    return this.#tableUse.use
  }

  get symbols(): readonly HypervisorSymbol[] {
    this.#symbols ??= placedSymbols(this.#elf)
    return this.#symbols
  }

  lookup(name: string): bigint | undefined {
    this.#names ??= this.#readNames()
    return this.#names.lookup(name)
  }

  symbolsAt(address: bigint): readonly HypervisorSymbol[] {
    const found: HypervisorSymbol[] = []
    for (let at = this.#firstAbove(address) - 1; at >= 0; at--) {
      const symbol = this.symbols[at]
      if (symbol?.address !== address) break
      found.push(symbol)
    }
    return found.sort((a, b) => Number(b.kind === 'function') - Number(a.kind === 'function'))
  }

  symbolBefore(address: bigint): HypervisorSymbol | undefined {
    const symbol = this.symbols[this.#firstAbove(address) - 1]
    const section = this.#sectionAt(address)
    return symbol && section && symbol.address >= section.address ? symbol : undefined
  }

  nextSymbolAddress(address: bigint): bigint | undefined {
    return this.symbols[this.#firstAbove(address)]?.address
  }

  bytesAt(address: bigint, size: number): Uint8Array | undefined {
    const section = this.#sectionAt(address)
    if (section === undefined || size < 0) return undefined
    const offset = Number(address - section.address)
    if (offset + size > section.size) return undefined
    return section.type === SHT_NOBITS ? new Uint8Array(size) : section.bytes.subarray(offset, offset + size)
  }

  hasConstant(text: string): boolean {
    return this.#loaded
      .filter(({ name, type }) => name.startsWith('.rodata') && type !== SHT_NOBITS)
      .some(({ bytes }) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(text))
  }

  memoryAt(address: bigint): MemoryKind | undefined {
    if (this.freedAfterBoot(address)) return undefined
    const section = this.#sectionAt(address)
    if (section === undefined) return undefined
    // Flags alone mislead: xen-syms marks .text and .rodata writable, the page tables do not.
    if (section.flags & SHF_EXECINSTR) return 'code'
    return section.flags & SHF_WRITE && !section.name.startsWith('.rodata') ? 'writable' : 'read-only'
  }

  freedAfterBoot(address: bigint): boolean {
    this.#init ??= [this.#plain.get('__init_begin') ?? 0n, this.#plain.get('__init_end') ?? 0n]
    return address >= this.#init[0] && address < this.#init[1]
  }

  bootEdits(address: bigint, size: number): readonly BootEdit[] | undefined {
    this.#edits ??= { known: BootEdits.read(this.#linked()) }
    return this.#edits.known?.within(address, size)
  }

  entriesOf(section: string): readonly LinkedEntry[] | undefined {
    return linkedEntries(section, this.#linked())
  }

  boundsOf(section: string): readonly [bigint, bigint] | undefined {
    return tableBounds(section, this.#linked())
  }

  #linked(): LinkedImage {
    return {
      machine: this.machine,
      entrySizes: this.#entrySizes,
      addressOf: name => this.#plain.get(name),
      bytesAt: (at, length) => this.bytesAt(at, length),
      isCode: at => this.memoryAt(at) === 'code' || this.freedAfterBoot(at),
    }
  }

  #sectionAt(address: bigint): Section | undefined {
    return this.#loaded.find(s => address >= s.address && address < s.address + BigInt(s.size))
  }

  #firstAbove(address: bigint): number {
    let low = 0
    let high = this.symbols.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.symbols[middle]?.address ?? 0n) <= address) low = middle + 1
      else high = middle
    }
    return low
  }

  #readNames(): XenNameTable {
    const text = this.#plain.get('_stext') ?? 0n
    const table = XenNameTable.read({
      addressOf: name => this.#plain.get(name),
      bytesFrom: address => {
        const section = this.#sectionAt(address)
        return section?.bytes.subarray(Number(address - section.address))
      },
      origin: ORIGINS.get(this.machine)?.(text),
    })
    if (table === undefined || table.lookup('_stext') !== text) {
      throw new InputError(
        'target/no-name-table',
        "the hypervisor's own symbol table (symbols_names and its neighbours) cannot be read",
        'is this the xen-syms of Xen 4.17 to 4.22, built with CONFIG_LIVEPATCH?',
      )
    }
    return table
  }
}

/** What offsets in Xen's symbol table count from, given where its code begins. Other machines have addresses there. */
const ORIGINS: ReadonlyMap<number, (text: bigint) => bigint> = new Map([
  // XEN_VIRT_START, the GiB in which the image lies.
  [X86_64.number, text => text & ~0x3fff_ffffn],
])

/** The description of the first GNU build-id note; the id may have any length. */
export function buildIdOf(note: Uint8Array): Uint8Array | undefined {
  const view = new DataView(note.buffer, note.byteOffset, note.byteLength)
  for (let at = 0; at + 12 <= note.length; ) {
    const nameSize = view.getUint32(at, true)
    const size = view.getUint32(at + 4, true)
    const description = at + 12 + Math.ceil(nameSize / 4) * 4
    if (description + size > note.length) return undefined
    if (view.getUint32(at + 8, true) === NT_GNU_BUILD_ID) return note.subarray(description, description + size)
    at = description + Math.ceil(size / 4) * 4
  }
  return undefined
}

function globalAddresses(elf: ElfObject<'original'>): Map<string, bigint> {
  const addresses = new Map<string, bigint>()
  for (const symbol of elf.symbols) {
    const address = symbol.binding === 'local' ? undefined : addressOf(elf, symbol)
    if (address !== undefined) addresses.set(symbol.name, address)
  }
  return addresses
}

function addressOf(elf: ElfObject<'original'>, { place }: ElfSymbol<'original'>): bigint | undefined {
  if (place.in === 'absolute') return place.value
  const section = place.in === 'section' ? elf.sections[place.section] : undefined
  return section && place.in === 'section' ? section.address + BigInt(place.offset) : undefined
}

function placedSymbols(elf: ElfObject<'original'>): readonly HypervisorSymbol[] {
  const placed: { readonly symbol: HypervisorSymbol; readonly distance: number }[] = []
  const start = elf.sections.find(section => section.address > 0n)?.address ?? 0n
  let file = ''
  for (const symbol of elf.symbols) {
    const { name, kind, binding, size } = symbol
    if (kind === 'file') file = name
    const address = symbol.place.in === 'section' ? addressOf(elf, symbol) : undefined
    if (kind === 'section' || address === undefined || name === '') continue
    const local = binding === 'local'
    const owner = local ? file : ''
    const spelled = owner === '' ? name : `${owner}#${name}`
    placed.push({
      symbol: { name: spelled, plainName: name, file: owner, address, size, kind, local },
      // Comparing numbers is several times faster than comparing addresses of 64 bits.
      distance: Number(address - start),
    })
  }
  return placed.sort((a, b) => a.distance - b.distance).map(({ symbol }) => symbol)
}
