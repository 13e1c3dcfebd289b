/**
 * What the build's own records, and debug information, say of which linked file is made of which unit. Part of the
 * pipeline: asked only where names and code leave a doubt, since reading them takes time.
 *
 * Worse mistake: to say that a file is not made of a unit that is in it. What says nothing of it denies nothing.
 */
import { basename } from 'node:path'
import { InputError } from '../../base/errors.ts'
import { type UnitOrigin, unitOrigins } from '../../dwarf/index.ts'
import { readElf, readOutline, searchSymbols } from '../../elf/index.ts'
import { type LinkRecords, linkRecords, programFile, readGiven, type Tree, type Unit } from '../../trees/index.ts'

export class OwnEvidence {
  readonly #tree: Tree
  readonly #origins = new Map<string, readonly UnitOrigin[] | undefined>()
  #records: { readonly found: LinkRecords | undefined } | undefined

  constructor(tree: Tree) {
    this.#tree = tree
  }

  /** The one file that the build links all of these into, of which none goes into another. */
  onlyOf(units: readonly Unit[]): string | undefined {
    const files = new Set<string>()
    for (const unit of units) {
      const found = this.#linkedFrom(unit)
      if (found?.size !== 1) return undefined
      for (const file of found) files.add(file)
    }
    const [only, ...more] = files
    return more.length === 0 ? only : undefined
  }

  /** Whether the build's records say what the file is made of, and that this is not in it. */
  recordsDeny(path: string, unit: Unit): boolean {
    const found = this.#linkedFrom(unit)
    return found !== undefined && this.#known?.makes(path) === true && !found.has(path)
  }

  /** Whether anything says that the file is made of another unit of that name instead. */
  deny(path: string, unit: Unit): boolean {
    return this.recordsDeny(path, unit) || this.#originsDeny(path, unit)
  }

  get #known(): LinkRecords | undefined {
    this.#records ??= { found: linkRecords(this.#tree) }
    return this.#records.found
  }

  #linkedFrom({ object }: Unit): ReadonlySet<string> | undefined {
    return object === undefined ? undefined : this.#known?.linkedFrom(this.#tree.texts.real.of(object))
  }

  /** Whether each unit of its name in the file was compiled elsewhere than this one. */
  #originsDeny(path: string, { object }: Unit): boolean {
    if (object === undefined) return false
    const [own, ...others] = this.#originsOf(object, () => readElf<'original'>(readGiven(object, '--tree'))) ?? []
    if (own === undefined || others.length > 0) return false
    const outline = () => ({ ...readOutline<'original'>(programFile(path)), symbols: [], relocations: [] })
    const alike = this.#originsOf(path, outline)?.filter(({ name }) => basename(name) === basename(own.name)) ?? []
    if (alike.length === 0 || alike.some(({ name, folder }) => name === own.name && folder === own.folder)) return false
    // One that was linked of an object without debug information is among the file's names only.
    const files = readable(() => searchSymbols(readOutline<'original'>(programFile(path)))?.files())
    const count = files?.filter(file => basename(file) === basename(own.name)).length
    return count === alike.length
  }

  #originsOf(path: string, read: () => Parameters<typeof unitOrigins<'original'>>[0]) {
    if (!this.#origins.has(path))
      this.#origins.set(
        path,
        readable(() => unitOrigins(read())),
      )
    return this.#origins.get(path)
  }
}

/** Undefined of what is no such file, or is damaged. */
export function readable<Result>(read: () => Result): Result | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof InputError) return undefined
    throw error
  }
}
