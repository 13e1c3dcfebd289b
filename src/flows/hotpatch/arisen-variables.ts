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
import { staticPlaces } from '../../dwarf/index.ts'
import { readElf } from '../../elf/index.ts'
import type { Piece } from '../../pieces/model.ts'
import { isCompilerMade, namesInSource } from '../../pieces/names.ts'
import { type CutOptions, pieceMap } from '../../pieces/pieces.ts'
import { isWritable } from '../../pieces/writable.ts'
import type { UnitInput } from '../../select/model.ts'
import { type Affected, debugObjects, type Overlay, originalTexts, type Tree, type Unit } from '../../trees/index.ts'
import { CPP, declaresMore, isKept, keyOf, withForms } from './declared-forms.ts'
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
  /** The original's. */
  readonly text: Parts
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
    const named =
      text === undefined ? [] : variables.filter(({ name }) => namesInSource(name).some(each => hasWord(text, each)))
    return text === undefined || named.length === 0 ? [] : [{ unit, variables: named, text }]
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
    const place = told?.places(section, offset)
    const names = place === undefined ? namesInSource(symbol) : [place.name]
    if (!names.some(name => mayBeWritten(text, name))) return []
    if (told === undefined || place === undefined) {
      const isDeclared = names.some(
        name => declaresMore(text, { name, kept: 0 }) || hasWord({ ...text, bodies: [] }, name),
      )
      return isDeclared ? [notKept(unit.unit, symbol)] : []
    }
    const lacking = told.before.filter(each => each.variable.name === place.name && !isKept(each, place.form))
    const kept = told.before.filter(each => each.variable.name === place.name && isKept(each, place.form))
    const others = told.after.filter(({ variable }) => keyOf(variable) !== keyOf(place))
    const isIt = ({ variable: { declared, isOfFile, name } }: (typeof lacking)[number]) => {
      if (said.isSame(declared, place.declared)) return isOfFile || isStatic()
      const isElsewhere = others.some(
        ({ variable }) => variable.name === name && said.isSame(declared, variable.declared),
      )
      return !isElsewhere && (isOfFile || isStatic())
    }
    const isStatic = () => {
      const ofFunctions = new Set(
        kept.filter(({ variable }) => !variable.isOfFile).map(({ variable }) => keyOf(variable)),
      )
      return declaresMore(text, { name: place.name, kept: ofFunctions.size })
    }
    return lacking.some(isIt) ? [notKept(unit.unit, symbol)] : []
  })
}

/** In C++, what is given to a function may be written there, though it looks as if it were read. */
function mayBeWritten({ around, bodies }: Parts, name: string): boolean {
  if (CPP.test(around) || isPointedTo(around, name)) return true
  return mayWriteVariable([around, ...bodies.map(({ text }) => text)], name)
}

/** Undefined where debug information cannot be read. */
function readBoth({ before, after, cut }: Said) {
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

function notKept(unit: string, symbol: string): Refusal {
  return {
    code: 'state-left-behind',
    unit,
    symbol,
    text: `${symbol} is new in ${unit}’s object, but its source had the variable before: nothing read it, so the compiler left it out, with all that was written to it. The new variable would begin afresh`,
    hint: 'if it is meant to begin with its first value when the patch is applied, give it another name; else read what is wanted from somewhere else',
  }
}
