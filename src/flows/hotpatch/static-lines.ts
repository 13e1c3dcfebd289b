/**
 * Static variables that objects leave ambiguous, by the lines of their declarations (`correlate/declared.ts`), and what a
 * compiler has made of variables (`correlate/forms.ts`). Part of the pipeline: only units that have such are compiled once
 * more, both texts, with debug information; what is told by that counts for the objects that are compared, since debug
 * information changes no code, and that is looked at.
 */
import { InputError } from '../../base/errors.ts'
import type { Side } from '../../base/side.ts'
import { type DeclaredStatic, declaredStatics, type SameLine, toldByLines } from '../../correlate/declared.ts'
import { type FormOf, formsIn, type MaybeForms, toldByForms, untoldForms, withUntold } from '../../correlate/forms.ts'
import type { TextEvidence } from '../../correlate/model.ts'
import { lex } from '../../ctext/lexer.ts'
import { readElf } from '../../elf/index.ts'
import { movesText } from '../../lines/moved-text.ts'
import type { NeutralFile } from '../../lines/neutral-model.ts'
import { corresponds } from '../../lines/token-map.ts'
import type { PieceMap, Target } from '../../pieces/model.ts'
import { type CutOptions, pieceMap } from '../../pieces/pieces.ts'
import { isWritable } from '../../pieces/writable.ts'
import type { UnitInput } from '../../select/model.ts'
import { type Affected, debugObjects, type Overlay, placeIn, type Tree, type Unit } from '../../trees/index.ts'
import { doubtfulForms } from './doubtful-forms.ts'
import type { CompiledUnits } from './judge.ts'
import type { Label } from './texts.ts'

type Evidence = Pick<TextEvidence, 'declared' | 'forms'>

/** By unit and text. */
export type Told = ReadonlyMap<string, ReadonlyMap<Label, Evidence>>

const NOTHING: Overlay = new Map()

interface Question {
  readonly affected: Affected
  readonly compiled: CompiledUnits
  readonly cut: CutOptions
}

export async function staticLines(tree: Tree, units: readonly UnitInput[], question: Question): Promise<Told> {
  const doubtful = new Map(units.filter(isDoubtful).map(each => [each.unit, each]))
  const { affected, compiled } = question
  const asked = affected.affected.flatMap(({ unit, kind }) => {
    const judged = doubtful.get(unit.unit)
    return kind === 'changed' && unit.language === 'c' && judged !== undefined ? [{ unit, judged }] : []
  })
  if (asked.length === 0) return new Map()
  const texts = [['original', NOTHING], ...compiled.overlays] as const
  const wanted = texts.filter(([label]) => label === 'original' || label === 'patched' || label === 'neutral')
  const requests = asked.flatMap(({ unit }) => wanted.map(([label, overlay]) => ({ unit, overlay, label })))
  const objects = await debugObjects(tree, requests)
  return new Map(
    asked.map(({ unit, judged }) => {
      const ofUnit = new Map(requests.flatMap((each, at) => (each.unit === unit ? [[each.label, objects[at]]] : [])))
      return [unit.unit, toldOf(tree, { unit, maybe: doubtfulForms(judged.verdicts) }, ofUnit, question)] as const
    }),
  )
}

function isDoubtful({ verdicts }: UnitInput): boolean {
  const maybe = doubtfulForms(verdicts)
  if (maybe.original.size + maybe.patched.size > 0) return true
  const { ambiguities, patched } = verdicts.correlation
  return ambiguities.some(({ patched: id }) => {
    const piece = patched.pieces[id]
    return piece !== undefined && isWritable(patched, piece)
  })
}

interface Asked {
  readonly unit: Unit
  /** What of it is refused where nothing is told. */
  readonly maybe: MaybeForms
}

function toldOf(
  tree: Tree,
  { unit, maybe }: Asked,
  objects: ReadonlyMap<string, Uint8Array | undefined>,
  { compiled, cut }: Question,
): ReadonlyMap<Label, Evidence> {
  const { pair, neutral } = compiled.pairs.find(each => each.pair.unit === unit.unit) ?? {}
  if (pair?.original === undefined) return new Map()
  const original = pieceMap(readElf<'original'>(pair.original), cut)
  const before = declaredIn(original, objects.get('original'), cut)
  const judged = [
    ['patched', pair.patched],
    ['neutral', neutral?.patched],
  ] as const
  return new Map(
    judged.flatMap(([label, object]) => {
      if (object === undefined) return []
      const patched = pieceMap(readElf<'patched'>(object), cut)
      const after = declaredIn(patched, objects.get(label), cut)
      const isTold = (side: Said | undefined, symbol: string) =>
        after !== undefined && side?.forms.some(each => each.symbol === symbol) === true
      const untold = untoldForms(
        { original, patched },
        {
          original: new Set([...maybe.original].filter(symbol => !isTold(before, symbol))),
          patched: new Set([...maybe.patched].filter(symbol => before === undefined || !isTold(after, symbol))),
        },
      )
      if (before === undefined || after === undefined) return [[label, { forms: untold }] as const]
      const isSame = sameLine(tree, unit, label, compiled)
      const made = before.forms.filter(({ form }) => form !== '')
      const isSameForm = movesIn(tree, unit, made, compiled) ? () => false : isSame
      const forms = withUntold(toldByForms(before.forms, after.forms, isSameForm), untold)
      if (movesIn(tree, unit, before.statics, compiled)) return [[label, { forms }] as const]
      return [[label, { forms, declared: toldByLines(before.statics, after.statics, isSame) }] as const]
    }),
  )
}

/** What debug information says of the variables of one object. */
interface Said {
  readonly statics: readonly DeclaredStatic[]
  readonly forms: readonly FormOf[]
}

/** Undefined where the compiler told nothing, or made other code. */
function declaredIn<S extends Side>(
  judged: PieceMap<S>,
  debug: Uint8Array | undefined,
  cut: CutOptions,
): Said | undefined {
  if (debug === undefined) return undefined
  const told = pieceMap(readElf<S>(debug), cut)
  if (!isSameCode(judged, told)) return undefined
  try {
    return { statics: declaredStatics(told), forms: formsIn(told) }
  } catch (error) {
    if (error instanceof InputError) return undefined
    throw error
  }
}

function isSameCode<S extends Side>(a: PieceMap<S>, b: PieceMap<S>): boolean {
  const keys = ({ object, pieces }: PieceMap<S>) =>
    pieces.map(({ kind, name, section, offset, size, references }) => {
      const bytes = object.sections[section]?.bytes.subarray(offset, offset + size) ?? new Uint8Array()
      const reached = references.map(each => [each.offset, each.type, targetKey(each.target)].join(' '))
      return [kind, name, size, Buffer.from(bytes).toString('latin1'), ...reached].join('\n')
    })
  const [one, other] = [keys(a), keys(b)]
  return one.length === other.length && one.every((key, at) => key === other[at])
}

function targetKey<S extends Side>(target: Target<S>): string {
  if (target.to === 'piece') return `${target.piece} ${target.delta}`
  return target.to === 'external' ? `${target.name} ${target.delta}` : target.to
}

/** Whether a line of the original is that of the text, by the line map; the neutral text says numbers of its own. */
export function sameLine(
  tree: Tree,
  unit: Unit,
  label: Label,
  { change, maps, neutralFiles }: CompiledUnits,
): SameLine {
  const known = new Map<NeutralFile, ReturnType<typeof linesByNumber>>()
  const linesOf = (neutral: NeutralFile, text: string) => {
    const lines = known.get(neutral) ?? linesByNumber(neutral, text)
    known.set(neutral, lines)
    return lines
  }
  return (before, after) => {
    const path = placeIn(tree.layout, unit, before.file)
    const pathNow = placeIn(tree.layout, unit, after.file)
    const file = change.files.find(({ newPath }) => newPath === pathNow)
    if (path !== (file?.oldPath ?? pathNow)) return false
    if (file === undefined && !change.files.some(({ oldPath }) => oldPath === path)) return before.line === after.line
    const map = maps.get(path)
    if (map === undefined) return false
    const neutral = label === 'neutral' ? neutralFiles.get(pathNow) : undefined
    if (neutral === undefined) return corresponds(map, before.line, after.line)
    const lines = linesOf(neutral, file?.newText ?? '').get(after.line) ?? []
    return lines.length > 0 && lines.every(line => corresponds(map, before.line, line))
  }
}

/** The patched lines that have each number; nothing is declared or used on one that is blank, or a comment. */
function linesByNumber({ numbers }: NeutralFile, text: string): ReadonlyMap<number, readonly number[]> {
  const lines = new Map<number, number[]>()
  const used = new Set(lex(text).tokens.lines)
  numbers.forEach((number, line) => {
    if (used.has(line)) lines.set(number, [...(lines.get(number) ?? []), line])
  })
  return lines
}

/** Whether the patch takes text from one place among the variables to another, as it does where blocks change places. */
function movesIn(
  tree: Tree,
  unit: Unit,
  statics: readonly (FormOf | DeclaredStatic)[],
  { change }: CompiledUnits,
): boolean {
  const usesOf = (each: FormOf | DeclaredStatic) =>
    'uses' in each ? each.uses.flatMap(use => [use, ...use.calls]) : []
  const places = statics.flatMap(each => [each.declared, ...usesOf(each)])
  return change.files.some(file => {
    const lines = places.flatMap(place => (placeIn(tree.layout, unit, place.file) === file.oldPath ? [place.line] : []))
    return lines.length > 0 && movesText(file, Math.min(...lines), Math.max(...lines))
  })
}
