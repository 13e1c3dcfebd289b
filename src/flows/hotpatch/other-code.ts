/**
 * Of units that a payload replaces something in: functions beside it that are not what runs. New code may hold copies of
 * them, or rely on what they do. Where there are such, the compiler is asked for the unit's text and what it inlines; where
 * all of the unit is what runs, as nearly always, nothing is asked. Part of the pipeline.
 */
import { InputError } from '../../base/errors.ts'
import { inlinedInto } from '../../dwarf/index.ts'
import { readElf } from '../../elf/index.ts'
import type { PieceId } from '../../pieces/model.ts'
import { sectionClassOf } from '../../pieces/section-facts.ts'
import type { Selection, UnitInput } from '../../select/select.ts'
import { type AffectedUnit, debugObjects, type Overlay, preprocessedTexts, type Tree } from '../../trees/index.ts'
import { type CodeFinding, RunningImage, UnitCode } from '../../verify/index.ts'
import type { UnitSource } from './made-from.ts'
import { imageLoader, type Running } from './running.ts'

export interface OtherCode {
  /** What differs, by piece of the original. */
  readonly different: ReadonlyMap<PieceId<'original'>, CodeFinding>
  /** Of the patched text; undefined where the compiler tells nothing. */
  readonly source: UnitSource | undefined
}

/** By place in `units`; units that are equal are not among them. */
export type OtherCodes = ReadonlyMap<number, OtherCode>

interface Question {
  readonly units: readonly UnitInput[]
  readonly selection: Selection
  readonly running: Running
  readonly affected: readonly AffectedUnit[]
  /** The texts that the payload is made from. */
  readonly overlay: Overlay
}

export async function otherCode(tree: Tree, question: Question): Promise<OtherCodes> {
  const { units, affected, overlay } = question
  const unequal = unequalUnits(question)
  const asked = affected.filter(({ unit }) => [...unequal.keys()].some(at => units[at]?.unit === unit.unit))
  if (asked.length === 0) return new Map([...unequal].map(([at, different]) => [at, { different, source: undefined }]))
  const requests = asked.map(({ unit }) => ({ unit, overlay, label: 'patched' }))
  const texts = await preprocessedTexts(tree, requests)
  const objects = await debugObjects(tree, requests)
  const sources = new Map(
    asked.map(({ unit }, at) => {
      const bodies = texts.get(unit)?.bodies
      return [unit.unit, bodies === undefined ? undefined : { bodies, inlined: inlinedIn(objects[at]) }] as const
    }),
  )
  return new Map(
    [...unequal].map(([at, different]) => [at, { different, source: sources.get(units[at]?.unit ?? '') }] as const),
  )
}

function unequalUnits({ units, selection, running }: Question) {
  const { symbols, memory, below, isImage } = running
  const found = new Map<number, ReadonlyMap<PieceId<'original'>, CodeFinding>>()
  if (!isImage || symbols === undefined || symbols.format === 'efi') return found
  const image = new RunningImage(
    symbols,
    memory,
    below.flatMap(({ overwritten }) => overwritten),
  )
  for (const at of new Set(selection.pieces.map(({ address }) => address.unit))) {
    const input = units[at]
    if (input === undefined) continue
    const { original } = input.verdicts.correlation
    const code = new UnitCode(original, input.fileSymbol, image)
    const different = original.pieces.flatMap(piece => {
      if (piece.kind !== 'function' || sectionClassOf(original, piece) !== 'code') return []
      const address = symbols.lookup(imageLoader(running).runningName(input.fileSymbol, piece.name, piece.local))
      const finding = address === undefined ? undefined : code.check(piece, address)
      return finding?.difference === undefined ? [] : [[piece.id, finding] as const]
    })
    if (different.length > 0) found.set(at, new Map(different))
  }
  return found
}

function inlinedIn(object: Uint8Array | undefined): UnitSource['inlined'] {
  if (object === undefined) return undefined
  try {
    const found = inlinedInto(readElf<'patched'>(object))
    return found.size === 0 ? undefined : found
  } catch (error) {
    if (error instanceof InputError) return undefined
    throw error
  }
}
