/**
 * Symbols and relocations of a module, as the loader goes through them on a copy, with all that goes wrong written down.
 * Sources: Linux 6.1 kernel/module/main.c, simplify_symbols() and apply_relocations(); arch/x86/kernel/module.c,
 * __apply_relocate_add(); kernel/livepatch/core.c, klp_apply_section_relocs() and klp_resolve_symbols().
 */
import { relocationName } from '../../elf/spec/relocation-names.ts'
import {
  R_X86_64_32,
  R_X86_64_32S,
  R_X86_64_64,
  R_X86_64_NONE,
  R_X86_64_PC32,
  R_X86_64_PC64,
  R_X86_64_PLT32,
} from '../../machines/x86-64/relocation-numbers.ts'
import { type Finding, finding, hex } from '../finding.ts'
import { ALLOC, type RawSection } from '../xen/raw.ts'
import { findKernelSymbol, wantedBy } from './kernel-search.ts'
import type { ModuleLoadContext, ModuleSymbol } from './load-context.ts'

export interface CodedFinding {
  readonly code: string
  readonly finding: Finding
}

export interface Relocated {
  readonly findings: readonly CodedFinding[]
  /** What loaded sections hold then, by section index. */
  readonly contents: ReadonlyMap<number, Uint8Array>
  /** The module's own symbols of section addresses, by symbol index; what livepatch resolves as it was resolved. */
  readonly values: readonly (bigint | undefined)[]
}

const LIVEPATCH_RELOCATIONS = 0x100000
export const SHN_LIVEPATCH = 0xff20
const RELA = 4
const REL = 9
const ENTRY = 24n
/** Items of one relocation section lie before those of the next. */
const PER_SECTION = 1 << 20

interface Field {
  readonly width: 4 | 8
  readonly pcRelative: boolean
  readonly fits?: (value: bigint) => boolean
}

const FIELDS: ReadonlyMap<number, Field> = new Map<number, Field>([
  [R_X86_64_64, { width: 8, pcRelative: false }],
  [R_X86_64_32, { width: 4, pcRelative: false, fits: value => value === BigInt.asUintN(32, value) }],
  [R_X86_64_32S, { width: 4, pcRelative: false, fits: value => BigInt.asIntN(64, value) === BigInt.asIntN(32, value) }],
  [R_X86_64_PC32, { width: 4, pcRelative: true }],
  [R_X86_64_PLT32, { width: 4, pcRelative: true }],
  [R_X86_64_PC64, { width: 8, pcRelative: true }],
])

const known = new WeakMap<ModuleLoadContext, Relocated>()

/** Found out once for each module. */
export function relocatedOf(loading: ModuleLoadContext): Relocated {
  const found = known.get(loading) ?? new Relocation(loading).run()
  known.set(loading, found)
  return found
}

class Relocation {
  readonly #loading: ModuleLoadContext
  readonly #findings: CodedFinding[] = []
  readonly #contents = new Map<number, Uint8Array>()
  readonly #values: (bigint | undefined)[]

  constructor(loading: ModuleLoadContext) {
    this.#loading = loading
    this.#values = loading.symbols.map(symbol => firstValue(symbol, loading))
  }

  run(): Relocated {
    const { sections } = this.#loading
    for (const section of sections) {
      if (section.index > 0 && (section.flags & ALLOC) !== 0) {
        this.#contents.set(section.index, Uint8Array.from(this.#loading.bytesOf(section)))
      }
    }
    for (const table of sections.slice(1)) {
      const base = sections[table.info]
      if (base === undefined || base.index === 0 || (base.flags & ALLOC) === 0) continue
      if ((table.flags & LIVEPATCH_RELOCATIONS) !== 0) this.#livepatch(table, base)
      else if (table.type === REL) {
        this.#wrong(table, 0, ['relocation-rel', 'ENOEXEC', 'relocations without addends (SHT_REL) are not supported'])
      } else if (table.type === RELA) this.#apply(table, base)
    }
    return { findings: this.#findings, contents: this.#contents, values: this.#values }
  }

  #livepatch(table: RawSection, base: RawSection): void {
    const name = this.#loading.nameOf(table)
    const [, object] = /^\.klp\.rela\.([^.]{1,55})/.exec(name) ?? []
    if (object === undefined) {
      this.#wrong(table, 0, ['klp-section-name', 'EINVAL', `${name} does not name whose relocations it has`])
      return
    }
    if (object !== 'vmlinux') {
      this.#waiting(table, object)
      return
    }
    const before = this.#findings.length
    for (const [index, { symbol }] of this.#entries(table).entries()) {
      const fault = this.#resolve(symbol)
      if (fault !== undefined) this.#wrong(table, index, fault)
    }
    if (this.#findings.length === before) this.#apply(table, base)
  }

  /**
   * Those of a module wait for it, and fill fields that hold 0 until then. What would be wrong is told where the module is
   * known; where that is loaded already, it is the live patch that is not taken.
   */
  #waiting(table: RawSection, module: string): void {
    for (const [index, { symbol: number }] of this.#entries(table).entries()) {
      const symbol = this.#loading.symbols[number]
      const fault = symbol === undefined ? this.#noSymbol(number) : this.#foundLater(symbol, module)
      if (fault !== undefined) this.#wrong(table, index, fault)
    }
  }

  #foundLater({ name, raw }: ModuleSymbol, module: string): Problem | undefined {
    if (raw.sectionIndex !== SHN_LIVEPATCH) return ['klp-symbol', 'EINVAL', notMarked(name)]
    const wanted = wantedBy(name)
    if (wanted === undefined)
      return ['klp-symbol-name', 'EINVAL', `${name} does not say whose symbol, which and the how many-th`]
    const { object } = wanted
    if (object === 'vmlinux') {
      const text = `${wanted.name} is of the kernel itself, and stands among what waits for the module ${module}`
      return ['klp-symbol-object', 'EINVAL', text]
    }
    if (!this.#loading.kernel.modules.includes(object)) return undefined
    const found = findKernelSymbol(this.#loading.kernel, wanted.name, wanted.position, object)
    return 'fault' in found ? ['klp-symbol-found', 'EINVAL', found.fault] : undefined
  }

  #resolve(number: number): Problem | undefined {
    const symbol = this.#loading.symbols[number]
    if (symbol === undefined) return this.#noSymbol(number)
    if (symbol.raw.sectionIndex !== SHN_LIVEPATCH) {
      return ['klp-symbol', 'EINVAL', notMarked(symbol.name)]
    }
    const wanted = wantedBy(symbol.name)
    if (wanted === undefined) {
      return ['klp-symbol-name', 'EINVAL', `${symbol.name} does not say whose symbol, which and the how many-th`]
    }
    const { object, name, position } = wanted
    if (object !== 'vmlinux') {
      const text = `${symbol.name} is of the module ${object}: whether it is loaded is not known here`
      return ['klp-symbol-object', 'EINVAL', text]
    }
    const found = findKernelSymbol(this.#loading.kernel, name, position)
    if ('fault' in found) return ['klp-symbol-found', 'EINVAL', found.fault]
    this.#values[number] = found.address
    return undefined
  }

  #apply(table: RawSection, base: RawSection): void {
    const isLivepatch = (table.flags & LIVEPATCH_RELOCATIONS) !== 0
    for (const [index, entry] of this.#entries(table).entries()) {
      const symbol = this.#loading.symbols[entry.symbol]
      if (symbol === undefined) {
        this.#wrong(table, index, this.#noSymbol(entry.symbol))
        return
      }
      if (!isLivepatch && symbol.raw.sectionIndex === SHN_LIVEPATCH) {
        const text = `${symbol.name} is for the live patching core, and the module loader's own relocations take it for 0`
        this.#wrong(table, index, ['klp-symbol-elsewhere', 'crash', text])
      }
      const problem = this.#fill(base, entry, this.#values[entry.symbol])
      if (problem === undefined) continue
      this.#wrong(table, index, problem)
      // The first that is wrong ends it all.
      return
    }
  }

  #fill(
    base: RawSection,
    { offset, type, addend }: { readonly offset: bigint; readonly type: number; readonly addend: bigint },
    value: bigint | undefined,
  ): Problem | undefined {
    if (type === R_X86_64_NONE) return undefined
    const place = `${this.#loading.nameOf(base)}+${hex(offset)}`
    const field = FIELDS.get(type)
    if (field === undefined) {
      return [
        'relocation-type',
        'ENOEXEC',
        `${relocationName(62, type)} at ${place} is not a type that the kernel knows`,
      ]
    }
    const bytes = this.#contents.get(base.index) ?? new Uint8Array()
    if (offset + BigInt(field.width) > BigInt(bytes.length)) {
      return ['relocation-offset', 'crash', `the field at ${place} lies past the section: the kernel would write there`]
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset + Number(offset), field.width)
    const old = field.width === 8 ? view.getBigUint64(0, true) : BigInt(view.getUint32(0, true))
    if (old !== 0n) return ['relocation-nonzero', 'ENOEXEC', `the field at ${place} holds ${hex(old)}, and must hold 0`]
    // An export that was refused has no value, and is told by itself.
    if (value === undefined) return undefined
    const from = field.pcRelative ? (this.#loading.placed.addresses[base.index] ?? 0n) + offset : 0n
    const whole = BigInt.asUintN(64, value + addend - from)
    if (field.width === 8) view.setBigUint64(0, whole, true)
    else view.setUint32(0, Number(BigInt.asUintN(32, whole)), true)
    if (field.fits?.(whole) === false) {
      return ['relocation-overflow', 'ENOEXEC', `${hex(whole)} does not fit into the field at ${place}`]
    }
    const isCut = field.pcRelative && field.width === 4 && BigInt.asIntN(64, whole) !== BigInt.asIntN(32, whole)
    if (!isCut) return undefined
    return [
      'relocation-cut',
      'wrong',
      `the field at ${place} cannot hold the way to ${hex(value)}: the kernel cuts it off`,
    ]
  }

  #entries(table: RawSection) {
    const read = { ...table, entrySize: ENTRY }
    const count = this.#loading.raw.holds(table.offset, table.size) ? Number(table.size / ENTRY) : 0
    return Array.from({ length: count }, (_, index) => this.#loading.raw.relocation(read, index))
  }

  #noSymbol(number: number): Problem {
    return ['relocation-symbol', 'crash', `it names symbol ${number}, but there are ${this.#loading.symbols.length}`]
  }

  #wrong(table: RawSection, index: number, [code, errno, text]: Problem): void {
    const place = `section ${table.index} ${this.#loading.nameOf(table)}, entry ${index}`
    this.#findings.push({
      code,
      finding: finding(errno, `${place}: ${text}`, place, table.index * PER_SECTION + index),
    })
  }
}

const notMarked = (name: string) => `symbol ${name} is not marked as one that the live patching core looks up`

type Problem = readonly [code: string, errno: Finding['errno'], text: string]

const ABSOLUTE = 0xfff1
const RESERVED = 0xff00

/** Before the live patching core comes to it. */
function firstValue({ raw, name }: ModuleSymbol, { placed, kernel }: ModuleLoadContext): bigint | undefined {
  if (raw.index === 0 || raw.sectionIndex === ABSOLUTE || raw.sectionIndex === SHN_LIVEPATCH) return raw.value
  if (raw.sectionIndex === 0) return kernel.exportOf(name)?.address
  if (raw.sectionIndex >= RESERVED) return undefined
  const address = placed.addresses[raw.sectionIndex]
  return address === undefined ? undefined : BigInt.asUintN(64, raw.value + address)
}
