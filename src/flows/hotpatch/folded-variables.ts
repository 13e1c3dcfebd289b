/**
 * Variables that the patched text still has and the patched object has not. A compiler that sees all uses of a static
 * variable keeps none that only ever has its first value: where the patch takes away the last statement that gives it
 * another one, what reads it becomes a constant. But the running system may have been through that statement: the new
 * text would go on with what it left, the new object does not look. Likewise LLVM with a table that nothing writes any
 * more, which becomes constant.
 *
 * In:  variables that are gone, and debug information of both texts, which says what the source declares.
 * Out: a refusal for each that the source still declares and, as its text has it, reads, and for each of which the compiler
 *      tells nothing.
 *
 * Tempting, and wrong: to look whether the name still occurs in the text. It does where another variable, a member, or a
 * parameter is called so, and macros declare many by one name (`__warned`).
 */
import { InputError } from '../../base/errors.ts'
import type { Refusal } from '../../base/refusal.ts'
import type { Parts } from '../../ctext/outline.ts'
import { isPointedTo, readsVariable } from '../../ctext/reads.ts'
import { type DeclaredVariable, declaredVariables, staticPlaces } from '../../dwarf/index.ts'
import { readElf } from '../../elf/index.ts'
import type { Piece } from '../../pieces/model.ts'
import { isCompilerMade, sourceName, variableNames } from '../../pieces/names.ts'
import { type CutOptions, pieceMap } from '../../pieces/pieces.ts'
import { isWritable } from '../../pieces/writable.ts'
import type { UnitInput } from '../../select/model.ts'
import {
  type Affected,
  debugObjects,
  type Overlay,
  placeIn,
  preprocessedTexts,
  type Tree,
  type Unit,
} from '../../trees/index.ts'
import { CPP, declaresMore, type FormedVariable, isKept, keyOf, type StaticIf, withForms } from './declared-forms.ts'
import type { CompiledUnits } from './judge.ts'
import { bodiesFrom } from './made-from.ts'
import { sameLine } from './static-lines.ts'
import { patchedOverlay } from './texts.ts'

interface Question {
  readonly affected: Affected
  readonly compiled: CompiledUnits
  readonly cut: CutOptions
}

interface Gone {
  readonly unit: Unit
  readonly variables: readonly Piece<'original'>[]
}

const NOTHING: Overlay = new Map()

export async function foldedVariables(
  tree: Tree,
  units: readonly UnitInput[],
  { affected, compiled, cut }: Question,
): Promise<readonly Refusal[]> {
  const asked = goneVariables(units, affected, compiled)
  if (asked.length === 0) return []
  const patched = patchedOverlay(compiled, affected)
  const objects = await debugObjects(tree, [
    ...asked.map(({ unit }) => ({ unit, overlay: NOTHING, label: 'original' as const })),
    ...asked.map(({ unit }) => ({ unit, overlay: patched, label: 'patched' as const })),
  ])
  const found = asked.flatMap((gone, at) => {
    const declares = declaring(tree, gone.unit, compiled)
    const [before, after] = [objects[at], objects[at + asked.length]]
    return refusalsOf(gone, { before, after, cut, declares }).map(refused => ({ unit: gone.unit, ...refused }))
  })
  const concerned = [...new Set(found.map(({ unit }) => unit))]
  const texts = await preprocessedTexts(
    tree,
    concerned.map(unit => ({ unit, overlay: patched, label: 'patched' })),
  )
  const inputs = new Map(units.map(each => [each.unit, each]))
  return found.flatMap(({ unit, refusal, names, isStaticIf }) => {
    const text = texts.get(unit)
    const isAutomatic = isStaticIf !== undefined && text !== undefined && !declaresMore(text, isStaticIf)
    return isAutomatic || isOnlyWritten(names, text, inputs.get(unit.unit)) ? [] : [refusal]
  })
}

/** What nobody reads, nobody misses. */
function isOnlyWritten(names: readonly string[], text: Parts | undefined, input: UnitInput | undefined): boolean {
  // Of a name as C++ has it in objects, the text says nothing.
  if (text === undefined || input === undefined || names.some(name => name.startsWith('_Z'))) return false
  const { pieces } = input.verdicts.correlation.patched
  const functions = pieces.filter(({ kind }) => kind === 'function').map(({ name }) => name)
  const isCpp = pieces.some(({ name }) => name.startsWith('_Z')) || CPP.test(text.around)
  // What C++ calls a function in an object is not its name in the text, and those of classes stand among declarations.
  const bodies = isCpp ? text.bodies : bodiesFrom(text.bodies, functions.map(sourceName))
  const texts = [...(isCpp ? [text.around] : []), ...bodies.map(body => body.text)]
  return !names.some(name => isPointedTo(text.around, name) || texts.some(each => readsVariable(each, name, isCpp)))
}

/** Of units that compilers make from C and its like: an assembler leaves nothing away that its source has. */
function goneVariables(units: readonly UnitInput[], { affected }: Affected, compiled: CompiledUnits): readonly Gone[] {
  const inC = affected.filter(({ unit }) => unit.language === 'c')
  const known = new Map(inC.map(({ unit }) => [unit.unit, unit]))
  const removed = new Set(inC.flatMap(({ unit, kind }) => (kind === 'removed' ? [unit.unit] : [])))
  // A file that is gone declares nothing; the one that takes its code over is of the patch, too.
  const lives = (name: string) =>
    !removed.has(name) ? () => true : (piece: Piece<'original'>) => isWritten(compiled, variableNames(piece.name))
  return units.flatMap(({ unit: name, verdicts }) => {
    const unit = known.get(name)
    const map = verdicts.correlation.original
    const variables = verdicts.data.flatMap(({ verdict, original }) =>
      verdict.kind === 'gone' && original?.local === true && isWritable(map, original) ? [original] : [],
    )
    const own = variables.filter(each => each.kind === 'data' && !isCompilerMade(each.name)).filter(lives(name))
    return unit === undefined || own.length === 0 ? [] : [{ unit, variables: own }]
  })
}

/** Whether a text that the patch leaves has one of the names. */
function isWritten({ change: { files } }: CompiledUnits, names: readonly string[]): boolean {
  const word = new RegExp(`(?<![\\w$])(?:${names.map(name => name.replaceAll('$', '\\$')).join('|')})(?![\\w$])`)
  return files.some(({ newText }) => word.test(newText))
}

/** `perhaps`: where a macro may be what makes it a static one. */
type Declares = (before: DeclaredVariable, after: DeclaredVariable) => boolean | 'perhaps'

/** Whether the second declares what the first did: its line, or one that the patch wrote, and that is a static one too. */
function declaring(tree: Tree, unit: Unit, compiled: CompiledUnits): Declares {
  const isSame = sameLine(tree, unit, 'patched', compiled)
  const texts = new Map(compiled.change.files.map(({ newPath, newText }) => [newPath, newText?.split('\n')]))
  return (before, after) => {
    if (before.name !== after.name) return false
    if (isSame(before.declared, after.declared)) return true
    const lines = texts.get(placeIn(tree.layout, unit, after.declared.file))
    // What the patch did not write stands as it did, and is another one.
    if (lines === undefined) return false
    if (after.isOfFile) return before.isOfFile
    return !before.isOfFile && isStatic(lines, after)
  }
}

/** Lines that a declaration may have before its name. */
const MOST_LINES = 40

/** Whether the word is in the statement, up to the name. */
function isStatic(lines: readonly string[], { name, declared: { line } }: DeclaredVariable): boolean | 'perhaps' {
  const before = lines.slice(Math.max(0, line - MOST_LINES), line).filter(each => !each.trimStart().startsWith('#'))
  const [own = ''] = before.splice(-1)
  const at = own.search(new RegExp(`(?<![\\w$])${name.replaceAll('$', '\\$')}(?![\\w$])`))
  if (at === -1) return 'perhaps'
  const statement = [...before, own.slice(0, at)].join('\n').split(/[;{}]/).at(-1) ?? ''
  return /\bstatic\b/.test(statement) || 'perhaps'
}

interface Said {
  readonly before: Uint8Array | undefined
  readonly after: Uint8Array | undefined
  readonly cut: CutOptions
  readonly declares: Declares
}

interface Refused {
  readonly refusal: Refusal
  /** What the source may call the variable. */
  readonly names: readonly string[]
  readonly isStaticIf?: StaticIf
}

function refusalsOf({ unit, variables }: Gone, { before, after, cut, declares }: Said): readonly Refused[] {
  const told = before === undefined || after === undefined ? undefined : readBoth(before, after, cut)
  if (told === undefined)
    return variables.map(({ name }) => ({ refusal: untold(unit.unit, name), names: variableNames(name) }))
  return variables.flatMap((variable): readonly Refused[] => {
    const declared = told.declared(variable)
    if (declared === undefined) {
      const names = variableNames(variable.name)
      const isThere = told.now.some(({ variable, keptForms }) => keptForms.size === 0 && names.includes(variable.name))
      return isThere ? [{ refusal: untold(unit.unit, variable.name), names }] : []
    }
    const lost = told.now.filter(each => !isKept(each, declared.form))
    const answers = lost.map(each => declares(declared.variable, each.variable))
    const { name } = declared.variable
    const refused = { refusal: folded(unit.unit, variable.name), names: [name] }
    if (answers.includes(true)) return [refused]
    const kept = told.now.filter(
      each => each.keptForms.size > 0 && !each.variable.isOfFile && each.variable.name === name,
    )
    return answers.includes('perhaps') ? [{ ...refused, isStaticIf: { name, kept: kept.length } }] : []
  })
}

interface Formed {
  readonly variable: DeclaredVariable
  readonly form: string
}

interface Told {
  readonly declared: (variable: Piece<'original'>) => Formed | undefined
  readonly now: readonly FormedVariable[]
}

/** Undefined where debug information cannot be read. */
function readBoth(before: Uint8Array, after: Uint8Array, cut: CutOptions): Told | undefined {
  try {
    const { object, pieces } = pieceMap(readElf<'original'>(before), cut)
    const places = staticPlaces(object)
    const all = declaredVariables(object)
    const byName = new Map(pieces.map(piece => [piece.name, piece]))
    const declared = ({ name }: Piece<'original'>) => {
      const piece = byName.get(name)
      const place = piece === undefined ? undefined : places(piece.section, piece.offset)
      const variable = all.find(each => place !== undefined && keyOf(each) === keyOf(place))
      return variable === undefined ? undefined : { variable, form: place?.form ?? '' }
    }
    return { declared, now: withForms(pieceMap(readElf<'patched'>(after), cut)) }
  } catch (error) {
    if (error instanceof InputError) return undefined
    throw error
  }
}

const HINT =
  'declare it volatile in the patch, and its running value counts; if its first value is meant, take it out of the functions that read it'

function folded(unit: string, symbol: string): Refusal {
  return {
    code: 'constant-by-patch',
    unit,
    symbol,
    text: `${unit} still declares ${symbol}, but with the patch nothing gives it another value than its first, and the compiler has put that value wherever it is read: what the running system holds in ${symbol} would no longer count`,
    hint: HINT,
  }
}

function untold(unit: string, symbol: string): Refusal {
  return {
    code: 'constant-by-patch',
    unit,
    symbol,
    text: `${symbol} is gone from ${unit}, and the compiler does not tell whether the source still declares it: it may have put its first value wherever it is read, and what the running system holds there would no longer count`,
    hint: HINT,
  }
}
