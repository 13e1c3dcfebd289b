/**
 * Which units a change concerns, and what about it cannot be turned into a hotpatch.
 *
 * Taking a unit for affected that is not costs one compile; missing one loses a part of the fix. So everything that read
 * a touched file counts, and only a proof (the same preprocessed text, the same object) takes a unit off the list.
 */
import type { Reason } from '../base/refusal.ts'
import type { SourceChange, TouchedFile } from '../source/model.ts'
import { unknownUnit } from './build-files.ts'
import { shortName, toAbsolute } from './layout.ts'
import type { Affected, AffectedUnit, BuildRefusal, Dependent, Tree, Unit } from './model.ts'
import { newUnit, newUnitLike } from './new-unit.ts'
import type { Overlay } from './overlay.ts'
import { withoutUnchanged } from './proof.ts'
import type { BuildFiles } from './tree-kind.ts'
import { treeKind } from './tree-kinds.ts'
import { pinVolatile } from './volatile.ts'

/**
 * `added` holds paths of new sources that are units whatever build files say, and whose command each is compiled by; that
 * of most units of its folder, where it is undefined.
 */
export async function affectedUnits(tree: Tree, change: SourceChange, added: Added = new Map()): Promise<Affected> {
  const kind = treeKind(tree)
  const touched = new Set(change.files.flatMap(pathsOf))
  const listed = kind.unitsOfBuildFiles(
    tree,
    change.files.filter(({ newPath = '' }) => !added.has(newPath)),
  )
  const built = withAdded(tree, listed, added)
  const plain: Affected = { ...NOTHING, renamed: built.renamed }

  // Generated headers first: what reads one of them is affected like what reads a touched file.
  const overlay = overlayOf(change, plain)
  const generated = await kind.generatedUnder(tree, touched, overlay)
  const patched = overlayOf(change, { ...plain, generated: generated.texts })

  // Every unit that read something touched, or would now find another file under a name it asks for.
  const dependents = await tree.dependents(new Set([...touched, ...generated.texts.keys()]), tree.run)
  const shadowed = await shadowedUnits(tree, change.files)
  const all = merged(built.affected, [...dependents, ...shadowed])
  const present = kind.withoutUnused(tree, all)
  const proven = await withoutUnchanged(tree, present.affected, patched)
  const scripts = await kind.changedScripts(tree, touched, patched)
  const options = await kind.configured(tree, change.files, patched)

  // What nobody read must be known for what it is.
  const read = new Set([
    ...dependents.flatMap(each => each.because),
    ...built.handled,
    ...generated.read,
    ...scripts.read,
    ...options.read,
  ])
  const rest = sortOut(
    tree,
    change.files.filter(file => !pathsOf(file).some(path => read.has(path))),
  )
  // The clock stands still for those that look at it.
  const pinned = await pinVolatile(tree, proven.affected, patched)
  return {
    affected: pinned.affected,
    refusals: [generated, built, scripts, options, proven, rest, pinned].flatMap(each => each.refusals),
    notices: [
      ...built.notices,
      ...options.notices,
      ...present.notices,
      ...proven.notices,
      ...rest.notices,
      ...pinned.notices,
    ],
    generated: generated.texts,
    renamed: built.renamed,
  }
}

/**
 * The overlay of a patched tree. `texts` replaces the patched text of some files by another form of it (line-neutral,
 * say), by new path.
 */
export function overlayOf(
  change: SourceChange,
  { generated, renamed }: Pick<Affected, 'generated' | 'renamed'>,
  texts: ReadonlyMap<string, string> = new Map(),
): Overlay {
  const overlay = new Map<string, string | null>(generated)
  for (const { oldPath, newPath } of change.files)
    if (oldPath !== undefined && oldPath !== newPath) overlay.set(oldPath, null)
  for (const { newPath, newText } of change.files) {
    if (newPath === undefined) continue
    const text = texts.get(newPath) ?? newText
    overlay.set(newPath, text)
    const compiledAt = renamed.get(newPath)
    if (compiledAt !== undefined) overlay.set(compiledAt, text)
  }
  return overlay
}

function addedUnit({ layout, units }: Tree, source: string, like: Unit | undefined): Unit | string {
  return like === undefined ? newUnit(layout, units, source) : newUnitLike(layout, units, source, like)
}

type Added = ReadonlyMap<string, Unit | undefined>

function withAdded(tree: Tree, listed: BuildFiles, added: Added): BuildFiles {
  if (added.size === 0) return listed
  const affected = [...listed.affected]
  const refusals = [...listed.refusals]
  for (const [path, like] of added) {
    const unit = addedUnit(tree, shortName(tree.layout, path), like)
    if (typeof unit === 'string') refusals.push(unknownUnit(path, 'a unit', unit))
    else if (affected.some(each => each.unit.unit === unit.unit))
      refusals.push(unknownUnit(path, 'a unit', `${unit.unit} is made of another source already`))
    else affected.push({ unit, because: [path], kind: 'new' })
  }
  return { ...listed, affected, refusals, handled: new Set([...listed.handled, ...added.keys()]) }
}

const NOTHING: Affected = { affected: [], refusals: [], notices: [], generated: new Map(), renamed: new Map() }

function pathsOf({ oldPath, newPath }: TouchedFile): string[] {
  return [...new Set([oldPath, newPath])].filter(path => path !== undefined)
}

/** A new file may be found before the one of that name that a unit reads today. */
async function shadowedUnits(tree: Tree, files: readonly TouchedFile[]): Promise<Dependent[]> {
  const added = files
    .filter(({ kind }) => kind === 'added' || kind === 'renamed')
    .flatMap(({ newPath }) => newPath ?? [])
  if (added.length === 0) return []
  const byName = new Map<string, string[]>()
  for (const path of added) byName.set(nameOf(path), [...(byName.get(nameOf(path)) ?? []), path])
  const readers = await tree.namesakes(new Set(byName.keys()), tree.run)
  return readers
    .map(({ unit, because }) => ({
      unit,
      because: because.filter(path => path !== unit.dependencies[0]).flatMap(path => byName.get(nameOf(path)) ?? []),
    }))
    .filter(({ because }) => because.length > 0)
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** One entry for each unit; what build files say about a unit outweighs what its text says. */
function merged(known: readonly AffectedUnit[], dependents: readonly Dependent[]): AffectedUnit[] {
  const all = new Map(known.map(each => [each.unit.unit, each]))
  for (const { unit, because, reads } of dependents) {
    const before = all.get(unit.unit)
    const reasons = [...new Set([...(before?.because ?? []), ...because])].sort()
    all.set(unit.unit, {
      unit,
      kind: 'changed',
      ...before,
      because: reasons,
      ...(reads === undefined ? {} : { reads }),
    })
  }
  return [...all.values()].sort((a, b) => (a.unit.unit < b.unit.unit ? -1 : 1))
}

/** Touched files that nothing reads: notices and refusals by kind. */
function sortOut(tree: Tree, files: readonly TouchedFile[]): { refusals: BuildRefusal[]; notices: Reason[] } {
  const refusals: BuildRefusal[] = []
  const notices: Reason[] = []
  for (const file of files) {
    const path = file.newPath ?? file.oldPath ?? ''
    const unread = treeKind(tree).unread(tree, file)
    if (unread === undefined) continue
    const { code, text, wayOut, mayBeEmbedded } = unread
    if (mayBeEmbedded && isEmbedded(tree, path)) refusals.push(embedded(path))
    else if (wayOut === undefined) notices.push({ code, text })
    else refusals.push({ code, file: path, text, hint: wayOut })
  }
  return { refusals, notices }
}

/** Says whether a text that makes an assembler read files names this one; no compiler tells of those. */
function isEmbedded(tree: Tree, path: string): boolean {
  const texts = new Set(tree.units.flatMap(unit => unit.dependencies))
  return [...texts].some(text => {
    const file = toAbsolute(tree.layout, text)
    return tree.texts.embeds(file) && tree.reader.read(text)?.includes(nameOf(path)) === true
  })
}

function embedded(path: string): BuildRefusal {
  return {
    code: 'unknown-file',
    file: path,
    text: `${path} is named where an assembler is told to read files; which units have it in them is not recorded`,
    hint: 'leave the file out of this patch',
  }
}
