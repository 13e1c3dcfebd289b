/**
 * Both versions of each function that is not the same, for people to read. Nothing is decided by what stands here.
 *
 * In:  the verdicts of units, and where their originals embed line numbers, as far as that was looked at.
 * Out: instructions with the names that they refer to, until there are too many for a page.
 */

import type { Side } from '../../base/side.ts'
import type { LineSite, UnitVerdicts } from '../../compare/model.ts'
import type { CodeKnowledge, InstructionText, Machine } from '../../machines/machine.ts'
import { machineOf } from '../../machines/machines.ts'
import type { Piece, PieceId, PieceMap, Reference } from '../../pieces/model.ts'
import { reportedName } from '../../report/entries.ts'
import type { Details, ListedCode, Listing } from '../../report/model.ts'
import { BYTES } from '../../report/shown/code-form.ts'

export interface ListedUnit {
  readonly unit: string
  readonly verdicts: UnitVerdicts
  readonly sites?: ReadonlyMap<PieceId<'original'>, readonly LineSite[]> | undefined
}

/** Some 20 MB of text: more than anybody reads, and what a browser still opens at once. */
const MOST_INSTRUCTIONS = 400_000
/** Of a string that an instruction refers to. */
const SHOWN_CHARACTERS = 40

export function listingsOf(units: readonly ListedUnit[]): Pick<Details, 'listings' | 'unlisted'> {
  const listings: Listing[] = []
  let [room, unlisted] = [MOST_INSTRUCTIONS, 0]
  for (const unit of units) {
    for (const pair of pairsOf(unit)) {
      if (room <= 0) unlisted++
      else {
        const listing = listed(unit, pair)
        listings.push(listing)
        room -= (listing.original?.instructions.length ?? 0) + (listing.patched?.instructions.length ?? 0)
      }
    }
  }
  return { listings, unlisted }
}

interface Pair {
  readonly name: string
  readonly original: Piece<'original'> | undefined
  readonly patched: Piece<'patched'> | undefined
}

/** Functions that are not the same, each followed by its out-of-line parts. */
function pairsOf({ verdicts }: ListedUnit): readonly Pair[] {
  const { correlation, parts } = verdicts
  return verdicts.functions
    .filter(({ verdict }) => verdict.kind !== 'same')
    .flatMap(({ name, original, patched }) => {
      const own = patched === undefined ? [] : (parts.get(patched.id) ?? [])
      const before = (part: Piece<'patched'>) => correlation.original.pieces[correlation.toOriginal.get(part.id) ?? -1]
      return [{ name, original, patched }, ...own.map(part => ({ name, original: before(part), patched: part }))]
    })
}

function listed({ unit, verdicts, sites }: ListedUnit, { name, original, patched }: Pair): Listing {
  const { correlation } = verdicts
  const machine = machineOf(correlation.patched.object.header.machine)
  const found = original === undefined ? [] : (sites?.get(original.id) ?? [])
  const lines = found.map(({ offset, file, line }) => ({ offset, file, line }))
  return {
    unit,
    name: reportedName(name),
    symbol: patched?.name ?? original?.name ?? name,
    original: original === undefined ? null : { ...codeOf(correlation.original, original, machine), sites: lines },
    patched: patched === undefined ? null : codeOf(correlation.patched, patched, machine),
  }
}

function codeOf<S extends Side>(map: PieceMap<S>, piece: Piece<S>, machine: Machine): ListedCode {
  const bytes = map.object.sections[piece.section]?.bytes.subarray(piece.offset, piece.offset + piece.size)
  const references = [...piece.references].sort((a, b) => a.offset - b.offset)
  const reached: { readonly offset: number; readonly name: string }[] = []
  let next = 0
  const instructions = instructionsOf(machine.code, bytes).map(instruction => {
    const own: Reference<S>[] = []
    for (let reference = references[next]; reference !== undefined && reference.offset < instruction.end; ) {
      own.push(reference)
      reference = references[++next]
    }
    const names = own.map(reference => nameOf(map, reference, { machine, end: instruction.end }))
    for (const name of names) reached.push({ offset: instruction.start, name })
    return [instruction.start, wordsOf(instruction, names, piece.name)] as const
  })
  return { size: piece.size, instructions, sites: [], references: reached }
}

function instructionsOf(code: CodeKnowledge | undefined, bytes: Uint8Array | undefined): readonly InstructionText[] {
  if (bytes === undefined) return []
  return code === undefined ? bytesOf(bytes) : code.texts(bytes)
}

const BYTES_IN_A_ROW = 8

/** Of a machine whose instructions nobody here knows. */
function bytesOf(code: Uint8Array): readonly InstructionText[] {
  return Array.from({ length: Math.ceil(code.length / BYTES_IN_A_ROW) }, (_, row) => {
    const start = row * BYTES_IN_A_ROW
    const own = [...code.subarray(start, start + BYTES_IN_A_ROW)]
    const text = `${BYTES} ${own.map(byte => `0x${byte.toString(16).padStart(2, '0')}`).join(', ')}`
    return { start, end: start + own.length, text }
  })
}

/** A jump names its target; of others the names stand behind. */
function wordsOf({ text, branch }: InstructionText, names: readonly string[], own: string): string {
  const [first] = names
  if (branch === undefined) return names.length === 0 ? text : `${text}  # ${names.join(', ')}`
  return `${branch.name} ${first ?? `${own}${distance(BigInt(branch.target))}`}`
}

interface Around {
  readonly machine: Machine
  /** Of the instruction, from the start of the piece. */
  readonly end: number
}

function nameOf<S extends Side>(map: PieceMap<S>, { offset, type, target }: Reference<S>, around: Around): string {
  const isDistance = around.machine.relocationType(type)?.pcRelative === true && !around.machine.addendsAreExact
  // What the relocation counts from its field, the processor counts from the instruction's end.
  const bias = isDistance ? BigInt(around.end - offset) : 0n
  switch (target.to) {
    case 'piece': {
      const piece = map.pieces[target.piece]
      if (piece?.kind === 'string') return quoted(map, piece, target.delta + bias)
      return `${piece?.name ?? '?'}${distance(target.delta + bias)}`
    }
    case 'external':
      return `${target.name}${distance(target.delta + bias)}`
    case 'absolute':
      return `0x${BigInt.asUintN(64, target.value + bias).toString(16)}`
    case 'nothing':
      return `${map.object.sections[target.section]?.name ?? '?'}${distance(target.offset + bias)}`
  }
}

/** A string by its text: one character a byte, as names in objects are kept. */
function quoted<S extends Side>(map: PieceMap<S>, piece: Piece<S>, from: bigint): string {
  const bytes = map.object.sections[piece.section]?.bytes.subarray(piece.offset, piece.offset + piece.size - 1)
  const text = String.fromCharCode(...(bytes ?? []).slice(Number(from), Number(from) + SHOWN_CHARACTERS))
  const isCut = (bytes?.length ?? 0) - Number(from) > SHOWN_CHARACTERS
  return `${JSON.stringify(text)}${isCut ? '…' : ''}`
}

function distance(delta: bigint): string {
  if (delta === 0n) return ''
  return delta < 0n ? `-0x${(-delta).toString(16)}` : `+0x${delta.toString(16)}`
}
