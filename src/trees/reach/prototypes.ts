/**
 * Units that cannot feel a prototype that comes, by texts alone: its name stands nowhere in what they read, and their
 * objects have no symbol of that name.
 *
 * Why that is enough. A unit that has the name all the same joined it with `##`. If it is declared there, it is so as the
 * same kind of function or variable, or the text does not compile any more; then the prototype says nothing new but how
 * arguments of a call are passed, and who calls it has the symbol. What has attributes, lengths of arrays, new tags or words
 * that are macros is not told here.
 */
import { readFileSync } from 'node:fs'
import { changedItems } from '../../ctext/changed-items.ts'
import { type TextItem, TRIGRAPH, textItemsOf } from '../../ctext/items.ts'
import { lex } from '../../ctext/lexer.ts'
import { tokenText } from '../../ctext/tokens.ts'
import { readElf } from '../../elf/index.ts'
import type { SourceChange } from '../../source/model.ts'
import type { AffectedUnit, Tree, Unit } from '../model.ts'
import { definedBy, hasTrigraphs } from './commands.ts'
import { filesReadBy } from './read-files.ts'

interface Added {
  readonly names: readonly string[]
  /** All words of the prototypes. */
  readonly words: readonly string[]
}

/**
 * Names that compilers may mean something by: gcc calls `stpcpy` on its own account once it is declared, and has hundreds of
 * such names. Those of C's library are one word, or end in what the library adds to one.
 */
const KNOWN = /^[^_]*$|^_|_(?:unlocked|r|chk)$|^(?:posix|aligned|objc|linux|mem|str|stp)[a-z]*_/
const MORE_THAN_A_TYPE =
  /^(?:typedef|static|inline|auto|register|constexpr|noreturn|asm|typeof|_.*|alignas|alignof|sizeof|union|enum)$/
const SIGN = /^[*(),;.]$|^\.\.\.$/
const WORD = /^[A-Za-z_]\w*$/

/** Undefined where something else changes. */
export function addedPrototypes(oldText: string, newText: string): Added | undefined {
  const [before, after] = [textItemsOf(oldText), textItemsOf(newText)]
  const added = before && after && changedItems(before, after)?.items
  if (before === undefined || added === undefined || added.length === 0) return undefined
  if (added.some(item => before.includes(item)) || !added.every(item => isPlain(item, after ?? []))) return undefined
  const names = [...new Set(added.map(({ name }) => name))]
  const words = [...new Set(added.flatMap(tokensOf))].filter(token => WORD.test(token))
  return names.some(name => !WORD.test(name) || KNOWN.test(name)) ? undefined : { names, words }
}

function tokensOf({ text }: TextItem): readonly string[] {
  return text
    .split('\0')
    .map(token => token.trim())
    .filter(token => token !== '')
}

function isPlain(item: TextItem, all: readonly TextItem[]): boolean {
  const tokens = tokensOf(item)
  return (
    item.kind === 'prototype' &&
    tokens.every((token, at) => {
      if (token === 'struct') return isTagKnown(tokens[at + 1] ?? '', item, all)
      return SIGN.test(token) || (WORD.test(token) && !MORE_THAN_A_TYPE.test(token)) || token === '_Bool'
    })
  )
}

/** Whether what stands before it, in the same conditions, has the tag outside of any list: then the prototype brings none. */
function isTagKnown(tag: string, item: TextItem, all: readonly TextItem[]): boolean {
  for (let at = all.indexOf(item) - 1; at >= 0; at--) {
    const tokens = tokensOf(all[at] ?? item)
    if (tokens[0] === '#' && /^(?:if|el|end)/.test(tokens[1] ?? '')) return false
    let depth = 0
    for (const [index, token] of tokens.entries()) {
      if ('({['.includes(token)) depth++
      else if (')}]'.includes(token)) depth--
      else if (depth === 0 && token === 'struct' && tokens[index + 1] === tag) return tokens[0] !== '#'
    }
  }
  return false
}

export function withoutUse(tree: Tree, units: readonly AffectedUnit[], { files }: SourceChange): AffectedUnit[] {
  const paths = new Set(units.flatMap(({ because }) => because))
  const added = new Map<string, Added>()
  for (const { kind, newPath = '', oldText, newText } of files) {
    const found = kind === 'edited' && paths.has(newPath) ? addedPrototypes(oldText, newText) : undefined
    if (found !== undefined) added.set(newPath, found)
  }
  const asked = units.filter(({ because }) => because.every(path => added.has(path)))
  if (asked.length === 0) return []
  const all = [...added.values()]
  const names = all.flatMap(each => each.names)
  const mayName = textsNaming(names, [...new Set(all.flatMap(each => each.words))])
  const known = new Map<string, Told>()
  const told = (path: string, read: () => string | undefined) => {
    const found = known.get(path) ?? toldBy(read(), mayName)
    known.set(path, found)
    return found
  }
  const ofFile = (path: string) => told(path, () => tree.reader.read(path))
  const filesOf = filesReadBy(tree, path => ofFile(path).includes)
  return asked.filter(each => {
    const [defined, read] = [definedBy(each.unit), filesOf(each)]
    const isSpelled = hasTrigraphs(each.unit)
    return (
      defined !== undefined &&
      !told(`-D ${defined}`, () => defined).mayName &&
      read?.every(path => !ofFile(path).mayName && !(isSpelled && ofFile(path).hasTrigraphs)) === true &&
      hasNoSymbol(each.unit, names)
    )
  })
}

interface Told {
  readonly includes: readonly string[]
  readonly mayName: boolean
  readonly hasTrigraphs: boolean
}

function toldBy(text: string | undefined, mayName: (text: string) => boolean): Told {
  if (text === undefined) return { includes: [], mayName: true, hasTrigraphs: true }
  return { includes: includesIn(text), mayName: mayName(text), hasTrigraphs: TRIGRAPH.test(text) }
}

function includesIn(text: string): readonly string[] {
  return [...text.matchAll(/^[ \t]*#[ \t]*(?:include|include_next|import)[ \t]*([<"][^>"\n]+[>"])/gm)].map(
    ([, name = '']) => name,
  )
}

/** Answers whether a text may have one of the names, or may make a macro of one of the words. */
export function textsNaming(names: readonly string[], words: readonly string[]): (text: string) => boolean {
  const defines = new RegExp(`\\bdefine(?:\\s|\\\\|/\\*[^]*?\\*/)+(?:${words.join('|')})\\b(.*)`, 'g')
  // A word that goes on behind the end of a line, or has a letter that is spelled by its number.
  const hidden = /[\w$]\\[ \t\f\v\r]*\n[\w$]|\\[uU][\da-fA-F]{4}/
  return text =>
    names.some(name => text.includes(name) && hasWord(text, name)) ||
    hidden.test(text) ||
    [...text.matchAll(defines)].some(([whole]) => !/^define\s+bool\s+_Bool\s*$/.test(whole))
}

/** What is quoted names something to an assembler, which is seen by its symbol, or to the compiler by way of a pragma. */
function hasWord(text: string, name: string): boolean {
  const file = lex(text)
  const hasPragmas = /_*[pP]ragma\b/.test(text)
  for (let at = 0; at < file.tokens.count; at++) {
    const token = tokenText(file, at)
    if (token === name || (hasPragmas && token.startsWith('"') && token.includes(name))) return true
  }
  return false
}

/** In the object that the tree has of it. */
function hasNoSymbol({ original, object }: Unit, names: readonly string[]): boolean {
  if (original !== 'tree' || object === undefined) return false
  try {
    const bytes = readFileSync(object)
    const found = names.filter(name => bytes.includes(`${name}\0`))
    // A string may be spelled like it.
    return found.length === 0 || !readElf(bytes).symbols.some(symbol => found.includes(symbol.name))
  } catch {
    // Not there, or none that we read.
    return false
  }
}
