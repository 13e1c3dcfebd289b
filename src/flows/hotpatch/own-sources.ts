/**
 * Sources of the user's own beside the patch (hooks, helpers): compiled in a folder of the tree, by the command of a unit
 * that is named, or of most units there. Options decide how structures are laid out, and the folder what
 * `#include "…"` finds, so neither is guessed. `#include "hotsplice.h"` is the exception: no folder of the tree has it, so
 * its text takes the line's place.
 */
import { basename, dirname, join } from 'node:path'
import { InputError } from '../../base/errors.ts'
import type { SourceChange } from '../../source/model.ts'
import { OWN_HEADER, ownHeader, shortName, type Tree, type Unit } from '../../trees/index.ts'

/** A source of the user's own. */
export interface OwnSource {
  /** What it is called in messages; its last part is the source's name in the tree. */
  readonly name: string
  /** One character a byte. */
  readonly text: string
  /** The unit or source that it is compiled like, in its folder; most units of the patch's only folder where absent. */
  readonly beside?: string | undefined
}

export interface PlacedSource {
  /** Relative to the tree's base. */
  readonly path: string
  readonly text: string
  /** The unit that it is compiled like, where one is named. */
  readonly like: Unit | undefined
}

/** Where each of them goes in the tree that `change` makes. Throws InputError where that is not plain, or taken. */
export function placeSources(
  tree: Pick<Tree, 'units' | 'layout' | 'reader'>,
  change: SourceChange,
  sources: readonly OwnSource[],
): readonly PlacedSource[] {
  const taken = new Map<string, string>()
  return sources.map(source => {
    const { name } = source
    const like = namedUnit(tree, source)
    const folder = like === undefined ? onlyFolder(tree, change, name) : dirname(sourceOf(like))
    const path = join(folder, name.slice(name.lastIndexOf('/') + 1))
    const isThere = change.files.some(({ newPath }) => newPath === path) || tree.reader.read(path) !== undefined
    const other = isThere ? 'the tree' : taken.get(path)
    if (other !== undefined)
      throw new InputError(
        'build/with-taken',
        `${name} would be ${path}, which ${other} has already`,
        'give the file another name, or name a unit of another folder behind @',
      )
    taken.set(path, name)
    const hasHeader = tree.reader.read(join(dirname(path), OWN_HEADER)) !== undefined
    return { path, text: hasHeader ? source.text : withOwnHeader(source.text, basename(path)), like }
  })
}

const ITS_INCLUDE = /^[ \t]*#[ \t]*include[ \t]*"hotsplice\.h".*$/m

/** Only the first is looked at: the text keeps itself from coming twice. */
function withOwnHeader(text: string, name: string): string {
  const found = ITS_INCLUDE.exec(text)
  if (found === null) return text
  const line = text.slice(0, found.index).split('\n').length
  const rest = text.slice(found.index + found[0].length)
  const header = `#line 1 ${JSON.stringify(OWN_HEADER)}\n${ownHeader()}#line ${line} ${JSON.stringify(name)}\n`
  return text.slice(0, found.index) + header + rest.replace(ITS_INCLUDE, '')
}

function namedUnit({ units, layout }: Pick<Tree, 'units' | 'layout'>, { name, beside }: OwnSource): Unit | undefined {
  if (beside === undefined) return undefined
  const asked = shortName(layout, beside)
  const unit = units.find(each => each.unit === asked || each.source === asked)
  if (unit !== undefined) return unit
  throw new InputError(
    'build/with-unit',
    `${name} is to be compiled as ${beside} is, and the tree has no such unit`,
    'name an object or a source as the build does, from the source folder on: common/domain.o',
  )
}

function onlyFolder({ units }: Pick<Tree, 'units'>, change: SourceChange, name: string): string {
  const sources = new Set(units.map(sourceOf))
  const folders = new Set(
    change.files.flatMap(({ oldPath, newPath }) =>
      newPath !== undefined && sources.has(oldPath ?? newPath) ? [dirname(newPath)] : [],
    ),
  )
  const [folder, ...others] = folders
  if (folder !== undefined && others.length === 0) return folder
  throw new InputError(
    'build/with-where',
    folder === undefined
      ? `${name} is given beside a patch that touches no source of a unit, so where it belongs is not plain`
      : `${name} is given beside a patch that touches sources of ${folders.size} folders: ${[...folders].sort().join(', ')}`,
    `name a unit that it is compiled like, in its folder: --with ${name}@common/domain.o`,
  )
}

const sourceOf = ({ dependencies, source }: Unit) => dependencies[0] ?? source
