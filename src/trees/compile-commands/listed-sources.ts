/**
 * Units that come and go, and those that go on under another name: sources that are new or renamed, where
 * compile_commands.json names them or a build file that the patch edits does, and sources that are gone.
 *
 * A new source that neither names may be a part of the program all the same: a build may take whatever lies in a folder. It
 * is refused, unless another source of the patch includes it, or it lies among tests and the like.
 */
import type { TouchedFile } from '../../source/model.ts'
import { otherEdit, unknownUnit } from '../build-files.ts'
import type { AffectedUnit, BuildRefusal, Tree, Unit } from '../model.ts'
import { newUnit } from '../new-unit.ts'
import type { BuildFiles } from '../tree-kind.ts'
import { isBeside } from './kinds.ts'
import { isBuildFile, names, onlyNames } from './sources-listed.ts'

const COMPILED = /\.(c|C|cc|cpp|cxx|s|S)$/

export function unitsOfListedSources(tree: Tree, files: readonly TouchedFile[]): BuildFiles {
  const buildFiles = files.filter(
    ({ oldPath, newPath }) => isBuildFile(newPath ?? oldPath ?? '') || tree.responseFiles.has(oldPath ?? ''),
  )
  const renamed = renamedUnits(tree, files)
  const isOther = ({ oldPath, newPath }: TouchedFile) => newPath !== oldPath && !renamed.has(newPath ?? '')
  const come = files.filter(file => COMPILED.test(file.newPath ?? '') && isOther(file))
  const gone = files.filter(file => COMPILED.test(file.oldPath ?? '') && isOther(file))
  const affected: AffectedUnit[] = [...renamed].flatMap(([newPath, oldPath]) =>
    unitsOf(tree, oldPath).map(unit => ({ unit, because: [newPath], kind: 'changed' })),
  )
  const refusals: BuildRefusal[] = []
  const handled = new Set<string>(buildFiles.flatMap(({ oldPath, newPath }) => [oldPath ?? '', newPath ?? '']))
  for (const newPath of renamed.keys()) handled.add(newPath)
  for (const { newPath = '' } of come) {
    const file = buildFiles.find(each => names(each.newText, newPath))
    const listed = unitsOf(tree, newPath)
    for (const unit of listed) affected.push({ unit, because: [newPath], kind: 'new' })
    if (listed.length === 0) {
      const unit = file && newUnit(tree.layout, tree.units, newPath)
      if (file === undefined && isApart(newPath, files)) continue
      if (file === undefined || unit === undefined) refusals.push(unlisted(newPath))
      else if (typeof unit === 'string') refusals.push(unknownUnit(file.newPath ?? newPath, newPath, unit))
      else affected.push({ unit, because: [newPath, file.newPath ?? ''], kind: 'new' })
    }
    handled.add(newPath)
  }
  for (const { oldPath = '' } of gone) {
    const file = buildFiles.find(each => names(each.oldText, oldPath) && !names(each.newText, oldPath))
    const because = [oldPath, ...(file === undefined ? [] : [file.newPath ?? ''])]
    for (const unit of unitsOf(tree, oldPath)) affected.push({ unit, because, kind: 'removed' })
    if (file !== undefined) handled.add(oldPath)
  }
  const sources = [...come, ...gone].flatMap(({ oldPath, newPath }) =>
    [oldPath, newPath].filter(path => path !== undefined),
  )
  for (const { oldPath, newPath, oldText, newText } of buildFiles) {
    if (!onlyNames(oldText, newText, sources))
      refusals.push(otherEdit(newPath ?? oldPath ?? '', 'it may change how units are compiled'))
  }
  return { affected, refusals, notices: [], handled, renamed }
}

/** Whether a new source is surely no unit: it lies among tests and the like, or another file of the patch includes it. */
function isApart(path: string, files: readonly TouchedFile[]): boolean {
  const leaf = path.slice(path.lastIndexOf('/') + 1)
  const isNamed = ({ newPath, newText }: TouchedFile) =>
    newPath !== path &&
    [...newText.matchAll(/^[ \t]*#[ \t]*include[ \t]*["<]([^">]*)[">]/gm)].some(
      ([, name = '']) => name === leaf || name.endsWith(`/${leaf}`),
    )
  return isBeside(path) || files.some(isNamed)
}

function unlisted(path: string): BuildRefusal {
  return {
    code: 'new-unit',
    file: path,
    text: `${path} is new, and compile_commands.json does not say how it is compiled, nor whether it is part of the program`,
    hint: 'make compile_commands.json anew with the patch applied, so that it names the source, or add an entry for it to a copy, and give its folder with --build-dir; or put the new code into a unit that exists. Where a source was only renamed, make the patch with git diff -M; where the file is no part of the program, leave it out',
  }
}

/** New paths of sources of units to their old ones: the unit keeps its command, and so its text is compiled at the old path. */
function renamedUnits(tree: Tree, files: readonly TouchedFile[]): ReadonlyMap<string, string> {
  return new Map(
    files.flatMap(({ kind, oldPath, newPath }) => {
      if (kind !== 'renamed' || oldPath === undefined || newPath === undefined) return []
      return unitsOf(tree, oldPath).length > 0 && unitsOf(tree, newPath).length === 0 ? [[newPath, oldPath]] : []
    }),
  )
}

function unitsOf(tree: Tree, source: string): readonly Unit[] {
  return tree.units.filter(unit => unit.source === source)
}
