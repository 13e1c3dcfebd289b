/** Units that come and go: sources that are new or gone, where a build file that the patch edits names them. */
import type { TouchedFile } from '../../source/model.ts'
import { otherEdit, unknownUnit } from '../build-files.ts'
import type { AffectedUnit, BuildRefusal, Tree } from '../model.ts'
import { newUnit } from '../new-unit.ts'
import type { BuildFiles } from '../tree-kind.ts'
import { isBuildFile, names, onlyNames } from './sources-listed.ts'

const COMPILED = /\.(c|C|cc|cpp|cxx|s|S)$/

export function unitsOfListedSources(tree: Tree, files: readonly TouchedFile[]): BuildFiles {
  const buildFiles = files.filter(
    ({ oldPath, newPath }) => isBuildFile(newPath ?? oldPath ?? '') || tree.responseFiles.has(oldPath ?? ''),
  )
  const come = files.filter(
    ({ oldPath, newPath }) => newPath !== undefined && newPath !== oldPath && COMPILED.test(newPath),
  )
  const gone = files.filter(
    ({ oldPath, newPath }) => oldPath !== undefined && newPath !== oldPath && COMPILED.test(oldPath),
  )
  const affected: AffectedUnit[] = []
  const refusals: BuildRefusal[] = []
  const handled = new Set<string>(buildFiles.flatMap(({ oldPath, newPath }) => [oldPath ?? '', newPath ?? '']))
  for (const { newPath = '' } of come) {
    const file = buildFiles.find(each => names(each.newText, newPath))
    const unit = file === undefined ? undefined : newUnit(tree.layout, tree.units, newPath)
    if (file === undefined || unit === undefined) continue
    if (typeof unit === 'string') refusals.push(unknownUnit(file.newPath ?? newPath, newPath, unit))
    else affected.push({ unit, because: [newPath, file.newPath ?? ''], kind: 'new' })
    handled.add(newPath)
  }
  for (const { oldPath = '' } of gone) {
    const file = buildFiles.find(each => names(each.oldText, oldPath) && !names(each.newText, oldPath))
    if (file === undefined) continue
    for (const unit of tree.units.filter(each => each.source === oldPath)) {
      affected.push({ unit, because: [oldPath, file.newPath ?? ''], kind: 'removed' })
    }
    handled.add(oldPath)
  }
  const sources = [...come, ...gone].flatMap(({ oldPath, newPath }) =>
    [oldPath, newPath].filter(path => path !== undefined),
  )
  for (const { oldPath, newPath, oldText, newText } of buildFiles) {
    if (!onlyNames(oldText, newText, sources))
      refusals.push(otherEdit(newPath ?? oldPath ?? '', 'it may change how units are compiled'))
  }
  return { affected, refusals, notices: [], handled, renamed: new Map() }
}
