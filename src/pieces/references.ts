/**
 * What each relocation reaches, as a piece and an offset from its start.
 *
 * A relocation names a symbol, and gas replaces local symbols by their section: `.data.read_mostly + 8` is a variable
 * without saying which. So the place is looked up among the pieces. For a PC-relative field in code the addend is off
 * by the bytes between field and end of instruction, and where several pieces share a section this decides which one
 * is meant; then, and only then, the code is decoded.
 */

import type { Side } from '../base/side.ts'
import type { ElfObject, ElfRelocation, ElfSection, ElfSymbol } from '../elf/model.ts'
import { SHF_EXECINSTR } from '../elf/spec/constants.ts'
import { lengthPlace, splitAddend } from '../loaders/entries.ts'
import type { CodeKnowledge } from '../machines/machine.ts'
import { machineOf } from '../machines/machines.ts'
import type { Range } from './cut.ts'
import { pieceId } from './ids.ts'
import type { PieceId, Reference, Target } from './model.ts'

/** Pieces of a section by place: their ids run from `first`, in the order of `ranges`. */
export interface SectionPieces<S extends Side> {
  readonly ranges: readonly Range<S>[]
  readonly first: number
}

export interface ReferenceContext<S extends Side> {
  readonly object: ElfObject<S>
  readonly sections: readonly SectionPieces<S>[]
}

/** The references of the piece `range` of `section`: its part of the section's relocations, ascending by offset. */
export function referencesOf<S extends Side>(
  context: ReferenceContext<S>,
  section: ElfSection<S>,
  range: Range<S>,
  relocations: readonly ElfRelocation<S>[],
): readonly Reference<S>[] {
  if (relocations.length === 0) return []
  const isCode = (section.flags & SHF_EXECINSTR) !== 0
  const biases = isCode ? decodedBiases(context, section, range, relocations) : NO_BIASES
  return relocations.flatMap((relocation): Reference<S>[] => {
    const offset = relocation.offset - range.offset
    const field = range.layout?.fields.find(candidate => candidate.offset === offset)
    if (field === undefined) {
      return [{ offset, type: relocation.type, target: reach(context, relocation, biases.get(relocation.offset) ?? 0) }]
    }
    if (field.unused === true) return []
    const { offset: plain, line } =
      field.line === undefined
        ? { offset: relocation.addend, line: undefined }
        : splitAddend(relocation.addend, field.line)
    const lengthAt = lengthPlace(field, range.size)
    const isEmpty = lengthAt !== undefined && section.bytes[range.offset + lengthAt] === 0
    const target = reach(context, { ...relocation, addend: plain }, -field.bias, isEmpty)
    return [{ offset, type: relocation.type, target, ...(line === undefined ? {} : { line }) }]
  })
}

/** Each of `ranges` that has some of `relocations`, which are given ascending or not, with those. */
export function relocationsOf<S extends Side>(
  ranges: readonly Range<S>[],
  relocations: readonly ElfRelocation<S>[],
): readonly { readonly range: Range<S>; readonly relocations: readonly ElfRelocation<S>[] }[] {
  const sorted = ascending(relocations)
  let next = 0
  return ranges.flatMap(range => {
    const start = next
    const end = range.offset + range.size
    for (let at = sorted[next]; at !== undefined && at.offset < end; at = sorted[++next]);
    return next === start ? [] : [{ range, relocations: sorted.slice(start, next) }]
  })
}

function ascending<S extends Side>(relocations: readonly ElfRelocation<S>[]): readonly ElfRelocation<S>[] {
  const isSorted = relocations.every((at, index) => index === 0 || (relocations[index - 1]?.offset ?? 0) <= at.offset)
  return isSorted ? relocations : relocations.toSorted((a, b) => a.offset - b.offset)
}

/**
 * What `relocation` reaches. `bias` is added to the addend to find the byte that is meant; the delta stays as written.
 * Where no byte is meant (`isEmpty`), it is the piece of no bytes, and never its neighbour.
 */
function reach<S extends Side>(
  context: ReferenceContext<S>,
  relocation: ElfRelocation<S>,
  bias: number,
  isEmpty = false,
): Target<S> {
  const symbol = context.object.symbols[relocation.symbol]
  if (symbol === undefined || relocation.symbol === 0) return { to: 'absolute', value: relocation.addend }
  const { place } = symbol
  if (place.in === 'absolute') return { to: 'absolute', value: place.value + relocation.addend }
  if (place.in !== 'section') {
    return {
      to: 'external',
      symbol: symbol.id,
      name: symbol.name,
      weak: symbol.binding === 'weak',
      delta: relocation.addend,
    }
  }
  const pieces = context.sections[place.section]
  const written = place.offset + Number(relocation.addend) + bias
  const empty = isEmpty ? emptyPieceAt(pieces, written) : undefined
  if (empty !== undefined) return { to: 'piece', piece: empty, delta: 0n }
  // A symbol with a name says what it means; its section's symbol says only where.
  const piece = pieceAt(pieces, symbol.kind === 'section' ? written : place.offset)
  if (piece === undefined) {
    return { to: 'nothing', section: place.section, offset: BigInt(place.offset) + relocation.addend }
  }
  const inPiece = place.offset - piece.offset
  return {
    to: 'piece',
    piece: piece.id,
    delta: inPiece === 0 ? relocation.addend : relocation.addend + BigInt(inPiece),
  }
}

/** The piece that holds byte `offset`; at the very end of a section, the last one. */
function pieceAt<S extends Side>(
  pieces: SectionPieces<S> | undefined,
  offset: number,
): { readonly id: PieceId<S>; readonly offset: number } | undefined {
  if (pieces === undefined) return undefined
  const { ranges, first } = pieces
  // A compiler may count from outside of an object (`table - 16`); where it is alone, it is still the one that is meant.
  const [only] = ranges
  if (only !== undefined && ranges.length === 1) return { id: pieceId(first), offset: only.offset }
  const low = lastBefore(ranges, offset)
  const found = ranges[low]
  if (found === undefined || offset < found.offset || offset > found.offset + found.size) return undefined
  return { id: pieceId(first + low), offset: found.offset }
}

/** The index of the last range that starts at or before `offset`; 0 where none does. */
function lastBefore<S extends Side>(ranges: readonly Range<S>[], offset: number): number {
  let low = 0
  let high = ranges.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((ranges[middle]?.offset ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  return low
}

/** The piece of no bytes for a reference to `offset` that means none: it starts with the one that has that byte. */
function emptyPieceAt<S extends Side>(pieces: SectionPieces<S> | undefined, offset: number): PieceId<S> | undefined {
  if (pieces === undefined) return undefined
  const { ranges, first } = pieces
  const last = lastBefore(ranges, offset)
  const found = [last, last - 1].find(
    index => ranges[index]?.size === 0 && ranges[index]?.offset === ranges[last]?.offset,
  )
  return found === undefined ? undefined : pieceId(first + found)
}

const NO_BIASES: ReadonlyMap<number, number> = new Map()

/**
 * For PC-relative fields in code that is counted from the end of the instruction, what to add to the addend to get the byte that is reached, by section offset.
 * Most instructions end with their field. Others are decoded, but only where the answer matters.
 */
function decodedBiases<S extends Side>(
  context: ReferenceContext<S>,
  section: ElfSection<S>,
  range: Range<S>,
  relocations: readonly ElfRelocation<S>[],
): ReadonlyMap<number, number> {
  const machine = machineOf(context.object.header.machine)
  const { code: knowledge } = machine
  if (knowledge === undefined) return NO_BIASES
  const biases = new Map<number, number>()
  const unclear: number[] = []
  for (const relocation of relocations) {
    const symbol = context.object.symbols[relocation.symbol]
    if (symbol?.kind !== 'section' || machine.relocationType(relocation.type)?.pcRelative !== true) continue
    biases.set(relocation.offset, knowledge.fieldBias.plain)
    if (knowledge.endsWithField(section.bytes, relocation.offset)) continue
    if (isUnclear(context, symbol, relocation, knowledge)) unclear.push(relocation.offset - range.offset)
  }
  if (unclear.length === 0) return biases
  const code = section.bytes.subarray(range.offset, range.offset + range.size)
  for (const [field, bytes] of knowledge.bytesToInstructionEnd(
    code,
    unclear.sort((a, b) => a - b),
  )) {
    biases.set(field + range.offset, bytes)
  }
  return biases
}

/**
 * Whether it is known, of every field of code that names only a section, to which byte it leads: the machine must say what
 * it counts from, and what its type means.
 */
export function reachesSurely<S extends Side>({ header, sections, symbols, relocations }: ElfObject<S>): boolean {
  const { addendsAreExact, code, relocationType } = machineOf(header.machine)
  const isKnown = addendsAreExact || code !== undefined
  return sections.every(
    ({ id, flags }) =>
      (flags & SHF_EXECINSTR) === 0 ||
      (relocations[id] ?? []).every(
        ({ symbol, type }) => symbols[symbol]?.kind !== 'section' || (isKnown && relocationType(type) !== undefined),
      ),
  )
}

/** Whether the bytes behind the field decide which piece is reached: not where all that may be there lead to one. */
function isUnclear<S extends Side>(
  context: ReferenceContext<S>,
  { place }: ElfSymbol<S>,
  { type, addend }: ElfRelocation<S>,
  { fieldBias: { plain, mostBehind } }: CodeKnowledge,
): boolean {
  if (place.in !== 'section') return false
  const pieces = context.sections[place.section]
  if ((pieces?.ranges.length ?? 0) <= 1) return false
  if (machineOf(context.object.header.machine).relocationType(type)?.field.bytes !== plain) return true
  const start = place.offset + Number(addend) + plain
  const first = pieceAt(pieces, start)
  return first === undefined || first.id !== pieceAt(pieces, start + mostBehind)?.id
}
