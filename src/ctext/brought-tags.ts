/**
 * Tags that an edit may declare at another place, or not any more. `struct s *get(void);` declares `struct s` for all that
 * follows, if nothing before it does; then `int take(struct s *);` takes another type behind it than before it.
 */
import type { TextItem } from './items.ts'

const TAGGED = /^(?:struct|union|enum)$/

/** Between two items that stay: what was there, what is there now, and the items of the new text before it. */
export interface Gap {
  readonly old: readonly TextItem[]
  readonly made: readonly TextItem[]
  readonly before: readonly TextItem[]
}

export interface BroughtTags {
  /** Words among which are all such tags. */
  readonly tags: readonly string[]
  /** Words that bring such a tag where they are macros that do. */
  readonly types: readonly string[]
}

export function broughtTags(gaps: readonly Gap[], isKept: (item: TextItem) => boolean): BroughtTags {
  const [tags, types] = [new Set<string>(), new Set<string>()]
  for (const { old, made, before } of gaps) {
    const items = [...old, ...made]
    if (declaring(old) === declaring(made) || !items.some(each => each.types.length > 0)) continue
    const known = declaredBefore(before.filter(isKept))
    for (const each of items) {
      const tagged = taggedIn(each)
      for (const word of tagged) if (!known.has(word)) tags.add(word)
      for (const word of each.around) if (!tagged.has(word)) types.add(word)
    }
  }
  return { tags: [...tags], types: [...types] }
}

function declaring(items: readonly TextItem[]): string {
  return items
    .filter(({ types }) => types.length > 0)
    .map(({ around }) => around.join(' '))
    .join('\n')
}

/** What stands behind `struct`; an attribute may stand between. */
function taggedIn({ around, types }: TextItem): ReadonlySet<string> {
  const found = new Set<string>()
  for (const [at, word] of around.entries()) {
    const next = around[at + 1] ?? ''
    if (!TAGGED.test(word)) continue
    found.add(next)
    if (next.startsWith('_')) for (const each of types) found.add(each)
  }
  return found
}

/** Tags that surely are declared there, whichever branches are taken. */
function declaredBefore(items: readonly TextItem[]): ReadonlySet<string> {
  const found = new Set<string>()
  let depth = 0
  let isElse = false
  for (const { kind, head, around } of [...items].reverse()) {
    const word = kind === 'directive' ? (head[0] ?? '') : ''
    if (word === 'endif') depth++
    else if (depth === 0 && /^el/.test(word)) isElse = true
    else if (word.startsWith('if') && depth > 0) depth--
    else if (word.startsWith('if')) isElse = false
    if (depth > 0 || isElse || word !== '') continue
    const words = kind === 'other' ? head.slice(0, 2) : around
    for (const [at, each] of words.entries()) if (TAGGED.test(words[at - 1] ?? '')) found.add(each)
  }
  return found
}
