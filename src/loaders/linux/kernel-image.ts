/**
 * What is known of a running Linux kernel from the image that boots, unpacked: a linked ELF file without symbols. Names and
 * addresses are from the kernel's own table, layouts from its own type information, checksums from what it exports.
 *
 * Which mistake is worse: a module written for another layout, or another kernel, is loaded and followed. So a fact that
 * the image does not tell is an error, and a version whose rules nobody here has run is one too.
 */
import { InputError } from '../../base/errors.ts'
import { once } from '../../base/once.ts'
import { readElf } from '../../elf/index.ts'
import type { ElfObject, ElfSection } from '../../elf/model.ts'
import { SHF_ALLOC, SHF_EXECINSTR, SHF_WRITE, SHT_NOBITS } from '../../elf/spec/constants.ts'
import { hasFlag } from '../../elf/spec/flags.ts'
import { machineOf } from '../../machines/machines.ts'
import { gnuBuildId } from '../build-id-note.ts'
import { sectionBytes } from '../section-bytes.ts'
import type { HypervisorSymbol, HypervisorSymbols, MemoryKind } from '../xen/hypervisor.ts'
import type { LinkedEntry } from '../xen/linked-tables.ts'
import { type Export, readExports } from './exports.ts'
import { type KernelNames, readKallsyms } from './kallsyms.ts'
import { type KernelFacts, kernelFacts } from './kernel-facts.ts'
import { kernelEntries, kernelTableBounds, LINUX_TABLES, type LinkedKernel } from './linked-tables.ts'

import { PlacedNames } from './placed-names.ts'
import { SEALED, sealedIn } from './sealed.ts'

export interface KernelImage extends HypervisorSymbols {
  readonly facts: KernelFacts
  /** Everything of that name, in the order of addresses. */
  symbolsNamed(name: string): readonly HypervisorSymbol[]
  /** What modules may use by its name. */
  exportOf(name: string): Export | undefined
  /** Whether ftrace, and so live patching, can take over at the function's first byte. */
  hasFtraceSite(address: bigint): boolean
  /** Whether the function that begins there is no target of indirect branches any more, where processors track these. */
  isSealed(address: bigint): boolean
  /** Modules that are known beside the kernel itself. */
  readonly modules: readonly string[]
  /** The module that has the address; undefined where none of those has. */
  moduleAt(address: bigint): string | undefined
  /**
   * Where things of that name are in the kernel itself or in a module, in the order in which the live patching core counts
   * them: none where that is not known; undefined where the module is not.
   */
  namedIn(name: string, module?: string): readonly bigint[] | undefined
}

type Section = ElfSection<'original'>

/** `bytes` of the unpacked image (`vmlinux`). Throws `InputError` where it does not tell what a module needs. */
export function readKernelImage(bytes: Uint8Array): KernelImage {
  const elf = readElf<'original'>(bytes)
  if (machineOf(elf.header.machine).patching?.moduleCode === undefined) throw unreadable('it is not for x86-64')
  return new LinuxImage(elf)
}

/** In hexadecimal digits, of the unpacked image; undefined where it has none. */
export function kernelBuildId(bytes: Uint8Array): string | undefined {
  const notes = readElf<'original'>(bytes).sections.find(({ name }) => name === '.notes')
  const id = notes && gnuBuildId(notes.bytes)
  return id && Buffer.from(id).toString('hex')
}

function unreadable(why: string): InputError {
  return new InputError(
    'linux/image-unreadable',
    `the kernel’s image does not tell what a live patch needs: ${why}`,
    'give --symbols the image that boots (/boot/vmlinuz-…) of a kernel 6.1 or 6.12 for x86-64 with CONFIG_LIVEPATCH, CONFIG_KALLSYMS_ALL, CONFIG_MODVERSIONS and CONFIG_DEBUG_INFO_BTF',
  )
}

/**
 * Where a call of ftrace's may stand for a function: at its first byte, or behind the mark of a target where indirect branches
 * are tracked (ftrace_location()).
 */
export function ftracePlaces(
  address: bigint,
  { machine, bytesAt }: Pick<KernelImage, 'machine' | 'bytesAt'>,
): readonly bigint[] {
  const mark = machineOf(machine ?? 0).patching?.trampoline.landingPad ?? []
  const first = bytesAt(address, mark.length)
  const isMarked = mark.length > 0 && mark.every((byte, index) => first?.[index] === byte)
  return isMarked ? [address, address + BigInt(mark.length)] : [address]
}

const LONGEST_WORD = 4096

class LinuxImage implements KernelImage {
  readonly format = 'image'
  readonly tables = LINUX_TABLES
  readonly machine: number
  readonly debug = undefined
  readonly tableUse = undefined
  readonly buildId: Uint8Array
  readonly facts: KernelFacts
  readonly #loaded: readonly Section[]
  readonly #placed: PlacedNames
  readonly #sites: BigUint64Array
  readonly #exported: ReadonlyMap<string, Export>
  readonly modules = []
  readonly #tables = new Map<string, readonly LinkedEntry[] | undefined>()
  readonly #sealed: () => ReadonlySet<bigint>
  #found: Section | undefined

  constructor(elf: ElfObject<'original'>) {
    this.machine = elf.header.machine
    this.#loaded = elf.sections.filter(({ flags, size }) => hasFlag(flags, SHF_ALLOC) && size > 0)
    this.#placed = new PlacedNames(this.#readNames())
    const buildId = this.#buildId()
    if (buildId === undefined) throw unreadable('it has no build-id')
    this.buildId = buildId
    const type = this.#section('.BTF')
    if (type === undefined) throw unreadable('it has no .BTF')
    this.#exported = this.#exports()
    const version = this.lookup('vermagic')
    this.facts = kernelFacts({
      machine: this.machine,
      vermagic: version === undefined ? undefined : this.#textAt(version),
      buildId,
      types: type.bytes,
      exports: this.#exported,
      hasOrc: this.#section('.orc_unwind') !== undefined,
      unreadable,
    })
    this.#sites = this.#readSites()
    this.#sealed = once(
      () => new Set([this.#section(SEALED)].flatMap(each => (each === undefined ? [] : sealedIn(each)))),
    )
  }

  get takesPayloads(): boolean {
    return this.lookup('klp_enable_patch') !== undefined
  }

  get symbols(): readonly HypervisorSymbol[] {
    return this.#placed.all
  }

  exportOf(name: string): Export | undefined {
    return this.#exported.get(name)
  }

  hasFtraceSite(address: bigint): boolean {
    return ftracePlaces(address, { machine: this.machine, bytesAt: (at, size) => this.bytesAt(at, size) }).some(place =>
      this.#sites.includes(place),
    )
  }

  isSealed(address: bigint): boolean {
    return this.#sealed().has(address)
  }

  moduleAt(): undefined {
    return undefined
  }

  namedIn(name: string, module?: string): readonly bigint[] | undefined {
    if (module !== undefined) return undefined
    return this.#placed.named(name).map(({ address }) => address)
  }

  symbolsNamed(name: string): readonly HypervisorSymbol[] {
    return this.#placed.named(name)
  }

  lookup(name: string): bigint | undefined {
    // The first of several; whoever asks by name has counted them before.
    return this.namedIn(name)?.[0]
  }

  symbolsAt(address: bigint): readonly HypervisorSymbol[] {
    return this.#placed.at(address)
  }

  symbolBefore(address: bigint): HypervisorSymbol | undefined {
    return this.#placed.before(address)
  }

  nextSymbolAddress(address: bigint): bigint | undefined {
    return this.#placed.nextAddress(address)
  }

  bytesAt(address: bigint, size: number): Uint8Array | undefined {
    return sectionBytes(this.#sectionAt(address), address, size)
  }

  hasConstant(text: string): boolean {
    return this.#loaded.some(({ bytes }) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(text))
  }

  memoryAt(address: bigint): MemoryKind | undefined {
    const section = this.freedAfterBoot(address) ? undefined : this.#sectionAt(address)
    if (section === undefined) return undefined
    if (hasFlag(section.flags, SHF_EXECINSTR)) return 'code'
    // .rodata is marked writable for the sake of what the start writes there; the page tables do not let anybody later.
    return hasFlag(section.flags, SHF_WRITE) && section.name !== '.rodata' ? 'writable' : 'read-only'
  }

  freedAfterBoot(address: bigint): boolean {
    return address >= this.#boundary('__init_begin') && address < this.#boundary('__init_end')
  }

  entriesOf(section: string): readonly LinkedEntry[] | undefined {
    if (!this.#tables.has(section)) this.#tables.set(section, kernelEntries(section, this.#linked()))
    return this.#tables.get(section)
  }

  boundsOf(section: string): readonly [bigint, bigint] | undefined {
    return kernelTableBounds(section, this.#linked())
  }

  #linked(): LinkedKernel {
    return {
      machine: this.machine,
      addressOf: name => this.lookup(name),
      entrySize: section => this.facts.entrySize(section),
      bytesAt: (address, size) => this.bytesAt(address, size),
      isCode: address => hasFlag(this.#sectionAt(address)?.flags ?? 0, SHF_EXECINSTR),
    }
  }

  bootEdits(): undefined {
    return undefined
  }

  #section(name: string): Section | undefined {
    return this.#loaded.find(section => section.name === name)
  }

  #sectionAt(address: bigint): Section | undefined {
    // Who goes through a table asks for one section many thousand times.
    const isIn = (each: Section) => address >= each.address && address < each.address + BigInt(each.size)
    if (this.#found === undefined || !isIn(this.#found)) this.#found = this.#loaded.find(isIn)
    return this.#found
  }

  #boundary(name: string): bigint {
    const address = this.lookup(name)
    if (address === undefined) throw unreadable(`its table of names lacks ${name}`)
    return address
  }

  /** A text up to its NUL. */
  #textAt(address: bigint): string | undefined {
    const section = this.#sectionAt(address)
    if (section === undefined || section.type === SHT_NOBITS) return undefined
    const from = Number(address - section.address)
    const bytes = section.bytes.subarray(from, from + LONGEST_WORD)
    const end = bytes.indexOf(0)
    return end === -1 ? undefined : Buffer.from(bytes.subarray(0, end)).toString('latin1')
  }

  #readNames(): KernelNames {
    const section = this.#section('.rodata')
    const names = section && readKallsyms(section.bytes)
    // The table says of itself where it lies: no other one would.
    const own = names?.addresses[names.names.indexOf('kallsyms_token_index')]
    if (names === undefined || section === undefined) throw unreadable('its table of names cannot be read')
    if (own !== undefined && this.#sectionAt(own) !== section) throw unreadable('its table of names is another one’s')
    return names
  }

  #buildId(): Uint8Array | undefined {
    const notes = this.#section('.notes')
    return notes && gnuBuildId(notes.bytes)
  }

  #exports(): ReadonlyMap<string, Export> {
    const found = [
      ['__ksymtab', '__kcrctab'],
      ['__ksymtab_gpl', '__kcrctab_gpl'],
    ].map(([table = '', sums = '']) => {
      const [symbols, checksums] = [this.#section(table), this.#section(sums)]
      if (symbols === undefined || checksums === undefined) return undefined
      return readExports({ symbols, checksums, gplOnly: table.endsWith('_gpl') }, address => this.#textAt(address))
    })
    const [plain, gpl] = found
    if (plain === undefined || gpl === undefined)
      throw unreadable('what it exports cannot be read, or has no checksums')
    return new Map([...plain, ...gpl])
  }

  #readSites(): BigUint64Array {
    const [start, end] = [this.#boundary('__start_mcount_loc'), this.#boundary('__stop_mcount_loc')]
    const bytes = this.bytesAt(start, Number(end - start))
    if (bytes === undefined || bytes.length % 8 !== 0) throw unreadable('its table of ftrace’s places cannot be read')
    return new BigUint64Array(bytes.slice().buffer)
  }
}

/** What neither modules nor another way to name things changes. */
export function ownParts(kernel: KernelImage) {
  return {
    format: kernel.format,
    machine: kernel.machine,
    buildId: kernel.buildId,
    takesPayloads: kernel.takesPayloads,
    debug: kernel.debug,
    tableUse: kernel.tableUse,
    tables: kernel.tables,
    facts: kernel.facts,
    exportOf: (name: string) => kernel.exportOf(name),
    hasConstant: (text: string) => kernel.hasConstant(text),
    boundsOf: (section: string) => kernel.boundsOf(section),
    bootEdits: (address: bigint, size: number) => kernel.bootEdits(address, size),
  }
}
