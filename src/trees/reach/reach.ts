/**
 * Which units can see what a patch changes in the headers that they read. Compiling all readers of a header is most of a
 * build's time, and mostly for nothing: the body of an inline function concerns those who call it.
 *
 * Two witnesses. The tokens of the files say quickly who uses a changed name, be it by way of inline functions and macros:
 * those units are compiled. Of the others the preprocessor is asked, with the unit's own command: one is left out only where
 * its preprocessed text is the same for both versions once the bodies of inline functions are taken away that nobody uses.
 *
 * The tempting approach that fails: to trust the tokens. A use hides in what `##` joins of numbers, in macros that are
 * defined inside of something, on command lines, behind a backslash.
 */
import { changedItems } from '../../ctext/changed-items.ts'
import { type Item, itemsOf } from '../../ctext/items.ts'
import type { SourceChange, TouchedFile } from '../../source/model.ts'
import { overlayOf } from '../affected.ts'
import { tryCompile } from '../compile.ts'
import { toAbsolute } from '../layout.ts'
import type { Affected, AffectedUnit, Tree, Unit } from '../model.ts'
import type { Overlay } from '../overlay.ts'
import { VOLATILE } from '../texts.ts'
import { SeenFiles } from './seen.ts'
import { isPlain, usersOf } from './users.ts'

export interface LeftOut {
  readonly unit: string
  readonly text: string
}

export interface Reach {
  readonly affected: Affected
  /** Units that read what the patch touches, and cannot see what it changes there. */
  readonly leftOut: readonly LeftOut[]
}

/** Options by which a compiler keeps what nobody uses, or counts it, or takes words for others than they are. */
const KEEPING =
  /^-(?:fkeep-|fno-toplevel-reorder|fno-unit-at-a-time|fprofile|ftest-coverage|aux-info|fdump|fplugin|-coverage$|trigraphs$|std=(?:c|iso)|Xclang$|D(?:static|extern|\w*inline\w*)(?:=|$))/
const C_PLUS_PLUS = /\.(?:C|cc|cp|cpp|cxx|CPP|c\+\+|ii|mm?)$/
/** Where these stand, what nobody uses can still be felt. */
const FELT = new Set<string>([...VOLATILE, '_Pragma', '__pragma', '__INCLUDE_LEVEL__'])

/** What compilers call by themselves, in the words of a declaration where there is one. */
const IMPLIED =
  /^(?:__|mem|str|abort$|f?printf$|s?n?printf$|f?puts|f?putc|setjmp|longjmp|alloca|malloc|calloc|realloc|free$)/

/** What an edit changes in one file. */
interface Edit {
  readonly items: readonly Item[]
  readonly moves: boolean
}

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
  const guess = byTokens(tree, affected, change, question)
  const out = new Set(guess.leftOut.map(({ unit }) => unit))
  const units = affected.affected.flatMap(({ unit, because }) =>
    out.has(unit.unit) && !isAssembled(tree, unit, because) ? [unit] : [],
  )
  const same = await withSameText(tree, units, overlayOf(change, affected))
  return {
    affected: { ...affected, affected: affected.affected.filter(({ unit }) => !same.has(unit.unit)) },
    leftOut: guess.leftOut.filter(({ unit }) => same.has(unit)),
  }
}

/** Whether an assembler that the unit's texts tell to read further files may read one of these, which no text shows. */
function isAssembled({ layout, texts, reader }: Tree, { dependencies }: Unit, because: readonly string[]): boolean {
  const names = because.map(path => path.slice(path.lastIndexOf('/') + 1))
  return dependencies.some(
    path => texts.embeds(toAbsolute(layout, path)) && names.some(name => reader.read(path)?.includes(name) !== false),
  )
}

/** The units of which both texts are the same, but for what nobody uses. */
async function withSameText(tree: Tree, units: readonly Unit[], overlay: Overlay): Promise<ReadonlySet<string>> {
  const both = [
    { label: 'original', texts: new Map<string, string | null>() },
    { label: 'patched', texts: overlay },
  ]
  const requests = both.flatMap(({ label, texts }) => units.map(unit => ({ unit, overlay: texts, label })))
  const results = await tryCompile(tree, requests, 'live')
  const found = new Map<string, Uint8Array[]>()
  for (const { done } of results) {
    if (done !== undefined) found.set(done.unit.unit, [...(found.get(done.unit.unit) ?? []), done.object])
  }
  const isSame = ([before, after]: readonly Uint8Array[]) =>
    before !== undefined && after !== undefined && before.length > 0 && Buffer.compare(before, after) === 0
  return new Set([...found].flatMap(([unit, texts]) => (isSame(texts) ? [unit] : [])))
}

/** Whom the tokens of all files let out. */
export function byTokens(
  tree: Pick<Tree, 'reader'>,
  affected: Affected,
  change: SourceChange,
  { withMoved }: Question,
): Reach {
  const files = new Map(
    change.files.flatMap(file => (file.kind === 'edited' ? [[file.newPath ?? '', file] as const] : [])),
  )
  const edits = new Map([...files].map(([path, file]) => [path, editOf(file)] as const))
  const isKnown = ({ unit, kind, because }: AffectedUnit) =>
    kind === 'changed' &&
    isOrdinary(unit) &&
    because.every(path => {
      const edit = edits.get(path)
      const isRead = unit.dependencies.includes(path) && unit.dependencies[0] !== path && !affected.generated.has(path)
      return isRead && edit !== undefined && !(withMoved && edit.moves)
    })
  const known = affected.affected.filter(isKnown)
  const reached = known.length === 0 ? undefined : reachedBy(tree, known, { files, edits })
  if (reached === undefined) return { affected, leftOut: [] }
  const leftOut = known.filter(each => !reached.has(each.unit.unit))
  const out = new Set(leftOut.map(({ unit }) => unit.unit))
  // A text that no compiler takes would be found out by nobody.
  if (out.size === affected.affected.length && hasCode(edits)) out.delete(leftOut[0]?.unit.unit ?? '')
  return {
    affected: { ...affected, affected: affected.affected.filter(({ unit }) => !out.has(unit.unit)) },
    leftOut: leftOut
      .filter(({ unit }) => out.has(unit.unit))
      .map(each => ({ unit: each.unit.unit, text: words(each, edits) })),
  }
}

function isOrdinary({ language, source, command }: Unit): boolean {
  return (
    language === 'c' && !C_PLUS_PLUS.test(source) && !command.some(word => KEEPING.test(word) || word.includes('++'))
  )
}

function hasCode(edits: ReadonlyMap<string, Edit | undefined>): boolean {
  return [...edits.values()].some(edit => edit?.items.some(({ kind }) => kind !== 'prototype') === true)
}

function editOf({ oldText, newText }: TouchedFile): Edit | undefined {
  return changedItems(itemsOf(oldText, 'with-lines'), itemsOf(newText, 'with-lines'))
}

/** The units that can see one of the edits; undefined where that cannot be told. */
function reachedBy(
  tree: Pick<Tree, 'reader'>,
  known: readonly AffectedUnit[],
  { files, edits }: { files: ReadonlyMap<string, TouchedFile>; edits: ReadonlyMap<string, Edit | undefined> },
): ReadonlySet<string> | undefined {
  const touched = new Set(known.flatMap(({ because }) => because))
  const items = [...touched].flatMap(path => edits.get(path)?.items ?? [])
  if (items.length === 0) return new Set()
  const texts = new Map<string, readonly string[]>()
  for (const path of new Set(known.flatMap(({ unit }) => unit.dependencies))) {
    const text = tree.reader.read(path)
    if (text !== undefined) texts.set(path, [text, ...(files.has(path) ? [files.get(path)?.newText ?? ''] : [])])
  }
  const seen = new SeenFiles(texts)
  const isUnderstood = (item: Item) =>
    item.kind === 'macro' || item.kind === 'undef' || (isPlain(seen, item) && !IMPLIED.test(item.name))
  const felt = seen.expanded(items.flatMap(({ head, body }) => [...head, ...body]))
  if (!items.every(isUnderstood) || [...FELT].some(word => felt.has(word))) return undefined
  const users = usersOf(seen, new Set(items.map(({ name }) => name)))
  if (users === undefined) return undefined
  const sees = ({ unit }: AffectedUnit) =>
    unit.dependencies.some(path => users.byFile.has(path) || !texts.has(path)) || isNamed(unit, users.names)
  return new Set(known.filter(sees).map(({ unit }) => unit.unit))
}

/** A macro on the command line may become any of them. */
function isNamed({ command }: Unit, names: ReadonlySet<string>): boolean {
  return command.some(word => word.startsWith('-D') && [...word.matchAll(/\w+/g)].some(([part]) => names.has(part)))
}

const MOST_NAMED = 3

function words({ because }: AffectedUnit, edits: ReadonlyMap<string, Edit | undefined>): string {
  const all = because.map(path => edits.get(path))
  const names = [...new Set(all.flatMap(edit => edit?.items.map(({ name }) => name) ?? []))].sort()
  const shown = names.length > MOST_NAMED ? [...names.slice(0, MOST_NAMED), `${names.length - MOST_NAMED} more`] : names
  const moved = all.some(edit => edit?.moves === true) ? '; line numbers in it were not looked at' : ''
  const what = names.length === 0 ? 'only comments and white space change in' : `does not use ${shown.join(', ')} of`
  return `${what} ${because.join(', ')}${moved}`
}
