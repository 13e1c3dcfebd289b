/**
 * Variables that the original text had and the original object had not. A compiler that sees all uses of a static variable,
 * and none that reads it, keeps neither the variable nor what is written to it. Where the patch reads it, its object has a
 * variable, and to those who compare objects it is new: the payload would bring it with its first value. By the source it
 * has what was written to it since the program was started, and that is nowhere. Likewise a part of a variable that LLVM
 * takes apart.
 *
 * In:  new variables of units that the patch changes. Where the original text has the name, debug information of both
 *      texts says which is which.
 * Out: a refusal for each that the original text declares, writes, and the original object does not have in that form.
 *
 * Tempting, and wrong: to ask objects alone. What a compiler has left out is in none of them.
 */
import { InputError } from '../../base/errors.ts'
import type { Refusal } from '../../base/refusal.ts'
import type { Parts } from '../../ctext/outline.ts'
import { isPointedTo, mayWriteVariable } from '../../ctext/reads.ts'
import { type StaticPlace, type StaticPlaces, staticPlaces } from '../../dwarf/index.ts'
import { readElf } from '../../elf/index.ts'
import type { Piece } from '../../pieces/model.ts'
import { isCompilerMade, namesInSource } from '../../pieces/names.ts'
import { type CutOptions, pieceMap } from '../../pieces/pieces.ts'
import { isWritable } from '../../pieces/writable.ts'
import type { UnitInput } from '../../select/model.ts'
import { type Affected, debugObjects, type Overlay, originalTexts, type Tree, type Unit } from '../../trees/index.ts'
import { CPP, declaresMore, type FormedVariable, isKept, keyOf, withForms } from './declared-forms.ts'
import type { CompiledUnits } from './judge.ts'
import { sameLine } from './static-lines.ts'
import { patchedOverlay } from './texts.ts'

interface Question {
  readonly affected: Affected
  readonly compiled: CompiledUnits
  readonly cut: CutOptions
}

interface Arisen {
  readonly unit: Unit
  readonly variables: readonly Piece<'patched'>[]
}

interface Asked extends Arisen {
  /** The original's; undefined where the compiler does not preprocess what it compiles. */
  readonly text: Parts | undefined
}

const NOTHING: Overlay = new Map()

export async function arisenVariables(
  tree: Tree,
  units: readonly UnitInput[],
  { affected, compiled, cut }: Question,
): Promise<readonly Refusal[]> {
  const arisen = newVariables(units, affected)
  if (arisen.length === 0) return []
  const texts = await originalTexts(
    tree,
    arisen.map(({ unit }) => unit),
  )
  const asked = arisen.flatMap(({ unit, variables }): readonly Asked[] => {
    const text = texts.get(unit)
    const isNamed = ({ name }: Piece<'patched'>) =>
      text === undefined || namesInSource(name).some(each => hasWord(text, each))
    const named = variables.filter(isNamed)
    return named.length === 0 ? [] : [{ unit, variables: named, text }]
  })
  if (asked.length === 0) return []
  const patched = patchedOverlay(compiled, affected)
  const objects = await debugObjects(tree, [
    ...asked.map(({ unit }) => ({ unit, overlay: NOTHING, label: 'original' as const })),
    ...asked.map(({ unit }) => ({ unit, overlay: patched, label: 'patched' as const })),
  ])
  return asked.flatMap((each, at) => {
    const isSame = sameLine(tree, each.unit, 'patched', compiled)
    return refusalsOf(each, { before: objects[at], after: objects[at + asked.length], cut, isSame })
  })
}

/** What an assembler's source declares, its object has. */
function newVariables(units: readonly UnitInput[], { affected }: Affected): readonly Arisen[] {
  const changed = affected.flatMap(({ unit, kind }) => (kind === 'changed' && unit.language === 'c' ? [unit] : []))
  const known = new Map(changed.map(unit => [unit.unit, unit]))
  return units.flatMap(({ unit: name, verdicts }) => {
    const unit = known.get(name)
    const { patched: map, ambiguities } = verdicts.correlation
    // Refused, since it may be another old one.
    const ambiguous = new Set(ambiguities.map(({ patched }) => patched))
    const variables = verdicts.data.flatMap(({ verdict, patched }) =>
      verdict.kind === 'new' && patched?.local === true && isWritable(map, patched) ? [patched] : [],
    )
    const own = variables.filter(({ id, kind, name }) => kind === 'data' && !isCompilerMade(name) && !ambiguous.has(id))
    return unit === undefined || own.length === 0 ? [] : [{ unit, variables: own }]
  })
}

function hasWord({ around, bodies }: Parts, name: string): boolean {
  const word = new RegExp(`(?<![\\w$])${name.replaceAll('$', '\\$')}(?![\\w$])`)
  return word.test(around) || bodies.some(({ text }) => word.test(text))
}

interface Said {
  readonly before: Uint8Array | undefined
  readonly after: Uint8Array | undefined
  readonly cut: CutOptions
  readonly isSame: ReturnType<typeof sameLine>
}

function refusalsOf({ unit, variables, text }: Asked, said: Said): readonly Refusal[] {
  const told = readBoth(said)
  return variables.flatMap(({ name: symbol, section, offset }) => {
    if (text === undefined) return [notTold(unit.unit, symbol)]
    const place = told?.places(section, offset)
    const names = place === undefined ? namesInSource(symbol) : [place.name]
    if (!names.some(name => mayBeWritten(text, name))) return []
    const isLost =
      told === undefined || place === undefined
        ? names.some(name => declaresMore(text, { name, kept: 0 }) || hasWord({ ...text, bodies: [] }, name))
        : lacks(text, place, { ...told, isSame: said.isSame })
    return isLost ? [notKept(unit.unit, symbol)] : []
  })
}

/** Whether one that the original text declares, and its object has not in this form, is this one. */
function lacks(text: Parts, place: StaticPlace, { before, after, isSame }: Told & Pick<Said, 'isSame'>): boolean {
  const namesakes = before.filter(({ variable }) => variable.name === place.name)
  const kept = namesakes.filter(each => isKept(each, place.form))
  const lacking = namesakes.filter(each => !isKept(each, place.form))
  const others = after.filter(({ variable }) => variable.name === place.name && keyOf(variable) !== keyOf(place))
  const ofFunctions = kept.filter(({ variable }) => !variable.isOfFile).map(({ variable }) => keyOf(variable))
  const isStatic = declaresMore(text, { name: place.name, kept: new Set(ofFunctions).size })
  return lacking.some(({ variable: { declared, isOfFile } }) => {
    const isElsewhere = others.some(({ variable }) => isSame(declared, variable.declared))
    return (isSame(declared, place.declared) || !isElsewhere) && (isOfFile || isStatic)
  })
}

/** In C++, what is given to a function may be written there, though it looks as if it were read. */
function mayBeWritten({ around, bodies }: Parts, name: string): boolean {
  if (CPP.test(around) || isPointedTo(around, name)) return true
  return mayWriteVariable([around, ...bodies.map(({ text }) => text)], name)
}

interface Told {
  readonly before: readonly FormedVariable[]
  readonly after: readonly FormedVariable[]
}

/** Undefined where debug information cannot be read. */
function readBoth({ before, after, cut }: Said): (Told & { readonly places: StaticPlaces }) | undefined {
  if (before === undefined || after === undefined) return undefined
  try {
    const now = pieceMap(readElf<'patched'>(after), cut)
    return {
      before: withForms(pieceMap(readElf<'original'>(before), cut)),
      after: withForms(now),
      places: staticPlaces(now.object),
    }
  } catch (error) {
    if (error instanceof InputError) return undefined
    throw error
  }
}

function notTold(unit: string, symbol: string): Refusal {
  return {
    code: 'state-left-behind',
    unit,
    symbol,
    text: `${symbol} is new in ${unit}’s object. Whether its source had the variable before cannot be said, since the compiler does not preprocess that source (-E) as the build’s command compiles it`,
    hint: 'see why the unit’s command fails with -E; or, if it is meant to begin with its first value when the patch is applied, put it into a new source file',
  }
}

function notKept(unit: string, symbol: string): Refusal {
  return {
    code: 'state-left-behind',
    unit,
    symbol,
    text: `${symbol} is new in ${unit}’s object, but its source had the variable before: nothing read it, so the compiler left it out, with all that was written to it. The new variable would begin afresh`,
    hint: 'if it is meant to begin with its first value when the patch is applied, give it another name; else read what is wanted from somewhere else',
  }
}
