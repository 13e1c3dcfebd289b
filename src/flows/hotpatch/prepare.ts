/** What is known of a patch before a way to treat line numbers is chosen. Part of the pipeline. */
import { InputError } from '../../base/errors.ts'
import { applyPatches } from '../../source/apply-patches.ts'
import { atBase } from '../../source/base.ts'
import type { PatchText, SourceChange } from '../../source/model.ts'
import { withNewFile } from '../../source/new-file.ts'
import { type Affected, affectedUnits, type Tree, treeKind } from '../../trees/index.ts'
import { kernelSoon } from './kernel-kept.ts'
import { type OwnSource, placeSources } from './own-sources.ts'
import { Stopwatch, type Timings } from './stopwatch.ts'

export interface Prepared {
  readonly change: SourceChange
  readonly affected: Affected
  readonly timings: Timings
}

export interface Asked {
  readonly patches: readonly PatchText[]
  /** Hunks that are left out (by `hunkKey`), as if the patches had never had them. */
  readonly without?: ReadonlySet<string>
  /** Sources of the user's own, which the patched tree has besides. */
  readonly sources?: readonly OwnSource[]
  /** The image of what runs, which a kernel's is read from meanwhile. */
  readonly symbols?: string
}

export async function prepareHotpatch(
  tree: Tree,
  { patches, without, sources = [], symbols }: Asked,
): Promise<Prepared> {
  kernelSoon(tree, symbols)
  const watch = new Stopwatch({ open: tree.openTime })
  // source: the patches applied in memory. Every touched file has both texts and a line map.
  const patched = watch.timeSync('source', () => applyToTree(unchanged(tree), patches, without))
  const asked = await withListed(tree, patched, sources)
  const placed = placeSources(asked, patched, asked.sources)
  const change = placed.reduce((whole, { path, text }) => withNewFile(whole, path, text), patched)
  // trees: every unit that the change concerns.
  const added = new Map(placed.map(({ path, like }) => [path, like] as const))
  const affected = await watch.time('affected', () => affectedUnits(tree, change, added))
  return { change, affected, timings: watch.timings }
}

/**
 * Units that the sources are compiled like, of a tree that lists none: it is asked for these. One that names none is compiled
 * like the only source of the patch.
 */
async function withListed(tree: Tree, { files }: SourceChange, sources: readonly OwnSource[]) {
  if (sources.length === 0 || tree.units.length > 0) return { ...tree, sources }
  const touched = files.flatMap(({ newPath }) => (newPath?.endsWith('.c') === true ? [newPath] : []))
  const like = touched.length === 1 ? touched[0] : undefined
  const unnamed = sources.find(({ beside }) => beside === undefined)
  if (unnamed !== undefined && touched.length > 1) throw manySources(unnamed.name, touched)
  const named = sources.map(source => ({ ...source, beside: source.beside ?? like }))
  const wanted = named.flatMap(({ beside }) => beside?.replace(/\.o$/, '.c') ?? [])
  const units = (await tree.dependents(new Set(wanted), tree.run)).map(({ unit }) => unit)
  return { ...tree, units, sources: named }
}

const manySources = (name: string, touched: readonly string[]) =>
  new InputError(
    'build/with-where',
    `${name} is given beside a patch that touches ${touched.length} sources: ${touched.slice(0, 5).join(', ')}`,
    `name the unit that it is compiled like, in its folder: --with ${name}@${touched[0]?.replace(/\.c$/, '.o')}`,
  )

/** Another build may have been on the same base, long ago. */
function unchanged(tree: Tree): Tree {
  tree.texts.checkUnchanged()
  return tree
}

function applyToTree(tree: Tree, patches: readonly PatchText[], without?: ReadonlySet<string>): SourceChange {
  const options = without === undefined ? {} : { without }
  return atBase(patches, tree.reader, treeKind(tree).prefixes, at => applyPatches(patches, at, options))
}
