/** Units that come and go: what edits of Xen's Makefiles, and new and removed sources, mean for the list of objects. */
import { dirname, join } from 'node:path'
import type { Reason } from '../../base/refusal.ts'
import type { TouchedFile } from '../../source/model.ts'
import { otherEdit, unknownUnit } from '../build-files.ts'
import type { AffectedUnit, BuildRefusal, Tree, Unit } from '../model.ts'
import { newUnit } from '../new-unit.ts'
import type { BuildFiles } from '../tree-kind.ts'
import { kindOf } from './kinds.ts'
import { archOf } from './linker-script.ts'
import { compareMakefiles } from './makefile.ts'

export function unitsOfMakefiles(tree: Tree, files: readonly TouchedFile[]): BuildFiles {
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
