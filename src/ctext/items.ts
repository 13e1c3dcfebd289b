/**
 * A C text that is not preprocessed yet, as a row of items: directives, functions, declarations. For the question whether
 * a unit that reads a header can see what a patch changes in it.
 *
 * The worse mistake is to take something for a plain inline function, macro or prototype that is more than that: it would
 * be thought unseen where its name does not stand. So whatever is not surely one of them is `other`, where every word
 * counts as used by whoever reads the file. Conditional groups all count, whichever the compiler takes.
 */
import { type Declared, declaredIn } from './declared-item.ts'
import { declaresFunction, typeNames } from './function-declarations.ts'
import { type ItemRange, itemRanges } from './item-ranges.ts'
import { type LexedFile, SPACE_BEFORE } from './lexed.ts'
import { lex } from './lexer.ts'
import { type MacroText, macroText } from './macro-item.ts'
import { tokenKind, tokenText } from './tokens.ts'

export interface Item {
  /**
   * - inline: a function that is `static inline`, which no compiler keeps where nobody uses it.
   * - macro: a #define; undef: an #undef.
   * - prototype: declares one function or variable, and defines nothing.
   * - include: an #include; its name is the file's as it is spelled, or empty where a macro names it.
   * - directive: any other.
   * - other: everything else.
   */
  readonly kind: 'inline' | 'macro' | 'undef' | 'prototype' | 'include' | 'directive' | 'other'
  /** What it declares or defines; empty for others. */
  readonly name: string
  /** Words before the body, without the name; all words of what has no body. Words in strings count. */
  readonly head: readonly string[]
  /** Words of a function's body or a macro's text, with the numbers of that. */
  readonly body: readonly string[]
  /** Words that stand right behind a `)` or another word in the body. */
  readonly after: readonly string[]
  /** Of a declaration: one of these has to be a type for it to be what it looks like. */
  readonly types: readonly string[]
  /** Of a declaration: its words but its name and those of its parameters; a tag among them is declared, too. */
  readonly around: readonly string[]
  /** Of a declaration: what stands behind its parameters, which must be macros. */
  readonly behind: readonly string[]
  /** Whether its body, or what a macro becomes, may declare a function. */
  readonly declares: boolean
  /** Of a macro: more of its text. */
  readonly macro: MacroText | undefined
}

/** With what is needed to compare two versions of a text. */
export interface TextItem extends Item {
  /** Its tokens, in which white space counts only where it can be seen. */
  readonly text: string
  /** The lines of its tokens. */
  readonly lines: string
}

export interface Nested {
  /** As of `include`. */
  readonly name: string
  /** Whether it is in a list, be it a macro's arguments. */
  readonly inList: boolean
  /** Words of what has begun before it. */
  readonly before: readonly string[]
}

export interface FileItems {
  readonly items: readonly Item[]
  /** Macros that are defined inside of something else, whose words are in that, too. */
  readonly inner: readonly Item[]
  /** Files that are included inside of something else; inside of braces no function and no prototype can stand. */
  readonly nested: readonly Nested[]
  /** Words of what the text leaves open at its end, so that it goes on where it is included. */
  readonly open: readonly string[]
  /** As of `typeNames`. */
  readonly types: ReadonlyMap<string, readonly string[]>
  /** Whether three characters of it are one to compilers that are told so. */
  readonly hasTrigraphs: boolean
}

/**
 * A mark before the text, or between digits; a name that is spelled by numbers; what brings back an earlier macro, reads files as data, joins to what may be nothing, or is an attribute in brackets or of
 * many functions. In a comment it is a false alarm.
 */
const UNREADABLE =
  /^\xef\xbb\xbf|\b\d[\w.]*'[\da-fA-F]|\b_*(?:alias|ifunc|weakref)_*\s*\(\s*"[^"\n]*\\|\b(?:push|pop)_macro\b|\bredefine_extname\b|#[ \t]*embed\b|\binclude_alias\b|\bclang[\s\\]+attribute\b|__VA_OPT__|\[\s*\[/
export const TRIGRAPH = /\?\?[=/'()!<>-]/

/**
 * Undefined where the text is spelled in a way that we do not read. Of a source that nobody includes, everything but its
 * directives is one item: whatever stands there counts.
 */
export function itemsOf(file: LexedFile, isOwn = false): FileItems | undefined {
  const { text } = file
  const cut = UNREADABLE.test(text) ? undefined : itemRanges(file)
  if (cut === undefined) return undefined
  const inner: Item[] = []
  const nested: Nested[] = []
  for (const { from, directives } of cut.ranges) {
    for (const { at, inside } of directives) {
      const item = directive(file, at)
      if (item.kind === 'macro') inner.push(item)
      if (item.kind !== 'include' || inside === 'braces') continue
      const inList = inside === 'list'
      nested.push({ name: item.name, inList, before: inList ? [] : wordsOf(file, from, at) })
    }
  }
  const isDirective = ({ from }: ItemRange) => tokenKind(file, from) === 'directive'
  const items = isOwn
    ? [...cut.ranges.filter(isDirective).map(({ from }) => directive(file, from)), everything(file)]
    : cut.ranges.map(range => classified(file, range))
  const open = cut.open.flatMap(each => wordsOf(file, each.from, each.end))
  return { items, inner, nested, open, types: typeNames(file), hasTrigraphs: TRIGRAPH.test(text) }
}

/** The same with all that comparing takes; macros inside of something are part of that. */
export function textItemsOf(text: string): readonly TextItem[] | undefined {
  const file = lex(text)
  const cut = UNREADABLE.test(text) ? undefined : itemRanges(file)
  return cut?.ranges.map(range => ({
    ...classified(file, range),
    text: textOf(file, range),
    lines: file.tokens.lines.subarray(range.from, range.end).join(),
  }))
}

function everything(file: LexedFile): Item {
  return { ...NOTHING, head: wordsOf(file, 0, file.tokens.count) }
}

function classified(file: LexedFile, range: ItemRange): Item {
  if (tokenKind(file, range.from) === 'directive') return directive(file, range.from)
  const declared = range.directives.length > 0 ? undefined : declaredIn(file, range)
  const before = range.before.flatMap(each => wordsOf(file, each.from, each.end))
  if (declared !== undefined) return itemOf(file, { range, declared, before })
  return { ...NOTHING, head: [...before, ...wordsOf(file, range.from, range.end)] }
}

const NOTHING: Omit<Item, 'head'> = {
  kind: 'other',
  name: '',
  body: [],
  after: [],
  types: [],
  around: [],
  behind: [],
  declares: false,
  macro: undefined,
}

interface Found {
  readonly range: ItemRange
  readonly declared: Declared
  readonly before: readonly string[]
}

function itemOf(file: LexedFile, { range, declared, before }: Found): Item {
  const { kind, name, headEnd, types, behind } = declared
  const head = wordsOf(file, range.from, headEnd).filter(word => word !== name)
  const isInline = kind === 'inline'
  return {
    ...NOTHING,
    kind,
    name,
    head: [...before, ...head],
    body: isInline ? wordsOf(file, headEnd, range.end) : [],
    after: isInline ? behindLists(file, headEnd, range.end) : [],
    declares: isInline && declaresFunction(file, headEnd, range.end),
    types,
    around: declared.around,
    behind,
  }
}

function directive(file: LexedFile, from: number): Item {
  let end = from
  while (end < file.tokens.count && tokenKind(file, end) !== 'directive-end') end++
  const [word, name] = [tokenText(file, from + 1), tokenText(file, from + 2)]
  const isNamed = from + 2 < end && tokenKind(file, from + 2) === 'word'
  if (word === 'undef' && isNamed) return { ...NOTHING, kind: 'undef', name, head: [] }
  const head = wordsOf(file, from, end)
  if (/^include|^import$/.test(word))
    return { ...NOTHING, kind: 'include', name: includedName(file, from + 2, end), head }
  if (word !== 'define' || !isNamed) return { ...NOTHING, kind: 'directive', head }
  const macro = macroText(file, from + 3, end)
  const body = wordsOf(file, macro.start, end, 'and-numbers').filter(each => !macro.parameters.has(each))
  const after = behindLists(file, macro.start, end)
  return {
    ...NOTHING,
    kind: 'macro',
    name,
    head: [],
    body,
    after,
    declares: declaresFunction(file, macro.start, end),
    macro,
  }
}

/** Empty where a macro names it. */
function includedName(file: LexedFile, from: number, end: number): string {
  const { starts, ends } = file.tokens
  const text = file.text.slice(starts[from] ?? 0, ends[end - 1] ?? 0)
  return /^(?:"[^"\n]*"|<[^>\n]*>)/.exec(text)?.[0].slice(1, -1) ?? ''
}

/** Where a register variable is declared, `asm` names nothing but the register. */
function behindLists(file: LexedFile, from: number, end: number): readonly string[] {
  const words = new Set<string>()
  let depth = -1
  for (let at = from; at < end; at++) {
    const text = tokenText(file, at)
    if (depth >= 0) depth += text === '{' ? 1 : text === '}' ? -1 : 0
    if (depth === 0 && text === ';') depth = -1
    if (text === 'register') depth = 0
    if (at === from || tokenKind(file, at) !== 'word' || (depth >= 0 && /^_*asm_*$/.test(text))) continue
    const before = tokenText(file, at - 1)
    const isWord = tokenKind(file, at - 1) === 'word' && !/^(?:else|do|return|case|goto|sizeof)$/.test(before)
    if (isWord || before === ')') words.add(text)
  }
  return [...words]
}

const IN_STRING = /[\w$\x80-\xff]+/g

function wordsOf(file: LexedFile, from: number, end: number, numbers?: 'and-numbers'): readonly string[] {
  const words = new Set<string>()
  for (let at = from; at < end; at++) {
    const kind = tokenKind(file, at)
    if (kind === 'punctuator') continue
    const text = tokenText(file, at)
    if (kind === 'word' || (kind === 'number' && numbers !== undefined)) words.add(text)
    else if (kind === 'string') for (const [word] of text.matchAll(IN_STRING)) words.add(word)
  }
  return [...words]
}

/** White space is kept everywhere: it costs at most a compile, and may stand in a string that `#` makes. */
function textOf(file: LexedFile, { from, end }: ItemRange): string {
  let text = ''
  for (let at = from; at < end; at++) {
    const isSpaced = at > from && ((file.tokens.flags[at] ?? 0) & SPACE_BEFORE) !== 0
    if (tokenKind(file, at) === 'directive-end') text += '\n'
    else text += (isSpaced ? ' ' : '') + tokenText(file, at) + String.fromCharCode(0)
  }
  return text
}
