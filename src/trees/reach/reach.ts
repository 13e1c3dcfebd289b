/**
 * Which units can see what a patch changes in the headers that they read. Compiling all readers of a header is most of a
 * build's time, and mostly for nothing: the body of an inline function concerns those who call it.
 *
 * The tokens of the files that a unit reads decide where they can: who uses a changed name, be it by way of inline functions
 * and macros, is compiled, and who surely does not is left out. What they cannot decide, the preprocessor is asked
 * (`same-text.ts`), as long as it lets somebody out; and then the compiler decides.
 *
 * The tempting approach that fails: to look for the name. A use hides in what `##` joins, in macros that are defined inside
 * of something, on command lines, behind a backslash; and what nobody uses can be felt all the same.
 */
import type { BroughtTags } from '../../ctext/brought-tags.ts'
import { type ChangedItems, changedItems } from '../../ctext/changed-items.ts'
import { TRIGRAPH, textItemsOf } from '../../ctext/items.ts'
import type { SourceChange, TouchedFile } from '../../source/model.ts'
import { overlayOf } from '../affected.ts'
import { toAbsolute } from '../layout.ts'
import type { Affected, AffectedUnit, Tree, Unit } from '../model.ts'
import { BROUGHT_ALONG, definedBy, hasTrigraphs, isOrdinary } from './commands.ts'
import { assembling } from './embedded.ts'
import { Joined } from './joined.ts'
import { OwnMacros } from './own-macros.ts'
import { Plain } from './plain.ts'
import { withSameText } from './same-text.ts'
import { SeenFiles } from './seen.ts'
import { usersOf } from './users.ts'

export interface LeftOut {
  readonly unit: string
  readonly text: string
}

export interface Reach {
  readonly affected: Affected
  /** Units that read what the patch touches, and cannot see what it changes there. */
  readonly leftOut: readonly LeftOut[]
}

/** What tokens say of the units that a change concerns, each with all that it reads. */
export interface ByTokens {
  /** They cannot see it. */
  readonly out: readonly AffectedUnit[]
  /** Of these, tokens cannot tell. */
  readonly doubtful: readonly AffectedUnit[]
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
  const edits = editsOf(change)
  const told = byTokens(textsOfTree(tree), affected, change, question)
  const isAssembled = assembling(tree)
  const isOther = (each: AffectedUnit) => !isAssembled(each)
  const same = await withSameText(tree, told.doubtful.filter(isOther), overlayOf(change, affected))
  const leftOut = [...told.out.filter(isOther), ...same]
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

/** With all that the unit reads among its dependencies. */
function withReads(each: AffectedUnit): AffectedUnit {
  const { unit, reads } = each
  return reads === undefined ? each : { ...each, unit: { ...unit, dependencies: reads } }
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

export function byTokens(texts: Texts, affected: Affected, change: SourceChange, { withMoved }: Question): ByTokens {
  const edits = editsOf(change)
  const isAsked = ({ unit, kind, because }: AffectedUnit) =>
    kind === 'changed' &&
    isOrdinary(unit) &&
    because.every(path => {
      const isRead = unit.dependencies.includes(path) && unit.dependencies[0] !== path && !affected.generated.has(path)
      return isRead && edits.has(path) && !(withMoved && edits.get(path)?.moves !== false)
    })
  const asked = affected.affected.map(withReads).filter(isAsked)
  const isKnown = ({ because }: AffectedUnit) => because.every(path => edits.get(path) !== undefined)
  const known = asked.filter(isKnown)
  const told = known.length === 0 ? undefined : toldOf(texts, known, { edits, change })
  if (told === undefined) return { out: [], doubtful: asked }
  return {
    out: known.filter(each => told(each) === 'out'),
    doubtful: asked.filter(each => !isKnown(each) || told(each) === 'doubtful'),
  }
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

/** Words that compilers' own macros become, or that are such macros. */
const BROUGHT_BY_COMPILERS = /^(?:_|(?:(?:un)?signed|int|long|short|char|float|double)$)/

type Told = (unit: AffectedUnit) => 'reached' | 'out' | 'doubtful'

/** Undefined where tokens tell of no unit. */
function toldOf(
  texts: Texts,
  known: readonly AffectedUnit[],
  { edits, change }: { edits: Edits; change: SourceChange },
): Told | undefined {
  const paths = new Set(known.flatMap(({ because }) => because))
  const items = [...paths].flatMap(path => edits.get(path)?.items ?? [])
  const there = new Map<string, boolean>()
  const isThere = (path: string) => {
    const found = there.get(path) ?? texts.isThere(path)
    there.set(path, found)
    return found
  }
  const readable = (unit: Unit) => unit.dependencies.every(isThere)
  if (items.length === 0) {
    const isSpelled = change.files.some(({ oldText, newText }) => TRIGRAPH.test(oldText) || TRIGRAPH.test(newText))
    return ({ unit }) => (!readable(unit) ? 'reached' : isSpelled && hasTrigraphs(unit) ? 'doubtful' : 'out')
  }
  if (items.some(({ kind }) => kind === 'other' || kind === 'directive' || kind === 'include')) return undefined
  const patched = new Map(change.files.map(({ newPath = '', newText }) => [newPath, newText]))
  const files = new SeenFiles(textsOf(texts, known, patched), ownSources(known))
  const joined = new Joined(files)
  const plain = new Plain(files, joined)
  const definitions = items.flatMap(({ name }) => files.having(name).filter(({ path }) => paths.has(path)))
  const isUnderstood = items.every(({ kind, name }) =>
    kind === 'macro' || kind === 'undef'
      ? !/[^\w$]/.test(name) && !BROUGHT_BY_COMPILERS.test(name)
      : definitions.every(each => each.item.name !== name || each.item.kind === 'macro' || plain.isPlain(each)),
  )
  const tags = tagsOf(
    files,
    [...paths].flatMap(path => edits.get(path)?.brought ?? []),
  )
  const names = new Set([...items.map(({ name }) => name), ...tags])
  const users = usersOf(files, { joined, plain }, { names, paths })
  if (!isUnderstood || users === undefined) return undefined
  const own = new OwnMacros(files, { joined, plain, names: users.names })
  return ({ unit }) => {
    const read = readBy(unit)
    if (read.some(path => users.byFile.has(path)) || !readable(unit)) return 'reached'
    const isOther = hasTrigraphs(unit)
    const isOpen = (path: string) =>
      files.unreadable.has(path) || users.felt.has(path) || (isOther && files.withTrigraphs.has(path))
    return read.some(isOpen) || own.mayMatter(unit.dependencies) ? 'doubtful' : 'out'
  }
}

/** Tags that an edit declares elsewhere now, with what macros may make of them. */
function tagsOf(files: SeenFiles, brought: readonly BroughtTags[]): ReadonlySet<string> {
  const withMacros = (words: Iterable<string>) => {
    const all = new Set(words)
    for (const word of all) for (const { body } of files.macros(word)) for (const each of body) all.add(each)
    return all
  }
  const types = brought.flatMap(each => each.types).map(word => withMacros([word]))
  const hidden = types.filter(words => ['struct', 'union', 'enum'].some(word => words.has(word)))
  return new Set([...withMacros(brought.flatMap(each => each.tags)), ...hidden.flatMap(words => [...words])])
}

/** Sources that no other unit reads. */
function ownSources(known: readonly AffectedUnit[]): ReadonlySet<string> {
  const own = new Set(known.map(({ unit }) => unit.dependencies[0] ?? ''))
  for (const { unit } of known) for (const path of unit.dependencies.slice(1)) own.delete(path)
  const seen = new Set<string>()
  for (const { unit } of known) {
    const path = unit.dependencies[0] ?? ''
    if (seen.has(path)) own.delete(path)
    seen.add(path)
  }
  return own
}

/** What a unit reads, and what its command defines as if it were a file of that text. */
function readBy(unit: Unit): readonly string[] {
  return [...unit.dependencies, ...definedBy(unit).map(text => `${COMMAND}${text}`), COMMAND]
}

const COMMAND = 'command line: '

function textsOf(
  { read }: Texts,
  known: readonly AffectedUnit[],
  patched: ReadonlyMap<string, string>,
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>([[COMMAND, [BROUGHT_ALONG]]])
  for (const path of new Set(known.flatMap(({ unit }) => readBy(unit)))) {
    const text = path.startsWith(COMMAND) ? path.slice(COMMAND.length) : read(path)
    const after = patched.get(path)
    if (text !== undefined && (text !== '' || (after ?? '') !== ''))
      found.set(path, after === undefined ? [text] : [text, after])
  }
  return found
}

const MOST_NAMED = 3

function words({ because }: AffectedUnit, edits: Edits): string {
  const all = because.map(path => edits.get(path))
  const names = [...new Set(all.flatMap(edit => edit?.items.map(({ name }) => name) ?? []))].filter(name => name !== '')
  const shown = names.length > MOST_NAMED ? [...names.slice(0, MOST_NAMED), `${names.length - MOST_NAMED} more`] : names
  const moved = all.some(edit => edit?.moves !== false) ? '; line numbers in it were not looked at' : ''
  const isQuiet = all.every(edit => edit?.items.length === 0)
  const uses = names.length === 0 ? 'does not see what changes in' : `does not use ${shown.sort().join(', ')} of`
  return `${isQuiet ? 'only comments and white space change in' : uses} ${because.join(', ')}${moved}`
}
