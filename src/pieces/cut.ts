/**
 * Cuts an object into pieces (see `model.ts`): first the ranges, here; then what each one's relocations reach
 * (`references.ts`), and which function each special entry belongs to (`pieces.ts`).
 *
 * How a section is cut depends on what it is: strings at their NULs, constants and special entries by size, chunks
 * where entries point, all else where symbols start.
 *
 * In a section of code a piece runs up to the next symbol, not merely for its symbol's size: assembly's `.subsection`
 * puts out-of-line code after the function, and jumps there carry no relocation. Cutting by size looks right and loses
 * exactly that code. What only aligns the next symbol is set apart (`filler.ts`).
 */
import type { Side } from '../base/side.ts'
import type { ElfObject, ElfSection, ElfSymbol } from '../elf/model.ts'
import { SHF_EXECINSTR, SHF_MERGE, SHF_STRINGS, SHT_NOBITS } from '../elf/spec/constants.ts'
import { isMappingSymbol } from '../elf/spec/mapping-symbols.ts'
import type { EntryLayout } from '../loaders/entries.ts'
import { entrySize, type ProbedSizes } from '../loaders/entry-size.ts'
import { chunkRanges } from './chunks.ts'
import { type Ground, isFiller } from './filler.ts'
import type { PieceKind, SectionFacts } from './model.ts'
import { listedEntries, marksType } from './prefix.ts'
import { type CutOptions, isCut } from './section-facts.ts'

/** A piece before its references are known. */
export interface Range<S extends Side> {
  readonly kind: PieceKind
  readonly offset: number
  readonly size: number
  readonly symbols: readonly ElfSymbol<S>[]
  /** For entries: how the section is laid out. */
  readonly layout?: EntryLayout
  /** Fills up to the next symbol, by its bytes; it is padding if nothing leads to it (`padding.ts`). */
  readonly filler?: true
}

/** The ranges of each section, ascending; empty for sections that are not loaded or play no part. */
export function cutObject<S extends Side>(
  object: ElfObject<S>,
  facts: readonly SectionFacts[],
  { probed }: CutOptions,
): readonly (readonly Range<S>[])[] {
  const symbols = symbolsBySection(object)
  const listed = listedEntries(object)
  return object.sections.map(section => {
    if (!isCut(section, facts)) return []
    return cutSection(object, section, {
      symbols: symbols[section.id] ?? [],
      listed: listed.get(section.id) ?? NONE,
      facts,
      probed,
    })
  })
}

const NONE: ReadonlySet<number> = new Set()

interface SectionContext<S extends Side> {
  readonly symbols: readonly ElfSymbol<S>[]
  readonly listed: ReadonlySet<number>
  readonly facts: readonly SectionFacts[]
  readonly probed: ProbedSizes | undefined
}

function cutSection<S extends Side>(
  object: ElfObject<S>,
  section: ElfSection<S>,
  context: SectionContext<S>,
): readonly Range<S>[] {
  const facts = context.facts[section.id]
  if (facts?.class === 'entries') {
    if (facts.layout !== undefined) return cutEntries(object, section, facts.layout, context.probed)
    // Whose each entry is cannot be told, so that all of them are one thing.
    return section.size === 0 ? [] : [{ kind: 'anonymous', offset: 0, size: section.size, symbols: [] }]
  }
  if (facts?.class === 'chunks') {
    return chunkRanges(object, section, context).map(range => ({ kind: 'chunk', symbols: [], ...range }))
  }
  const merged = (section.flags & SHF_MERGE) !== 0 && section.type !== SHT_NOBITS
  if (merged && (section.flags & SHF_STRINGS) !== 0) return cutStrings(section)
  if (merged && section.entrySize > 0 && section.size % section.entrySize === 0) {
    return cutConstants(section, section.entrySize)
  }
  if (section.name === ADDRESSES) return cutConstants(section, ADDRESS)
  const relocated = new Set(object.relocations[section.id]?.map(relocation => relocation.offset))
  const { listed, symbols } = context
  return cutAtSymbols({ section, machine: object.header.machine, relocated, listed }, symbols)
}

function cutEntries<S extends Side>(
  object: ElfObject<S>,
  section: ElfSection<S>,
  layout: EntryLayout,
  probed: ProbedSizes | undefined,
): readonly Range<S>[] {
  const relocationOffsets = (object.relocations[section.id] ?? []).map(relocation => relocation.offset)
  if (section.size === 0) return []
  const size = entrySize(layout, { size: section.size, relocationOffsets }, probed)
  const ranges: Range<S>[] = []
  for (let offset = 0; offset < section.size; offset += size) {
    ranges.push({ kind: 'entry', offset, size, symbols: [], layout })
  }
  return ranges
}

/** Characters have as many bytes as the section's entries: wide strings end with a wide NUL. */
function cutStrings<S extends Side>({ bytes, size, entrySize }: ElfSection<S>): readonly Range<S>[] {
  const width = Math.max(entrySize, 1)
  const ranges: Range<S>[] = []
  let offset = 0
  while (offset < size) {
    const end = endOfString(bytes, offset, width)
    ranges.push({ kind: 'string', offset, size: end - offset, symbols: [] })
    offset = end
  }
  return ranges
}

function endOfString(bytes: Uint8Array, from: number, width: number): number {
  if (width === 1) {
    const end = bytes.indexOf(0, from)
    return end === -1 ? bytes.length : end + 1
  }
  for (let at = from; at + width <= bytes.length; at += width) {
    if (bytes.subarray(at, at + width).every(byte => byte === 0)) return at + width
  }
  return bytes.length
}

function cutConstants<S extends Side>(section: ElfSection<S>, entry: number): readonly Range<S>[] {
  const ranges: Range<S>[] = []
  for (let offset = 0; offset < section.size; offset += entry) {
    ranges.push({ kind: 'constant', offset, size: entry, symbols: [] })
  }
  return ranges
}

/** The table through which code for POWER reaches all data: an address or a constant in each word (ELF V2 ABI for 64-bit POWER 1.5, "TOC"). */
export const ADDRESSES = '.toc'
const ADDRESS = 8

/** Sections that symbols divide. Symbols inside of another's extent do not cut it. */
function cutAtSymbols<S extends Side>(ground: Ground<S>, all: readonly ElfSymbol<S>[]): readonly Range<S>[] {
  const { section } = ground
  if (section.size === 0 && all.length === 0) return []
  const isCode = (section.flags & SHF_EXECINSTR) !== 0
  const symbols = isCode ? withoutInnerLabels(all) : all
  const ranges: Range<S>[] = []
  let end = 0
  for (let index = 0; index < symbols.length; ) {
    const start = placeOf(symbols[index])
    let next = index
    while (next < symbols.length && placeOf(symbols[next]) === start) next++
    const here = next - index === symbols.length ? symbols : symbols.slice(index, next)
    index = next
    if (start < end) continue
    if (start > end) ranges.push(gap(ground, end, start))
    const limit = index < symbols.length ? placeOf(symbols[index]) : section.size
    const stated = start + here.reduce((largest, symbol) => Math.max(largest, symbol.size), 0)
    end = Math.min(endOfPiece(ground, { start, stated, limit }), section.size)
    ranges.push({ kind: kindOf(here, isCode), offset: start, size: end - start, symbols: byStrength(here) })
  }
  if (end < section.size) ranges.push(gap(ground, end, section.size))
  return ranges
}

/** Up to the next symbol where no size is stated; in code also where one is, unless what follows is only filler. */
function endOfPiece<S extends Side>(
  ground: Ground<S>,
  { start, stated, limit }: { readonly start: number; readonly stated: number; readonly limit: number },
): number {
  if (stated === start) return limit
  const isCode = (ground.section.flags & SHF_EXECINSTR) !== 0
  return !isCode || stated >= limit || isFiller(ground, stated, limit) ? stated : limit
}

/**
 * Local labels among functions name no function: Xen's UNLIKELY_START leaves one at the out-of-line code of an inline
 * assembly, which belongs to the function that jumps there. Where nothing is typed (assembly), labels are all there is.
 */
function withoutInnerLabels<S extends Side>(symbols: readonly ElfSymbol<S>[]): readonly ElfSymbol<S>[] {
  if (symbols.length < 2) return symbols
  const first = symbols.find(symbol => symbol.kind === 'function')
  if (first === undefined) return symbols
  const isInner = (symbol: ElfSymbol<S>) =>
    symbol.kind === 'untyped' && symbol.binding === 'local' && symbol.size === 0 && placeOf(symbol) > placeOf(first)
  return symbols.filter(symbol => !isInner(symbol))
}

function gap<S extends Side>(ground: Ground<S>, offset: number, end: number): Range<S> {
  const range = { kind: 'anonymous', offset, size: end - offset, symbols: [] } as const
  return isFiller(ground, offset, end) ? { ...range, filler: true } : range
}

function kindOf<S extends Side>(symbols: readonly ElfSymbol<S>[], isCode: boolean): PieceKind {
  const named = symbols.some(({ name }) => !name.startsWith('.L') && !(isCode && marksType(name)))
  if (!named) return 'anonymous'
  return isCode ? 'function' : 'data'
}

const BINDING_STRENGTH = { global: 0, weak: 1, local: 2, other: 3 } as const

/** The symbol that names the piece first: global before local, typed before label, then by name. */
function byStrength<S extends Side>(symbols: readonly ElfSymbol<S>[]): readonly ElfSymbol<S>[] {
  if (symbols.length < 2) return symbols
  const rank = (symbol: ElfSymbol<S>) => BINDING_STRENGTH[symbol.binding] * 2 + (symbol.kind === 'untyped' ? 1 : 0)
  return symbols.toSorted((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1))
}

function placeOf<S extends Side>(symbol: ElfSymbol<S> | undefined): number {
  return symbol?.place.in === 'section' ? symbol.place.offset : 0
}

/** For each section, the symbols that name a place in it, ascending by offset. */
function symbolsBySection<S extends Side>(object: ElfObject<S>): readonly (readonly ElfSymbol<S>[])[] {
  const all: ElfSymbol<S>[][] = object.sections.map(() => [])
  for (const symbol of object.symbols) {
    if (symbol.place.in !== 'section' || symbol.kind === 'section' || symbol.name === '') continue
    if (isMappingSymbol(object.header.machine, symbol)) continue
    all[symbol.place.section]?.push(symbol)
  }
  for (const list of all) if (list.length > 1) list.sort((a, b) => placeOf(a) - placeOf(b))
  return all
}
