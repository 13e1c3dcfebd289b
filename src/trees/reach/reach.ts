/**
 * Which units can see what a patch changes in the headers that they read. Compiling all readers of a header is most of a
 * build's time, and mostly for nothing: the body of an inline function concerns those who call it.
 *
 * The compiler's own preprocessor says it: where a unit's text is the same from both versions, but for inline functions that
 * nobody uses, the object is the same (`same-text.ts`). It is spared the question where only comments change, and where the
 * unit's own source has one of the changed names.
 *
 * It is spared, too, where nothing but prototypes come whose names stand nowhere (`prototypes.ts`).
 *
 * Where only macros or bodies of inline functions change, what it says of the original is enough (`by-names.ts`).
 *
 * The tempting approach that fails: to look for the names in the files that a unit reads. A use hides in what `##` joins, in
 * macros that are defined inside of something or by one unit alone, on command lines, behind a backslash; and what nobody
 * uses can be felt all the same.
 */
import { type ChangedItems, changedItems } from '../../ctext/changed-items.ts'
import { TRIGRAPH, textItemsOf } from '../../ctext/items.ts'
import type { SourceChange, TouchedFile } from '../../source/model.ts'
import { overlayOf } from '../affected.ts'
import { toAbsolute } from '../layout.ts'
import type { Affected, AffectedUnit, Tree } from '../model.ts'
import { byNames } from './by-names.ts'
import { hasTrigraphs, isOrdinary } from './commands.ts'
import { assembling } from './embedded.ts'
import { type EditsByPath, namedEdits } from './named-edits.ts'
import { withoutUse } from './prototypes.ts'
import { withSameText } from './same-text.ts'
import { textsReadBy } from './unit-texts.ts'

export interface LeftOut {
  readonly unit: string
  readonly text: string
}

export interface Reach {
  readonly affected: Affected
  /** Units that read what the patch touches, and cannot see what it changes there. */
  readonly leftOut: readonly LeftOut[]
}

/** Units that may be left out, each with all that it reads. */
export interface Candidates {
  /** Nothing that a compiler sees changes in what they read. */
  readonly quiet: readonly AffectedUnit[]
  /** Their preprocessed text decides. */
  readonly asked: readonly AffectedUnit[]
  /** Those whose own text has one of the changed names, in a comment maybe. */
  readonly naming: readonly AffectedUnit[]
}

type Edits = ReadonlyMap<string, ChangedItems | undefined>

interface Question {
  /** Whether units have to be compiled of which only line numbers change. */
  readonly withMoved: boolean
}

export async function withinReach(
  tree: Tree,
  affected: Affected,
  change: SourceChange,
  question: Question,
): Promise<Reach> {
  // A unit's own source concerns it: most patches are of nothing else.
  if (!affected.affected.some(isOfHeaders)) return { affected, leftOut: [] }
  const edits = editsOf(change)
  const { quiet, asked, naming } = candidatesBy(textsOfTree(tree), affected, { change, edits, ...question })
  const isAssembled = assembling(tree)
  const isOther = (each: AffectedUnit) => !isAssembled(each)
  const unused = new Set(withoutUse(tree, [...asked, ...naming].filter(isOther), change))
  const others = asked.filter(each => isOther(each) && !unused.has(each))
  const named = namedIn(others, change)
  const isNamed = ({ because }: AffectedUnit) => because.every(path => named.has(path))
  const texts = textsReadBy(tree, others.filter(isNamed), named)
  const { unseen, untold } = await byNames(tree, others, texts, named)
  const same = await withSameText(tree, untold, {
    overlay: overlayOf(change, affected),
    withLines: question.withMoved,
  })
  const leftOut = [...quiet.filter(isOther), ...unused, ...unseen, ...same]
  // A text that no compiler takes would be found out by nobody.
  const isAll = leftOut.length === affected.affected.length && hasCode(edits)
  const out = new Set((isAll ? leftOut.slice(1) : leftOut).map(({ unit }) => unit.unit))
  return {
    affected: { ...affected, affected: affected.affected.filter(({ unit }) => !out.has(unit.unit)) },
    leftOut: affected.affected.flatMap(each =>
      out.has(each.unit.unit) ? [{ unit: each.unit.unit, text: words(each, edits) }] : [],
    ),
  }
}

function isOfHeaders({ unit, because }: AffectedUnit): boolean {
  return !because.some(path => path === unit.dependencies[0])
}

/** The tree's files, by paths as of dependencies. */
export interface Texts {
  read(path: string): string | undefined
  isThere(path: string): boolean
}

/** What is there was digested when the units were found. */
function textsOfTree({ reader, texts, layout }: Tree): Texts {
  const isThere = (path: string) => texts.digest(texts.real.of(toAbsolute(layout, path))) !== 'absent'
  return { read: path => reader.read(path), isThere }
}

export function candidates(texts: Texts, affected: Affected, change: SourceChange, question: Question): Candidates {
  return candidatesBy(texts, affected, { change, edits: editsOf(change), ...question })
}

interface Changed extends Question {
  readonly change: SourceChange
  readonly edits: Edits
}

function candidatesBy(texts: Texts, affected: Affected, { change, edits, withMoved }: Changed): Candidates {
  const mayBeOut = ({ unit, kind, because }: AffectedUnit) =>
    kind === 'changed' &&
    isOrdinary(unit) &&
    because.every(path => {
      const isRead = unit.dependencies.includes(path) && unit.dependencies[0] !== path && !affected.generated.has(path)
      return isRead && edits.has(path) && !(withMoved && edits.get(path)?.moves !== false)
    })
  const known = affected.affected.map(withReads).filter(mayBeOut)
  const isQuiet = quietIn(texts, edits, change)
  const isRest = ({ unit, because }: AffectedUnit) => {
    const own = texts.read(unit.dependencies[0] ?? '')
    return own !== undefined && !because.some(path => namesOf(edits.get(path)).some(name => hasWord(own, name)))
  }
  const quiet = new Set(known.filter(isQuiet))
  const others = known.filter(each => !quiet.has(each))
  const asked = new Set(others.filter(isRest))
  return { quiet: [...quiet], asked: [...asked], naming: others.filter(each => !asked.has(each)) }
}

/** Not within another word. */
function hasWord(text: string, name: string): boolean {
  if (!text.includes(name)) return false
  const isInWord = (at: number) => /[\w$\x80-\xff]/.test(text[at] ?? '')
  for (let at = text.indexOf(name); at !== -1; at = text.indexOf(name, at + 1))
    if (!isInWord(at - 1) && !isInWord(at + name.length)) return true
  return false
}

/** With all that the unit reads among its dependencies. */
function withReads(each: AffectedUnit): AffectedUnit {
  const { unit, reads } = each
  return reads === undefined ? each : { ...each, unit: { ...unit, dependencies: reads } }
}

function editsOf({ files }: SourceChange): Edits {
  return new Map(files.flatMap(file => (file.kind === 'edited' ? [[file.newPath ?? '', editOf(file)] as const] : [])))
}

function editOf({ oldText, newText }: TouchedFile): ChangedItems | undefined {
  const [before, after] = [textItemsOf(oldText), textItemsOf(newText)]
  return before === undefined || after === undefined ? undefined : changedItems(before, after)
}

function hasCode(edits: Edits): boolean {
  return [...edits.values()].some(edit => edit?.items.every(({ kind }) => kind === 'prototype') !== true)
}

/** Answers whether only comments and white space change in what makes a unit one of the affected. */
function quietIn(texts: Texts, edits: Edits, { files }: SourceChange): (each: AffectedUnit) => boolean {
  // Three characters may be one to the compiler, in a comment's end too.
  const isSpelled = files.some(({ oldText, newText }) => TRIGRAPH.test(oldText) || TRIGRAPH.test(newText))
  const there = new Map<string, boolean>()
  const isThere = (path: string) => {
    const found = there.get(path) ?? texts.isThere(path)
    there.set(path, found)
    return found
  }
  return ({ unit, because }) =>
    because.every(path => edits.get(path)?.items.length === 0) &&
    !(isSpelled && hasTrigraphs(unit)) &&
    unit.dependencies.every(isThere)
}

/** The edits of touched files that are of names alone, by path. */
function namedIn(units: readonly AffectedUnit[], { files }: SourceChange): EditsByPath {
  const paths = new Set(units.flatMap(({ because }) => because))
  return new Map(
    files.flatMap(file => {
      const { kind, newPath = '', oldText, newText } = file
      const items = kind === 'edited' && paths.has(newPath) ? editOf(file) : undefined
      const named = items && namedEdits(oldText, newText, items)
      return named === undefined ? [] : [[newPath, named] as const]
    }),
  )
}

function namesOf(edit: ChangedItems | undefined): readonly string[] {
  return [...new Set(edit?.items.map(({ name }) => name))].filter(name => name !== '')
}

const MOST_NAMED = 3

function words({ because }: AffectedUnit, edits: Edits): string {
  const all = because.map(path => edits.get(path))
  const names = [...new Set(all.flatMap(namesOf))]
  const shown = names.length > MOST_NAMED ? [...names.slice(0, MOST_NAMED), `${names.length - MOST_NAMED} more`] : names
  const moved = all.some(edit => edit?.moves !== false) ? '; line numbers in it were not looked at' : ''
  const isQuiet = all.every(edit => edit?.items.length === 0)
  const uses = names.length === 0 ? 'does not see what changes in' : `does not use ${shown.sort().join(', ')} of`
  return `${isQuiet ? 'only comments and white space change in' : uses} ${because.join(', ')}${moved}`
}
