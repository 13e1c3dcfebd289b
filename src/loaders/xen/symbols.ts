/**
 * What is known of a hypervisor from its image: names and addresses as Xen itself has them, code and data bytes, the
 * build-id, and which places of its code Xen edits while it boots.
 *
 * From `xen-syms` (ELF) everything; from an image that boots what Xen's own table of names tells (`shipped/`); where that is
 * an EFI program without such a table, the build-id only.
 * Everything is decoded on first use: a lookup of ten names in a 24 MB file must not cost more than reading it.
 */
import { InputError } from '../../base/errors.ts'
import { readElf } from '../../elf/index.ts'
import type { ElfObject, ElfSection, ElfSymbol } from '../../elf/model.ts'
import { SHF_ALLOC, SHF_EXECINSTR, SHF_WRITE, SHT_NOBITS } from '../../elf/spec/constants.ts'
import { X86_64 } from '../../machines/x86-64/x86-64.ts'
import { buildIdOf } from '../build-id-note.ts'
import type { ProbedSizes } from '../entry-size.ts'
import { sectionBytes } from '../section-bytes.ts'
import { type BootEdit, BootEdits } from './boot-edits.ts'
import type { HypervisorSymbol, HypervisorSymbols, MemoryKind } from './hypervisor.ts'
import { type LinkedEntry, type LinkedImage, linkedEntries, TABLE_SECTIONS, tableBounds } from './linked-tables.ts'
import { XenNameTable } from './name-table.ts'
import { readPeBuildId } from './pe-build-id.ts'
import { isBootable, unpacked } from './shipped/image-memory.ts'
import { readShipped } from './shipped/shipped.ts'
import { SymbolsByAddress } from './symbols-by-address.ts'
import { type TableUse, tableUseOfImage } from './table-use.ts'

export type { BootEdit } from './boot-edits.ts'
export type { HypervisorSymbol, HypervisorSymbols, MemoryKind } from './hypervisor.ts'

/** Reads xen-syms or an image that boots, gzipped or not; `entrySizes` where a probe has asked the compiler of the tree. */
export function readHypervisorSymbols(file: Uint8Array, entrySizes?: ProbedSizes): HypervisorSymbols {
  const bytes = unpacked(file)
  if (isBootable(bytes)) return readShipped(bytes, entrySizes) ?? efiSymbols(readPeBuildId(bytes))
  const elf = readElf<'original'>(bytes)
  if (elf.symbols.length === 0) {
    throw new InputError(
      'target/no-symbols',
      'the hypervisor file has no symbol table',
      'give the image that boots (/boot/xen-*.gz), or the unstripped xen-syms of the build, which lies beside xen.gz in the build tree or in a debug package',
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
    tables: symbols.tables,
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
    tables: [],
    entriesOf: () => undefined,
    boundsOf: () => undefined,
    bootEdits: () => undefined,
  }
}

type Section = ElfSection<'original'>

class ElfHypervisor implements HypervisorSymbols {
  readonly format = 'elf'
  readonly tables = TABLE_SECTIONS
  readonly machine: number
  readonly #entrySizes: ProbedSizes | undefined
  readonly #elf: ElfObject<'original'>
  readonly #loaded: readonly Section[]
  readonly #plain: ReadonlyMap<string, bigint>
  #symbols: SymbolsByAddress | undefined
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
    return this.#placed.all
  }

  get #placed(): SymbolsByAddress {
    this.#symbols ??= new SymbolsByAddress(placedSymbols(this.#elf))
    return this.#symbols
  }

  lookup(name: string): bigint | undefined {
    this.#names ??= this.#readNames()
    return this.#names.lookup(name)
  }

  symbolsAt(address: bigint): readonly HypervisorSymbol[] {
    return this.#placed.at(address)
  }

  symbolBefore(address: bigint): HypervisorSymbol | undefined {
    const symbol = this.#placed.before(address)
    const section = this.#sectionAt(address)
    return symbol && section && symbol.address >= section.address ? symbol : undefined
  }

  nextSymbolAddress(address: bigint): bigint | undefined {
    return this.#placed.nextAddress(address)
  }

  bytesAt(address: bigint, size: number): Uint8Array | undefined {
    return sectionBytes(this.#sectionAt(address), address, size)
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
        'is this the xen-syms of Xen 4.17 to 4.22, built with CONFIG_LIVEPATCH? What is for a program is checked by `hotsplice build`, and once more as it is loaded',
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
  const placed: HypervisorSymbol[] = []
  let file = ''
  for (const symbol of elf.symbols) {
    const { name, kind, binding, size } = symbol
    if (kind === 'file') file = name
    const address = symbol.place.in === 'section' ? addressOf(elf, symbol) : undefined
    if (kind === 'section' || address === undefined || name === '') continue
    const local = binding === 'local'
    const owner = local ? file : ''
    const spelled = owner === '' ? name : `${owner}#${name}`
    placed.push({ name: spelled, plainName: name, file: owner, address, size, kind, local })
  }
  return placed
}
