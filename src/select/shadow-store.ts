/**
 * Stores of new members (`HOTSPLICE_SHADOW` in hotsplice.h), by the names that the header gives their variables. A store
 * holds what objects have had since its payload was applied, so that a second one beside it would be an empty one.
 */
import type { Reason, Refusal } from '../base/refusal.ts'
import type { Brought, BroughtThing } from '../loaders/brought.ts'
import { variableOf } from '../pieces/static-locals.ts'
import type { Selection } from './model.ts'

const STORE = /^hotsplice_store_of_(\w+)$/
const FINDER = /^hotsplice_of_(\w+)$/

/** Where a payload below has that store, whichever source brought it: the patch would bring it, and its hooks, again. */
export function storeBelow({ things }: Pick<Brought, 'things'>, name: string): Omit<Refusal, 'unit'> | undefined {
  const [, tag] = STORE.exec(name) ?? []
  const isIt = ({ kind, name: other }: BroughtThing) => kind === 'variable' && variableOf(other).names.includes(name)
  const there = tag === undefined ? undefined : [...things.values()].find(isIt)
  if (there === undefined) return undefined
  return {
    code: 'shadow-data-below',
    symbol: name,
    text: `${there.by} keeps the new members of struct ${tag} already; a second store would be empty, and its hook would empty it once more on its own`,
    hint: `where struct hotsplice_of_${tag} is what it was, leave out the source that has the store (--with): what ${there.by} has brought is found. Else build one payload of all patches without --on, which takes the place of ${there.by} (hotsplice replace); what objects have of the members is lost then, and begins anew`,
  }
}

/** Stores, by tag: those of the payload, and those that it finds below, with who has them. */
interface Stores {
  readonly brought: readonly string[]
  readonly found: readonly { readonly tag: string; readonly by: string }[]
}

export function storesOf({ pieces }: Pick<Selection, 'pieces'>, below: Brought | undefined): Stores {
  const names = pieces.flatMap(({ references }) =>
    references.flatMap(({ link }) => (link.to === 'running' ? link.name : [])),
  )
  const found = [...new Set(names)].flatMap(name => {
    const [, tag] = FINDER.exec(name) ?? []
    const thing = below?.things.get(name)
    return tag === undefined || thing === undefined ? [] : [{ tag, by: thing.by }]
  })
  return { brought: [...new Set(pieces.flatMap(({ piece: { name } }) => STORE.exec(name)?.[1] ?? []))], found }
}

/** What whoever applies it has to know of data that is kept by an object's address. */
export function storeNotices({ brought, found }: Stores, compared: ReadonlySet<string>): readonly Reason[] {
  return [
    ...brought.map(tag => ({
      code: 'shadow-data',
      text: `what objects have of the new members of struct ${tag} is this payload\u2019s: it is gone when that is reverted, and where another takes its place (replace), even one with the same members, all begin anew`,
    })),
    ...found.map(({ tag, by }) => ({
      code: 'shadow-data',
      text: compared.has(tag)
        ? `the new members of struct ${tag} are kept by ${by}`
        : `the new members of struct ${tag} are kept by ${by}: struct hotsplice_of_${tag} has to be what it was when that was built, which is not compared`,
    })),
  ]
}

/** Where the members lie otherwise than they did when the payload below was built. */
export function otherLayout(tag: string, by: string, unit: string): Refusal {
  return {
    code: 'shadow-data-below',
    unit,
    symbol: `struct hotsplice_of_${tag}`,
    text: `${by} keeps the new members of struct ${tag}, and struct hotsplice_of_${tag} is not what it was when that was built: its data would be taken for other members, or reached beyond`,
    hint: `leave struct hotsplice_of_${tag} as it was, and give what comes to struct ${tag} now another store; or build one payload of all patches without --on, which takes the place of ${by} (hotsplice replace): what objects have of the members is lost then, and begins anew`,
  }
}
