/**
 * Renamed files: how the original build spelled them, because that is what `__FILE__` was. Every unit that reads one is
 * asked, as spellings differ (`./include/xen/x.h`, `common/compat/../x.c`).
 */
import type { Reason } from '../base/refusal.ts'
import type { SourceChange } from '../source/model.ts'
import { tryCompile } from './compile.ts'
import { toAbsolute } from './layout.ts'
import type { Affected, Tree, Unit } from './model.ts'

export interface OldNames {
  /** By new path; those that no unit read are not there. */
  readonly spelled: ReadonlyMap<string, string>
  readonly notices: readonly Reason[]
}

export async function oldNames(tree: Tree, affected: Affected, change: SourceChange): Promise<OldNames> {
  const spelled = new Map<string, string>()
  const notices: Reason[] = []
  for (const { kind, oldPath, newPath } of change.files) {
    if (kind !== 'renamed' || oldPath === undefined || newPath === undefined) continue
    const compiledAt = affected.renamed.get(newPath)
    // A source that goes on as the unit it was is compiled at its old place, and needs no name.
    const readers = affected.affected
      .filter(
        ({ unit, kind: what }) => what === 'changed' && (compiledAt === undefined || unit.dependencies[0] !== oldPath),
      )
      .map(({ unit }) => unit)
    const names = [...(await spellings(tree, readers, oldPath))].sort(([, a], [, b]) => b - a).map(([name]) => name)
    const [name] = names
    if (name !== undefined) spelled.set(newPath, name)
    const kept = name ?? (compiledAt === undefined ? undefined : oldPath)
    if (kept !== undefined) {
      notices.push({ code: 'renamed-file', text: `${newPath} keeps its old name for __FILE__: ${kept}` })
    }
    if (names.length > 1) {
      const text = `${oldPath} was spelled in ${names.length} ways (${names.join(', ')}); where __FILE__ was another than the first, functions count as changed`
      notices.push({ code: 'renamed-file', text })
    }
  }
  return { spelled, notices }
}

/** How often each spelling of a file stands among what the units read. */
async function spellings(tree: Tree, units: readonly Unit[], path: string): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  const wanted = tree.texts.real.of(toAbsolute(tree.layout, path))
  const results = await tryCompile(
    tree,
    units.map(unit => ({ unit, overlay: new Map(), label: 'original' })),
    'reads',
  )
  for (const { done } of results) {
    for (const name of done?.reads ?? []) {
      const absolute = name.startsWith('/') ? name : `${done?.unit.folder}/${name}`
      if (tree.texts.real.of(absolute) === wanted) found.set(name, (found.get(name) ?? 0) + 1)
    }
  }
  return found
}
