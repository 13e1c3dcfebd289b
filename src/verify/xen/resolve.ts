/**
 * Symbols and relocations, done as the loader does them on a copy, with everything that goes wrong written down.
 * Sources: livepatch_elf.c, "livepatch_elf_resolve_symbols", "livepatch_elf_perform_relocs".
 */
import { relocationName } from '../../elf/spec/relocation-names.ts'
import { type Finding, finding, hex } from '../finding.ts'
import type { PayloadImage } from '../model.ts'
import { isLoaded, type Layout } from './layout.ts'
import type { Field, Machine } from './machines/model.ts'
import { type RawPayload, type RawRelocation, type RawSection, type RawSymbol, RELOCATION_SIZE, u64 } from './raw.ts'

const SHN_UNDEF = 0
const SHN_LORESERVE = 0xff00
const SHN_ABS = 0xfff1
const SHN_COMMON = 0xfff2
const RELA = 4
const REL = 9
/** Items of one relocation section lie before those of the next. */
const PER_SECTION = 1 << 20

/** What went wrong, by the code of the rule that it breaks. */
export interface CodedFinding {
  readonly code: string
  readonly finding: Finding
}

export interface ResolvedSymbol {
  readonly raw: RawSymbol
  readonly name: string
  /** Once loaded; meaningless unless `state` is `resolved`. */
  readonly value: bigint
  /** `ignored`: in a section that is not loaded. */
  readonly state: 'resolved' | 'ignored' | 'failed'
}

export interface SymbolSource {
  /** By index; [0] is the null symbol. */
  readonly symbols: readonly RawSymbol[]
  readonly nameOf: (symbol: RawSymbol) => string
  readonly sections: readonly RawSection[]
  readonly layout: Layout
  /** What Xen and the payloads below know under a name. */
  readonly lookup: (name: string) => bigint | undefined
}

export interface Resolution {
  readonly symbols: readonly ResolvedSymbol[]
  readonly findings: readonly CodedFinding[]
}

export function resolveSymbols(source: SymbolSource): Resolution {
  const findings: CodedFinding[] = []
  const symbols = source.symbols.map((raw): ResolvedSymbol => {
    const name = raw.index === 0 ? '' : source.nameOf(raw)
    const resolved = raw.index === 0 ? 0n : resolve(raw, name, source)
    if (resolved === 'ignored') return { raw, name, value: 0n, state: 'ignored' }
    if (typeof resolved === 'bigint') return { raw, name, value: resolved, state: 'resolved' }
    findings.push(resolved)
    return { raw, name, value: 0n, state: 'failed' }
  })
  return { symbols, findings }
}

function resolve(raw: RawSymbol, name: string, source: SymbolSource): bigint | 'ignored' | CodedFinding {
  const { index, sectionIndex, value } = raw
  const wrong = (code: string, errno: Finding['errno'], text: string): CodedFinding => {
    return { code, finding: finding(errno, text, `symbol ${index} ${name}`, index) }
  }
  if (sectionIndex === SHN_COMMON) {
    return wrong('symbol-common', 'EINVAL', `symbol ${name} is common: it has no section; compile with -fno-common`)
  }
  if (sectionIndex === SHN_UNDEF) {
    const found = source.lookup(name)
    const spelled = name === '' ? 'an undefined symbol has no name' : `undefined symbol ${name} is not known`
    return found ?? wrong('symbol-undefined', 'ENOENT', `${spelled} to this hypervisor or to a payload below`)
  }
  if (sectionIndex === SHN_ABS) return value
  if (sectionIndex >= SHN_LORESERVE) {
    return wrong('symbol-section', 'EOPNOTSUPP', `symbol ${name} names the reserved section ${hex(sectionIndex)}`)
  }
  const section = source.sections[sectionIndex]
  if (section === undefined) {
    const count = source.sections.length
    return wrong('symbol-section', 'EINVAL', `symbol ${name} names section ${sectionIndex} of ${count}`)
  }
  if (!isLoaded(section)) return 'ignored'
  return u64(value + (source.layout.addresses.get(sectionIndex) ?? 0n))
}

export interface RelocationSource {
  readonly raw: RawPayload
  readonly machine: Machine
  readonly sections: readonly RawSection[]
  readonly nameOf: (section: RawSection) => string
  readonly symbolTable: RawSection
  readonly symbols: readonly ResolvedSymbol[]
  readonly layout: Layout
  readonly image: PayloadImage
}

/** Fills the image's fields and returns what went wrong, at most one finding for each relocation. */
export function performRelocations(source: RelocationSource): readonly CodedFinding[] {
  const findings: CodedFinding[] = []
  for (const table of source.sections.slice(1)) {
    if (table.type !== RELA && table.type !== REL) continue
    const base = source.sections[table.info]
    // Out of range: skipped in silence. Not loaded: rightly skipped. Index 0: the loader follows a null pointer.
    if (base === undefined) continue
    const place = `section ${table.index} ${source.nameOf(table)}`
    const item = table.index * PER_SECTION
    const wrong = (code: string, errno: Finding['errno'], text: string) =>
      findings.push({ code, finding: finding(errno, text, place, item) })
    if (base.index === 0) {
      wrong('relocation-target', 'crash', `${place} relocates section 0; the loader follows a null pointer`)
    } else if (isLoaded(base)) {
      const problem = tableProblem(table, source)
      if (problem !== undefined) wrong(...problem)
      else if (table.size > 0n) findings.push(...relocateSection(source, table, base))
    }
  }
  return findings
}

type Problem = readonly [code: string, errno: Finding['errno'], text: string]

function tableProblem(table: RawSection, { symbolTable, machine }: RelocationSource): Problem | undefined {
  const { link, size, entrySize, type } = table
  if (link !== symbolTable.index) {
    return ['relocation-link', 'EINVAL', `sh_link is ${link}; the symbol table is section ${symbolTable.index}`]
  }
  if (size === 0n) return undefined
  const smallest = type === RELA ? BigInt(RELOCATION_SIZE) : 16n
  if (entrySize < smallest || size % entrySize !== 0n) {
    return ['relocation-table', 'EINVAL', `${size} bytes in entries of ${entrySize}; an entry has ${smallest}`]
  }
  if (type === RELA) return undefined
  return ['relocation-rel', machine.relErrno, 'relocations without addends (SHT_REL) are not supported']
}

function relocateSection(source: RelocationSource, table: RawSection, base: RawSection): CodedFinding[] {
  const { raw, machine, layout, image } = source
  const start = layout.addresses.get(base.index)
  if (start === undefined || start + base.size > image.start + BigInt(image.bytes.length)) return []
  const at = image.bytes.byteOffset + Number(start - image.start)
  const bytes = new DataView(image.bytes.buffer, at, Number(base.size))
  const findings: CodedFinding[] = []
  const count = Number(table.size / table.entrySize)
  // A size that overflowed: the loader goes on through whatever follows until something stops it, as zeros do.
  const first = !raw.holds(table.offset, table.size)
  for (let index = 0; index < count && !(first && findings.length > 0); index++) {
    const relocation = raw.relocation(table, index)
    const problem =
      symbolProblem(source, relocation) ?? fill({ source, relocation, base, field: { start, bytes }, machine })
    if (problem === undefined) continue
    const [code, errno, text] = problem
    const place = `section ${table.index} ${source.nameOf(table)}, entry ${index}`
    const item = table.index * PER_SECTION + 1 + index
    findings.push({ code, finding: finding(errno, `${place}: ${text}`, place, item) })
  }
  return findings
}

function symbolProblem({ symbols }: RelocationSource, { symbol: index }: RawRelocation): Problem | undefined {
  if (index === 0) return ['relocation-symbol', 'EOPNOTSUPP', 'it has no symbol']
  const symbol = symbols[index]
  if (symbol === undefined) {
    return ['relocation-symbol', 'EINVAL', `it names symbol ${index}, but there are ${symbols.length}`]
  }
  if (symbol.state === 'ignored') {
    return ['relocation-symbol', 'EINVAL', `symbol ${symbol.name} is in a section that is not loaded (no SHF_ALLOC)`]
  }
  return undefined
}

interface Fill {
  readonly source: RelocationSource
  readonly relocation: RawRelocation
  readonly base: RawSection
  readonly field: { readonly start: bigint; readonly bytes: DataView }
  readonly machine: Machine
}

function fill({ source, relocation, base, field, machine }: Fill): Problem | undefined {
  const { offset, type, addend } = relocation
  const symbol = source.symbols[relocation.symbol]
  const filled: Field = {
    type,
    offset,
    sectionSize: base.size,
    address: u64(field.start + offset),
    value: u64(addend + (symbol?.value ?? 0n)),
    bytes: field.bytes,
  }
  const result = machine.relocate(filled)
  const name = source.nameOf(base)
  if (result === 'unknown-type') {
    const spelled = relocationName(machine.elfMachine, type)
    return ['relocation-type', 'EOPNOTSUPP', `${spelled} at ${name}+${hex(offset)} is not a type that Xen resolves`]
  }
  if (result === 'past-end') {
    return ['relocation-offset', 'EINVAL', `offset ${hex(offset)} lies past ${name}, which has ${hex(base.size)} bytes`]
  }
  // A symbol that was not found has no value to overflow with; it is reported by itself.
  if (result === 'overflow' && symbol?.state === 'resolved') {
    const fact = `${symbol.name || 'its symbol'} ${hex(filled.value)} is too far from ${hex(filled.address)}`
    return ['relocation-overflow', 'EOVERFLOW', `${fact} for the field at ${name}+${hex(offset)}`]
  }
  if (result === 'cut' && symbol?.state === 'resolved') {
    const spelled = relocationName(machine.elfMachine, type)
    const fact = `${spelled} at ${name}+${hex(offset)} cannot hold the way to ${symbol.name || 'its symbol'} ${hex(filled.value)}`
    return [
      'relocation-cut',
      'wrong',
      `${fact}: Xen leaves bits of it out and says nothing, and the code goes elsewhere`,
    ]
  }
  return undefined
}
