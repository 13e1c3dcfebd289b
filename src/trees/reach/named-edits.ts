/** Edits of a text that concern nothing but what some names mean: macros, and bodies of inline functions. */
import type { ChangedItems } from '../../ctext/changed-items.ts'
import { type TextItem, textItemsOf } from '../../ctext/items.ts'
import type { RawFacts, RawInline } from '../../ctext/raw-facts.ts'
import { type Seen, seenOf } from './seen.ts'

/** Of each token in an item's text. */
const END = String.fromCharCode(0)

export interface NamedEdits {
  readonly before: Seen
  readonly after: Seen
  readonly macros: ReadonlySet<string>
  /** Both of each. */
  readonly inlines: ReadonlyMap<string, readonly [RawInline, RawInline]>
}

export type EditsByPath = ReadonlyMap<string, NamedEdits>

/** Undefined where something else changes, or where that is not sure. */
export function namedEdits(oldText: string, newText: string, { items }: ChangedItems): NamedEdits | undefined {
  const names = new Set(items.map(({ name }) => name))
  const [before, after] = [seenOf(oldText), seenOf(newText)]
  if (before === undefined || after === undefined || names.size === 0 || names.has('')) return undefined
  // Where they stand stays what it is.
  if (restOf(textItemsOf(oldText), names) !== restOf(textItemsOf(newText), names)) return undefined
  const macros = new Set<string>()
  const inlines = new Map<string, readonly [RawInline, RawInline]>()
  for (const name of names) {
    const [one, other] = [before, after].map(({ facts }) => facts.inlines.filter(each => each.name === name))
    const kinds = [before, after].map(({ facts }) => kindsOf(facts, name))
    const isMacro = kinds.some(kind => kind !== '')
    const [first, second] = [one?.[0], other?.[0]]
    if (one?.length === 0 && other?.length === 0 && isMacro && kinds[0] === kinds[1]) macros.add(name)
    else if (isMacro || one?.length !== 1 || other?.length !== 1 || first === undefined || second === undefined)
      return undefined
    else if (first.head.join(' ') !== second.head.join(' ')) return undefined
    else inlines.set(name, [first, second])
  }
  return { before, after, macros, inlines }
}

/** A name that becomes another kind of macro may be used where it stood for itself. */
function kindsOf({ macros }: RawFacts, name: string): string {
  return macros.flatMap(macro => (macro.name === name ? [macro.takesList ? '()' : '-'] : [])).join('')
}

function restOf(items: readonly TextItem[] | undefined, names: ReadonlySet<string>): string | undefined {
  const rest = items?.map(({ name, text }) => {
    const tokens = text.split(END).map(token => token.trim())
    const isDefined = (tokens[0] === '#' && tokens[1] === 'define') || tokens.at(-2) === '}'
    return names.has(name) && isDefined ? `${tokens[0] === '#' ? '#' : ''}${name}` : text
  })
  return rest?.join('\n')
}
