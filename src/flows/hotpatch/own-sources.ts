/**
 * Sources of the user's own beside the patch (hooks, helpers): compiled as the units of a folder of the tree are. Which
 * folder decides the options and what is found by `#include "…"`, so it is named, or plain from the patch.
 */
import { dirname } from 'node:path'
import { InputError } from '../../base/errors.ts'
import type { PatchText, SourceChange } from '../../source/model.ts'
import { patchOfNewFile } from '../../source/new-file.ts'
import { shortName, type Tree } from '../../trees/index.ts'

/** A source of the user's own. */
export interface OwnSource {
  /** What it is called in messages; its last part is the source's name in the tree. */
  readonly name: string
  /** One character a byte. */
  readonly text: string
  /** A unit or source of the folder that it is compiled in; the patch's only folder where absent. */
  readonly beside?: string | undefined
}

export interface PlacedSource {
  /** Relative to the tree's base. */
  readonly path: string
  readonly patch: PatchText
}

/** Where each of them goes in the tree that `change` makes. Throws InputError where that is not plain, or taken. */
export function placeSources(
  tree: Pick<Tree, 'units' | 'layout' | 'reader'>,
  change: SourceChange,
  sources: readonly OwnSource[],
): readonly PlacedSource[] {
  const taken = new Map<string, string>()
  return sources.map(source => {
    const path = `${folderOf(tree, change, source)}${source.name.slice(source.name.lastIndexOf('/') + 1)}`
    const isThere = change.files.some(({ newPath }) => newPath === path) || tree.reader.read(path) !== undefined
    const other = isThere ? 'the tree' : taken.get(path)
    if (other !== undefined)
      throw new InputError(
        'build/with-taken',
        `${source.name} would be ${path}, which ${other} has already`,
        'give the file another name, or name a unit of another folder behind @',
      )
    taken.set(path, source.name)
    return { path, patch: patchOfNewFile(source.name, path, source.text) }
  })
}

/** With a slash at its end, unless it is the base itself. */
function folderOf({ units, layout }: Pick<Tree, 'units' | 'layout'>, change: SourceChange, source: OwnSource): string {
  const { name, beside } = source
  if (beside !== undefined) {
    const asked = shortName(layout, beside)
    const unit = units.find(each => each.unit === asked || each.source === asked)
    if (unit !== undefined) return slashed(dirname(unit.dependencies[0] ?? unit.source))
    throw new InputError(
      'build/with-unit',
      `${name} is to be compiled beside ${beside}, and the tree has no such unit`,
      'name an object or a source as the build does, from the source folder on: common/domain.o',
    )
  }
  const sources = new Set(units.map(each => each.dependencies[0]))
  const folders = new Set(change.files.flatMap(({ newPath = '' }) => (sources.has(newPath) ? dirname(newPath) : [])))
  const [folder, ...others] = folders
  if (folder !== undefined && others.length === 0) return slashed(folder)
  throw new InputError(
    'build/with-where',
    folder === undefined
      ? `${name} is given beside a patch that touches no source of a unit, so where it belongs is not plain`
      : `${name} is given beside a patch that touches sources of ${folders.size} folders: ${[...folders].sort().join(', ')}`,
    `name a unit of the folder that it is compiled in: --with ${name}@common/domain.o`,
  )
}

const slashed = (folder: string) => (folder === '.' ? '' : `${folder}/`)
