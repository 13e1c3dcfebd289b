/**
 * Whether an inline function or a prototype is what it looks like, whatever macros make of the words in it; and whether
 * the body of one that nobody uses can be felt elsewhere.
 */
import type { Item } from '../../ctext/items.ts'
import { becoming, expanded } from './becoming.ts'
import type { Joined } from './joined.ts'
import type { Entry, SeenFiles } from './seen.ts'

const spelled = (name: string) => [name, `__${name}`, `__${name}__`]

/**
 * Attributes by which a function is kept, run or found though nobody calls it, or lends another its properties. A section
 * is none of them: Xen has one on every inline function of a unit that runs at boot only.
 */
const KEEPING = [
  'used',
  'retain',
  'constructor',
  'destructor',
  'alias',
  'weak',
  'weakref',
  'ifunc',
  'externally_visible',
  'copy',
  'noclone',
  'no_reorder',
  'symver',
].flatMap(spelled)
/** Words by which a declaration is another thing than it looks. */
const TURNING = [
  'typedef',
  ...spelled('asm'),
  '_Pragma',
  '__pragma',
  '_Static_assert',
  'static_assert',
  '__COUNTER__',
  ...spelled('typeof'),
]
const ATTRIBUTE = ['__attribute', '__attribute__', '__declspec']
/** Attributes that concern nothing but the variable, type or statement they stand at. */
const OWN =
  /^(?:__attribute(?:__)?|_*(?:unused|fallthrough|packed|aligned|may_alias|mode|vector_size|transparent_union|deprecated)_*|\d\w*)$/

/** What compilers call by themselves, in the words of a declaration where there is one. */
const IMPLIED = [
  /^(?:mem|str|stp|abort$|v?[fs]?n?printf|f?puts|f?putc|_?setjmp|longjmp|alloca|malloc|calloc|realloc|free$|bcmp|bcopy|bzero)/,
  /^(?:r?index$|ffs|l?l?abs$|c?(?:exp|log|pow|sqrt|sin|cos|tan|cbrt|hypot|abs|floor|ceil|round|trunc|rint|nearbyint|fma))/,
  /^(?:ldexp|scalb|is(?:nan|inf|digit|ascii)|toascii|_mcount$|mcount$|_Unwind)/,
  /^__(?:sync_|atomic_|builtin|mem|str|stp|stack_|f?entry|mcount|cyg_|[a-z]*san_|sanitizer|morestack|tls_|cxa_|emutls|gcov|gnu_)/,
  /^__\w+(?:[sdt]i|[hsdtx]f|[hsdtx]c)[2-5]?$/,
]

const INLINE = /inline/

export class Plain {
  readonly #files: SeenFiles
  readonly #known = new Map<Item, boolean>()
  /** Macros that open what they do not close. */
  readonly #halving: ReadonlySet<string>
  readonly #counting: ReadonlySet<string>
  readonly #outward: ReadonlySet<string>
  readonly #describing: ReadonlySet<string>
  /** Words that make a function or a body another than it looks. */
  readonly telling: ReadonlySet<string>

  constructor(files: SeenFiles, joined: Joined) {
    this.#files = files
    const macros = (isMeant: (item: Item) => boolean) =>
      [...files.allMacros()].flatMap(([name, items]) => (items.some(isMeant) ? [name] : []))
    this.#halving = becoming(
      files,
      joined,
      macros(({ macro }) => macro?.brings === 'halves'),
    )
    this.#counting = new Set(quietLeftOut(files, becoming(files, joined, ['__COUNTER__', '_Pragma', '__pragma'])))
    const attributes = ownLeftOut(files, becoming(files, joined, ATTRIBUTE))
    const describing = beginning(files, [...spelled('asm'), ...attributes])
    this.#describing = describing
    const isDescribing = ({ after }: Item) => after.some(word => describing.has(word))
    this.#outward = new Set([
      ...becoming(files, joined, [
        ...['extern', '_Noreturn', 'noreturn'],
        ...macros(item => isDescribing(item) || item.declares),
        ...files.functionTypes,
      ]),
      ...attributes,
    ])
    const words = [...KEEPING, ...TURNING, ...this.#halving, ...this.#counting, ...this.#outward]
    this.telling = new Set([...words, ...describing, 'static', 'inline'])
  }

  /** It is declared as it looks, and where nobody names it, nobody uses it. */
  isPlain({ item, path }: Entry): boolean {
    let plain = this.#known.get(item)
    if (plain === undefined) {
      plain = !this.#files.isNested(path) && this.#isPlain(item)
      this.#known.set(item, plain)
    }
    return plain
  }

  #isPlain(item: Item): boolean {
    const { kind, name, head, types, behind, body } = item
    const isMacro = (word: string) => this.#files.macros(word).length > 0
    if (kind !== 'inline' && kind !== 'prototype') return false
    if (isMacro(name) || IMPLIED.some(each => each.test(name)) || /[^\w$]/.test(name)) return false
    if (kind === 'prototype' && (!types.some(word => this.#isType(word)) || !behind.every(isMacro))) return false
    if (!head.every(word => this.#isItself(word)) || body.some(word => this.#halving.has(word))) return false
    const words = expanded(this.#files, [...head, ...this.#files.before(item)], [...KEEPING, ...TURNING, ...ATTRIBUTE])
    if (words === undefined || [...KEEPING, ...TURNING].some(word => words.has(word))) return false
    return ![...words].some(word => this.#files.macros(word).some(({ macro }) => macro?.brings !== 'nothing'))
  }

  /** Or a macro that is a word for one. */
  #isType(word: string): boolean {
    return this.#files.macros(word).every(({ body, macro }) => {
      const [first = ''] = macro?.leads ?? []
      return (
        body.length === macro?.leads.length && /^(?:_Bool|void|char|short|int|long|unsigned|float|double)$/.test(first)
      )
    })
  }

  /** `static` is no macro; `inline` may be one only if it becomes a word for the same. */
  #isItself(word: string): boolean {
    if (!/^(?:static|extern)$/.test(word) && !INLINE.test(word)) return true
    return this.#files.macros(word).every(({ body }) => INLINE.test(word) && body.some(each => INLINE.test(each)))
  }

  /** Whether what changes in the body of a plain inline function, or in a macro that it uses, stays in it. */
  staysInside({ body, after, declares }: Item): boolean {
    const isFelt = (word: string) => this.#counting.has(word) || this.#outward.has(word)
    return !declares && !body.some(isFelt) && !after.some(word => this.#describing.has(word))
  }
}

/** The words, with all macros that may begin with one of them. */
function beginning(files: SeenFiles, words: Iterable<string>): ReadonlySet<string> {
  const all = new Set(words)
  const macros = [...files.allMacros()]
  for (let before = -1; before !== all.size; ) {
    before = all.size
    for (const [name, items] of macros) {
      if (items.some(({ macro }) => macro?.leads.some(word => word === '' || all.has(word)))) all.add(name)
    }
  }
  return all
}

const DIAGNOSING = /^(?:_Pragma|clang|GCC|diagnostic|push|pop|ignored|warning|W\w*|[a-z]\w*)$/

/** Without those that only say which warnings are given, and what uses nothing else of it. */
function quietLeftOut(files: SeenFiles, words: ReadonlySet<string>): ReadonlySet<string> {
  const left = new Set(words)
  const isQuiet = ({ body }: Item) =>
    body.every(word => !left.has(word) || word === '_Pragma') &&
    (!body.includes('_Pragma') || (body.includes('diagnostic') && body.every(word => DIAGNOSING.test(word))))
  for (let before = -1; before !== left.size; ) {
    before = left.size
    for (const word of left) {
      const items = files.macros(word)
      if (items.length > 0 && items.every(isQuiet)) left.delete(word)
    }
  }
  return left
}

/** Without the macros that are nothing but attributes of the thing they stand at. */
function ownLeftOut(files: SeenFiles, words: ReadonlySet<string>): readonly string[] {
  return [...words].filter(word => {
    const items = files.macros(word)
    return items.length === 0 || !items.every(({ body }) => body.every(each => OWN.test(each) || words.has(each)))
  })
}
