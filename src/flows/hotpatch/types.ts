/**
 * Whether the types that a patch changes live across it. Part of the pipeline: takes what the affected units declare
 * before and after, and what the payload replaces, to the stage `shapes`, and gets the texts and objects that it asks for.
 */
import type { Reason, Refusal } from '../../base/refusal.ts'
import type { Judged } from '../../compare/model.ts'
import { loaderOf } from '../../loaders/loaders.ts'
import type { Piece, PieceId, PieceMap } from '../../pieces/model.ts'
import { numberedBase, sourceName } from '../../pieces/names.ts'
import { sectionClassOf } from '../../pieces/section-facts.ts'
import type { Selection, UnitInput } from '../../select/select.ts'
import { type Affected, type Declarations, originalTexts, referrersOf, type Tree } from '../../trees/index.ts'
import { Shapes, type ShapeUnit, type ShapeVerdict } from '../../type-layouts/shapes.ts'
import { othersUsing } from './data-users.ts'

export interface ShapeInput {
  readonly tree: Tree
  readonly affected: Affected
  readonly declarations: Declarations
  readonly units: readonly UnitInput[]
  readonly selection: Selection
  /** Names of types and functions whose change was accepted; `*` for all. */
  readonly accepted: readonly string[]
}

export async function checkShapes(input: ShapeInput): Promise<ShapeVerdict> {
  const { tree, declarations, accepted } = input
  const shapes = new Shapes(declarations.compared.flatMap(each => shapeUnitOf(input, each)))
  const doubtful = new Set(shapes.doubtfulUnits())
  const units = declarations.compared.map(({ unit }) => unit).filter(({ unit }) => doubtful.has(unit))
  const texts = new Map([...(await originalTexts(tree, units))].map(([{ unit }, parts]) => [unit, parts]))
  const verdict = shapes.judge(accepted, {
    ways: loaderOf(tree.target).waysOut,
    textOf: unit => texts.get(unit),
    referrersOf: referrersBeside(input),
  })
  const { refusals, notices } = unknownUnits(declarations, accepted)
  return { ...verdict, refusals: [...verdict.refusals, ...refusals], notices: [...verdict.notices, ...notices] }
}

function unknownUnits(
  { unknown }: Declarations,
  accepted: readonly string[],
): { readonly refusals: readonly Refusal[]; readonly notices: readonly Reason[] } {
  const all = unknown.map(({ unit, words }) => ({
    code: 'shapes-unknown',
    unit: unit.unit,
    symbol: '',
    text: `the patch may change types of ${unit.unit}, and the compiler does not tell which: ${words.trim().split('\n')[0]}`,
    hint: 'use a compiler that writes DWARF 5 (gcc 7, clang 9 or later); --accept-type \u2019*\u2019 if no type of data that lives changes',
  }))
  if (!accepted.includes('*')) return { refusals: all, notices: [] }
  return { refusals: [], notices: all.map(({ code, text }) => ({ code, text: `${text}; that was accepted` })) }
}

function shapeUnitOf(
  { units, selection, tree, affected }: ShapeInput,
  { unit, original, patched, pathOf }: Declarations['compared'][number],
): readonly ShapeUnit[] {
  const at = units.findIndex(each => each.unit === unit.unit)
  const input = units[at]
  if (input === undefined) return []
  const { going, kept } = staying(input, at, selection)
  const map = input.verdicts.correlation.original
  const judged = unitsJudged({ units, affected })
  const scene = { units, selection, referrersOf: (name: string) => referrersOf(tree, name, judged) }
  const statics = map.pieces.flatMap(({ kind, name }) => (kind === 'data' ? (numberedBase(name) ?? []) : []))
  return [
    {
      unit: unit.unit,
      original,
      patched,
      kept,
      replaced: going,
      statics: new Set(statics.map(name => `${name}.`)),
      referredTo: name =>
        atWork(map, kept)
          .filter(piece => refersTo(map, piece, name))
          .map(piece => piece.name),
      othersUsing: name => othersUsing(scene, at, name),
      pathOf,
    },
  ]
}

interface Staying {
  /** Functions of the original object that the payload replaces, and those that are gone. */
  readonly going: ReadonlySet<string>
  /** Those of which code stays at work. */
  readonly kept: ReadonlySet<string>
}

function staying({ verdicts }: UnitInput, at: number, { replacements }: Selection): Staying {
  const included = new Set(replacements.filter(({ address }) => address.unit === at).map(each => each.address.piece))
  const isGoing = ({ verdict, patched: piece }: Judged) =>
    verdict.kind === 'gone' || (piece !== undefined && included.has(piece.id))
  return {
    going: new Set(verdicts.functions.filter(isGoing).flatMap(nameOfOriginal)),
    kept: new Set(verdicts.functions.filter(each => !isGoing(each)).flatMap(nameOfOriginal)),
  }
}

/** Units of which verdicts tell who stays, and those that came or went as a whole. */
function unitsJudged({ units, affected: { affected } }: Pick<ShapeInput, 'units' | 'affected'>): ReadonlySet<string> {
  const whole = affected.filter(({ kind }) => kind !== 'changed')
  return new Set([...units.map(({ unit }) => unit), ...whole.map(({ unit }) => unit.unit)])
}

/**
 * Who refers to a function beside the units whose declarations are compared: units that the patch does not concern, and
 * what stays of those that declare the same as before. These may declare it by themselves, and assembly calls without.
 */
function referrersBeside({ tree, units, affected, declarations, selection }: ShapeInput) {
  const judged = unitsJudged({ units, affected })
  const compared = new Set(declarations.compared.map(({ unit }) => unit.unit))
  const others = units.flatMap((input, at) => {
    if (compared.has(input.unit)) return []
    const map = input.verdicts.correlation.original
    const { going } = staying(input, at, selection)
    const isGoing = ({ kind, name }: Piece<'original'>) => kind === 'function' && going.has(sourceName(name))
    // Of assembly, whatever is there: not all of it has the name of a function.
    return map.pieces.filter(piece => !isGoing(piece) && isAfterBoot(map, piece))
  })
  const needs = (piece: Piece<'original'>, name: string) =>
    piece.references.some(({ target }) => target.to === 'external' && target.name === name)
  return (name: string): readonly string[] => [
    ...referrersOf(tree, name, judged),
    ...others.filter(piece => needs(piece, name)).map(piece => piece.name),
  ]
}

function nameOfOriginal({ original }: Judged): string[] {
  return original === undefined ? [] : [sourceName(original.name)]
}

/** Code and data that is there after the patch as before it. What was only there to boot is gone already. */
function atWork(map: PieceMap<'original'>, kept: ReadonlySet<string>): readonly Piece<'original'>[] {
  return map.pieces.filter(piece => {
    const { kind, name } = piece
    if (kind !== 'data' && !(kind === 'function' && kept.has(sourceName(name)))) return false
    return isAfterBoot(map, piece)
  })
}

function isAfterBoot(map: PieceMap<'original'>, piece: Piece<'original'>): boolean {
  const sectionClass = sectionClassOf(map, piece)
  return sectionClass !== 'init-code' && sectionClass !== 'init-data'
}

function refersTo(map: PieceMap<'original'>, piece: Piece<'original'>, name: string): boolean {
  return piece.references.some(({ target }) => {
    if (target.to === 'external') return target.name === name
    return target.to === 'piece' && isNamed(map, target.piece, name) && target.piece !== piece.id
  })
}

function isNamed(map: PieceMap<'original'>, id: PieceId<'original'>, name: string): boolean {
  const piece = map.pieces[id]
  return piece?.kind === 'function' && sourceName(piece.name) === name
}
