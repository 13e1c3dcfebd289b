/**
 * What a unit's own source defines can change what the headers say that it reads, for this unit alone. All units are looked
 * at together, where such macros would be taken for everybody's; so each unit's own are asked here whether they may matter.
 */
import { type Joined, STRING_TAKING } from './joined.ts'
import type { Plain } from './plain.ts'
import type { SeenFiles } from './seen.ts'

interface Facts {
  readonly joined: Joined
  readonly plain: Plain
  /** All that is another thing after the edit. */
  readonly names: ReadonlySet<string>
}

export class OwnMacros {
  readonly #files: SeenFiles
  readonly #asked: readonly string[]
  readonly #family: ReadonlySet<string>
  readonly #known = new Map<string, boolean>()

  constructor(files: SeenFiles, { joined, plain, names }: Facts) {
    this.#files = files
    this.#asked = [...names, ...plain.telling]
    this.#family = new Set([...joined.familyOf(names), ...STRING_TAKING])
  }

  /** Whether the macros of a source may join a name that counts, or hand something on to one that does. */
  mayMatter(path: string): boolean {
    const known = this.#known.get(path)
    if (known !== undefined) return known
    const found = this.#files.ownMacros(path).some(({ macro, body }) => {
      if (macro === undefined) return false
      if (macro.takes && body.some(word => this.#family.has(word))) return true
      return macro.joins.some(row => this.#mayJoin(row))
    })
    this.#known.set(path, found)
    return found
  }

  #mayJoin(row: readonly (string | undefined)[]): boolean {
    const pattern = new RegExp(`^${row.map(operand => operand?.replace(/[^\w]/g, '\\$&') ?? '.*').join('')}$`)
    return this.#asked.some(name => pattern.test(name))
  }
}
