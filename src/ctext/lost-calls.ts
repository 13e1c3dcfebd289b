/**
 * Whether all that a patch takes out of a function are calls that stand as statements of their own, in C text that is not
 * preprocessed yet. For calls that are switched off where they stand in the code that runs: nothing else of the patch
 * would happen there.
 *
 * Worse mistake: to say so where more changes. So what is not plainly that is told in words.
 */
import { itemRanges } from './item-ranges.ts'
import { IN_DIRECTIVE, type LexedFile } from './lexed.ts'
import { lex } from './lexer.ts'
import { type TokenRange, tokenKind, tokenText } from './tokens.ts'

interface TwoTexts {
  readonly before: string
  readonly after: string
}

/** Undefined where it is so; else why not. `files` are all texts that the patch changes and the unit reads. */
export function moreThanLostCalls(
  name: string,
  callee: string,
  files: readonly (TwoTexts & { readonly path: string })[],
): string | undefined {
  const outlines = files.map(file => ({
    path: file.path,
    before: functionsIn(file.before),
    after: functionsIn(file.after),
  }))
  const homes = outlines.filter(({ before }) => before?.functions.has(name) === true)
  const [home, ...others] = homes
  if (home === undefined || others.length > 0) return `${name} is not in one changed text, or not to be made out there`
  for (const { path, before, after } of outlines) {
    if (before === undefined || after === undefined) return `${path} cannot be taken apart`
    if (before.others !== after.others) return `${path} changes outside of functions too`
  }
  const [before, after] = [home.before?.functions.get(name), home.after?.functions.get(name)]
  if (before === undefined || after === undefined) return `${name} is not to be made out in ${home.path}`
  const changed = new Set(outlines.flatMap(each => changedNames(each.before?.functions, each.after?.functions)))
  changed.delete(name)
  const reached = reachedBy(name, outlines)
  // Who calls what a header has may be a macro, or a function of another header that does not change.
  const isOwn = (each: string) => home.before?.functions.has(each) === true || home.after?.functions.has(each) === true
  const also = [...changed].find(each => reached.has(each) || !isOwn(each))
  if (also !== undefined) return `${also} changes too, which may be part of ${name}`
  return lostOnly(before, after, callee)
}

interface Outline {
  /** By name; one that comes twice is told as if it stood outside of functions. */
  readonly functions: ReadonlyMap<string, Body>
  readonly others: string
  /** Of directives outside of functions. */
  readonly macroWords: ReadonlySet<string>
}

interface Body extends TokenRange {
  readonly file: LexedFile
  readonly text: string
  readonly words: ReadonlySet<string>
}

function functionsIn(text: string): Outline | undefined {
  const file = lex(text)
  const cut = itemRanges(file)
  // What a text leaves open at its end, another one closes.
  if (cut === undefined || cut.some(range => !closes(file, range))) return undefined
  const all = cut.map(({ from, end }) => ({ name: functionName(file, { from, end }), range: { from, end } }))
  const count = new Map<string, number>()
  for (const { name } of all) count.set(name, (count.get(name) ?? 0) + 1)
  const isSole = ({ name }: { readonly name: string }) => name !== '' && count.get(name) === 1
  const functions = new Map(all.filter(isSole).map(({ name, range }) => [name, bodyOf(file, range)]))
  const others = all.filter(each => !isSole(each)).map(({ range }) => bodyOf(file, range))
  const macroWords = others
    .filter(({ from }) => tokenKind(file, from) === 'directive')
    .flatMap(({ words }) => [...words])
  return { functions, others: others.map(({ text: each }) => each).join('\n'), macroWords: new Set(macroWords) }
}

/** Whether it has as many braces that close as open: what a text leaves open at its end, another one closes. */
function closes(file: LexedFile, { from, end }: TokenRange): boolean {
  const texts = Array.from({ length: end - from }, (_, index) => tokenText(file, from + index))
  return texts.filter(text => text === '{').length === texts.filter(text => text === '}').length
}

/** The word before the first parenthesis of what ends in braces; empty of anything else. */
function functionName(file: LexedFile, { from, end }: TokenRange): string {
  if (tokenText(file, end - 1) !== '}') return ''
  for (let at = from + 1; at < end; at++) {
    const text = tokenText(file, at)
    if (/^[={;]$/.test(text)) return ''
    if (text === '(' && !/^__\w+__$/.test(tokenText(file, at - 1)))
      return tokenKind(file, at - 1) === 'word' ? tokenText(file, at - 1) : ''
  }
  return ''
}

function bodyOf(file: LexedFile, { from, end }: TokenRange): Body {
  const texts = Array.from({ length: end - from }, (_, index) => tokenText(file, from + index))
  return { file, from, end, text: texts.join(' '), words: new Set(texts.filter(text => /^[A-Za-z_]/.test(text))) }
}

function changedNames(before: Outline['functions'] = new Map(), after: Outline['functions'] = new Map()): string[] {
  const names = new Set([...before.keys(), ...after.keys()])
  return [...names].filter(name => before.get(name)?.text !== after.get(name)?.text)
}

/** The functions of these texts that may be part of its code, by name; all that macros name among them. */
function reachedBy(name: string, outlines: readonly { readonly after: Outline | undefined }[]): ReadonlySet<string> {
  const reached = new Set([name])
  for (const each of reached)
    for (const { after } of outlines)
      for (const word of after?.functions.get(each)?.words ?? [])
        if (outlines.some(other => other.after?.functions.has(word) === true)) reached.add(word)
  for (const { after } of outlines) for (const word of after?.macroWords ?? []) reached.add(word)
  return reached
}

/** Token by token: what the old text has and the new one has not must be calls. */
function lostOnly(before: Body, after: Body, callee: string): string | undefined {
  const inDirective = (body: Body, at: number) => ((body.file.tokens.flags[at] ?? 0) & IN_DIRECTIVE) !== 0
  let [one, other, lost] = [before.from, after.from, 0]
  while (one < before.end || other < after.end) {
    if (one < before.end && inDirective(before, one)) return 'a condition of the preprocessor is in it'
    const text = one < before.end ? tokenText(before.file, one) : ''
    if (text === tokenText(after.file, other) && one < before.end && other < after.end) {
      one++
      other++
      continue
    }
    if (text !== callee) return `it changes otherwise than by calls of ${callee}`
    const end = statementEnd(before.file, one)
    if (typeof end === 'string') return end
    const staysEmpty = tokenText(after.file, other) === ';'
    if (!staysEmpty && !/^[;{}:]$/.test(tokenText(before.file, one - 1)))
      return `a call of ${callee} is what a condition or a loop does; leave its semicolon there`
    one = staysEmpty ? end - 1 : end
    lost++
  }
  return lost > 0 ? undefined : `it has lost no call of ${callee}`
}

/** Behind the semicolon of a call whose arguments do nothing. */
function statementEnd(file: LexedFile, at: number): number | string {
  const name = tokenText(file, at)
  const notPlain = `a call of ${name} is no statement of its own whose arguments do nothing`
  if (!/^(?:[;{}:)]|else|do)$/.test(tokenText(file, at - 1)) || tokenText(file, at + 1) !== '(') return notPlain
  let depth = 0
  for (let next = at + 1; next < file.tokens.count; next++) {
    const text = tokenText(file, next)
    if (text === '(') {
      // What is called may be of an expression: `(f)(a)`, `table[0](a)`.
      const isCalled = tokenKind(file, next - 1) === 'word' || /^[)\]]$/.test(tokenText(file, next - 1))
      if (next > at + 1 && isCalled && tokenText(file, next - 1) !== 'sizeof') return notPlain
      depth++
    }
    // Signs come one by one: what is set has an equals sign, or two signs of a kind.
    if (/^[={};]$/.test(text) || (/^[-+]$/.test(text) && tokenText(file, next - 1) === text)) return notPlain
    if (text === ')' && --depth === 0) return tokenText(file, next + 1) === ';' ? next + 2 : notPlain
  }
  return notPlain
}
