/**
 * What a unit's own source defines can change what the headers say that it reads, for this unit alone. All units are looked
 * at together, where such macros would be taken for everybody's; so each unit's own are asked here whether they may matter.
 *
 * What such a macro joins is written out, word by word. It matters where that is a name that counts; and where it stands
 * among the arguments of what joins further, where it is a part of one.
 */
import { standsAmongArguments } from '../../ctext/among-arguments.ts'
import type { Item } from '../../ctext/items.ts'
import { partsOf } from '../../ctext/macro-item.ts'
import { familyOf, type Joined, STRING_TAKING } from './joined.ts'
import type { Plain } from './plain.ts'
import type { SeenFiles } from './seen.ts'

interface Facts {
  readonly joined: Joined
  readonly plain: Plain
  /** All that is another thing after the edit. */
  readonly names: ReadonlySet<string>
}

/** One unit's view: its source's macros, and all that it reads. */
interface View {
  readonly own: readonly Item[]
  readonly reads: ReadonlySet<string>
}

/** More than this is not written out. */
const MOST_WORDS = 20_000

export class OwnMacros {
  readonly #files: SeenFiles
  readonly #joined: Joined
  /** Names that count, macros that may make one of them, and those that hand something on to such. */
  readonly #counting: ReadonlySet<string>
  readonly #family: ReadonlySet<string>
  readonly #allCounting: string

  constructor(files: SeenFiles, { joined, plain, names }: Facts) {
    const asked = new Set([...names, ...plain.telling])
    this.#files = files
    this.#joined = joined
    this.#family = new Set([...joined.familiesOf(asked), ...STRING_TAKING])
    this.#counting = new Set([...asked, ...this.#family])
    this.#allCounting = [...this.#counting].join(' ')
  }

  /** Whether the macros of a unit's source, which comes first, may join a name that counts, or hand something on to one. */
  mayMatter([source = '', ...headers]: readonly string[]): boolean {
    const own = this.#files.ownMacros(source)
    if (own.some(({ macro, body }) => macro?.takes && body.some(word => this.#family.has(word)))) return true
    const view = { own, reads: new Set([source, ...headers]) }
    return own.some(item => item.macro !== undefined && item.macro.joins.length > 0 && this.#mayJoin(item, view))
  }

  #mayJoin({ name, macro }: Item, view: View): boolean {
    const operands = this.#operandsOf(name, view)
    if (operands === undefined) return true
    const all = macro?.variadic === true ? [...new Set([...operands, ''])] : [...operands]
    const counts = this.#isPart(name, view)
      ? (word: string) => [...this.#expanded([word])].some(each => this.#allCounting.includes(each))
      : (word: string) => this.#counting.has(word)
    const rows = macro?.joins ?? []
    return [...rows, ...rows.flatMap(partsOf)].some(row => {
      const made = writtenOut(row, all)
      return made === undefined || made.some(word => word !== '' && counts(word))
    })
  }

  /** Whether what the macro becomes may be joined with something. */
  #isPart(name: string, { own, reads }: View): boolean {
    const joining = own.flatMap(({ name: other, macro }) => (macro?.joins.length ? [other] : []))
    const takers = takersIn(own)
    const handing = familyOf([...this.#joined.handing, ...joining], word => [
      ...this.#joined.takersOf(word),
      ...takers(word),
    ])
    const names = new Set([name])
    for (const member of names) {
      for (const { item, path } of this.#files.having(member)) {
        if (item.kind !== 'macro' || item.name === member || !reads.has(path)) continue
        if (item.body.some(word => word !== member && handing.has(word))) return true
        names.add(item.name)
      }
    }
    return this.#textsWith(names, reads).some(text => standsAmongArguments(this.#files.lexed(text), names, handing))
  }

  /** What stands in the macro's lists; undefined where that may be anything. */
  #operandsOf(name: string, { own, reads }: View): ReadonlySet<string> | undefined {
    const takers = takersIn(own)
    const family = familyOf([name], word => [...this.#joined.takersOf(word), ...takers(word)])
    const direct = this.#listed(new Set([name]), family, reads)
    const handed = this.#listed(new Set([...family].filter(member => member !== name)), family, reads)
    if (direct === undefined || handed === undefined) return undefined
    const isOpen = (word: string) =>
      /^__/.test(word) || this.#joined.handing.has(word) || own.some(each => each.name === word)
    const all = this.#expanded(handed)
    if ([...all].some(isOpen)) return undefined
    // What becomes of a macro may be nothing.
    const mayVanish = [...all].some(word => this.#files.macros(word).length > 0)
    return new Set([...direct, ...all, ...(mayVanish ? [''] : [])])
  }

  #listed(
    names: ReadonlySet<string>,
    family: ReadonlySet<string>,
    reads: ReadonlySet<string>,
  ): ReadonlySet<string> | undefined {
    const found = this.#textsWith(names, reads).map(text => this.#joined.listed(text, names, family))
    return found.includes(undefined) ? undefined : new Set(found.flatMap(words => [...(words ?? [])]))
  }

  #textsWith(names: ReadonlySet<string>, reads: ReadonlySet<string>): readonly string[] {
    const entries = [...names].flatMap(name => this.#files.having(name)).filter(({ path }) => reads.has(path))
    return [...new Set(entries.map(({ text }) => text))]
  }

  /** With all that macros make of them. */
  #expanded(words: Iterable<string>): ReadonlySet<string> {
    const all = new Set(words)
    for (const word of all) for (const { body } of this.#files.macros(word)) for (const each of body) all.add(each)
    return all
  }
}

/** By a word, macros that hand their arguments on to it, or are another name of it. */
function takersIn(own: readonly Item[]): (word: string) => readonly string[] {
  return word =>
    own.flatMap(({ name, macro, body }) => {
      const isOne = macro?.takes === true ? body.includes(word) : macro?.last === word
      return isOne ? [name] : []
    })
}

/** What a row of `##` may make, each argument being one of the operands; undefined where that is too much. */
function writtenOut(row: readonly (string | undefined)[], operands: readonly string[]): readonly string[] | undefined {
  let made: readonly string[] = ['']
  for (const operand of row) {
    const next = operand === undefined ? operands : [operand]
    if (made.length * next.length > MOST_WORDS) return undefined
    made = made.flatMap(start => next.map(end => start + end))
  }
  return made
}
