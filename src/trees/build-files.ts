/** Units that come and go: what edits of Makefiles, and new and removed sources, mean for the list of objects. */
import { dirname, join } from 'node:path'
import type { Reason } from '../base/refusal.ts'
import type { TouchedFile } from '../source/model.ts'
import type { AffectedUnit, BuildRefusal, Tree, Unit } from './model.ts'
import { newUnit } from './new-unit.ts'
import { isBuildFile, names, onlyNames } from './sources-listed.ts'
import { kindOf } from './xen/kinds.ts'
import { archOf } from './xen/linker-script.ts'
import { compareMakefiles } from './xen/makefile.ts'

export interface BuildFiles {
  /** New and removed units, and those that go on under the name of a renamed source. */
  readonly affected: readonly AffectedUnit[]
  readonly refusals: readonly BuildRefusal[]
  readonly notices: readonly Reason[]
  /** Touched files that are accounted for. */
  readonly handled: ReadonlySet<string>
  /** New path of a source to its old one. */
  readonly renamed: ReadonlyMap<string, string>
}

export function unitsOfBuildFiles(tree: Tree, files: readonly TouchedFile[]): BuildFiles {
  if (tree.facts.kind !== 'xen') return unitsOfListedSources(tree, files)
  const lists = new ObjectLists(tree, files)
  for (const file of files) lists.read(file)
  return lists.result()
}

class ObjectLists {
  readonly #tree: Tree
  readonly #files: readonly TouchedFile[]
  readonly #refusals: BuildRefusal[] = []
  readonly #notices: Reason[] = []
  readonly #handled = new Set<string>()
  /** Objects by the build file that names them. */
  readonly #added = new Map<string, string>()
  readonly #removed = new Map<string, string>()

  constructor(tree: Tree, files: readonly TouchedFile[]) {
    this.#tree = tree
    this.#files = files
  }

  read({ oldPath, newPath, oldText, newText }: TouchedFile): void {
    const path = newPath ?? oldPath ?? ''
    const { facts } = this.#tree
    const kind = kindOf(path, { arch: archOf(this.#tree), config: facts.config, added: oldPath === undefined })
    if (kind.what !== 'makefile') return
    this.#handled.add(path)
    if (oldPath !== undefined) this.#handled.add(oldPath)
    const edit = compareMakefiles(oldText, newText, facts.config)
    if (edit.kind === 'other') this.#refusals.push(otherEdit(path, edit.line))
    else this.#take(path, edit)
  }

  #take(path: string, { added, removed }: { added: readonly string[]; removed: readonly string[] }): void {
    const folder = dirname(path.slice(this.#tree.layout.prefix.length))
    for (const object of added) this.#added.set(join(folder, object), path)
    for (const object of removed) this.#removed.set(join(folder, object), path)
    if (added.length + removed.length === 0) {
      this.#notices.push({ code: 'makefile-edit', text: `${path}: the edit changes nothing in this configuration` })
    }
  }

  result(): BuildFiles {
    const affected: AffectedUnit[] = []
    const renamed = new Map<string, string>()
    const units = new Map(this.#tree.units.filter(({ role }) => role !== 'embedded').map(unit => [unit.unit, unit]))
    for (const [object, file] of this.#removed) {
      const unit = units.get(object)
      if (unit === undefined) continue
      const follower = this.#follower(unit)
      if (follower === undefined) {
        affected.push({ unit, because: [file], kind: 'removed' })
      } else {
        renamed.set(follower.path, sourceOf(unit))
        this.#added.delete(follower.object)
        this.#handled.add(follower.path)
        affected.push({ unit, because: [follower.path, file], kind: 'changed' })
      }
      this.#handled.add(sourceOf(unit))
    }
    for (const [object, file] of this.#added) if (!units.has(object)) affected.push(...this.#new(object, file))
    return { affected, refusals: this.#refusals, notices: this.#notices, handled: this.#handled, renamed }
  }

  /** The new unit whose source is the removed unit's, renamed. */
  #follower(unit: Unit): { path: string; object: string } | undefined {
    const moved = this.#files.find(({ kind, oldPath }) => kind === 'renamed' && oldPath === sourceOf(unit))
    if (moved?.newPath === undefined) return undefined
    const object = moved.newPath.slice(this.#tree.layout.prefix.length).replace(/\.\w+$/, '.o')
    return this.#added.has(object) ? { path: moved.newPath, object } : undefined
  }

  #new(object: string, file: string): AffectedUnit[] {
    const { layout, units, reader } = this.#tree
    const stem = object.replace(/\.o$/, '')
    const sources = [`${stem}.c`, `${stem}.S`].filter(source => {
      const path = layout.prefix + source
      const touched = this.#files.find(({ oldPath, newPath }) => newPath === path || oldPath === path)
      return touched === undefined ? reader.read(path) !== undefined : touched.newPath === path
    })
    const [source] = sources
    const unit =
      source === undefined || sources.length > 1
        ? `its source is neither ${stem}.c nor ${stem}.S`
        : newUnit(layout, units, source)
    if (typeof unit === 'string') {
      this.#refusals.push(unknownUnit(file, object, unit))
      return []
    }
    this.#handled.add(sourceOf(unit))
    return [{ unit, because: [sourceOf(unit), file], kind: 'new' }]
  }
}

function sourceOf(unit: Unit): string {
  return unit.dependencies[0] ?? unit.source
}

function otherEdit(path: string, line: string): BuildRefusal {
  return {
    code: 'makefile-edit',
    file: path,
    text: `the edit of ${path} is more than objects added to or taken from a list: ${line}`,
    hint: 'leave the edit out of this patch, or put what it changes (a -D, an option) into the sources it is meant for',
  }
}

const COMPILED = /\.(c|C|cc|cpp|cxx|s|S)$/

/** Trees with compile_commands.json: sources that come and go, where a build file that the patch edits names them. */
function unitsOfListedSources(tree: Tree, files: readonly TouchedFile[]): BuildFiles {
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

function unknownUnit(file: string, what: string, why: string): BuildRefusal {
  return {
    code: 'new-unit',
    file,
    text: `${file} adds ${what}, and how to compile it is not known: ${why}`,
    hint: 'put the new code into a unit that exists',
  }
}
