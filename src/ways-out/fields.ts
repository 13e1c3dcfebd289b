/**
 * New members of structures, as a patch's text has them. Objects that exist have no room for them; so they become a
 * structure of their own, which is looked up by the object's address.
 *
 * Only what is plain is taken: whole lines that come to a structure with a tag, of which nothing else changes. What is
 * not plain stays refused.
 */

import { ELSE, ENDIF, IF, IN_DIRECTIVE, type LexedFile } from '../ctext/lexed.ts'
import { lex } from '../ctext/lexer.ts'
import { tokenKind, tokenText } from '../ctext/tokens.ts'
import type { TouchedFile } from '../source/model.ts'
import type { TextEdit } from './text-edits.ts'

/** A structure of one touched file that gets members. */
export interface NewMembers {
  /** Of the structure: what it is called behind `struct`. */
  readonly tag: string
  /** The file's path. */
  readonly path: string
  /** The members as the patch has them, with the conditions that they stand under. */
  readonly lines: readonly string[]
  /** Every word of them. */
  readonly words: ReadonlySet<string>
  /** What takes them out of the file's new text again. */
  readonly removal: readonly TextEdit[]
  /** In the new text, where the line behind the structure begins, as it is before anything is taken out. */
  readonly behind: number
}

/** A structure with new members for which nothing can be written, and why. */
export interface NotPlain {
  readonly tag: string
  readonly why: string
}

export interface FoundMembers {
  readonly plain: readonly NewMembers[]
  readonly others: readonly NotPlain[]
}

type Text = Pick<TouchedFile, 'newPath' | 'oldText' | 'newText' | 'lineMap'>

/** `isAsked`: by their tags, those that are asked about. */
export function newMembersOf(file: Text, isAsked: (tag: string) => boolean): FoundMembers {
  const { newPath, oldText, newText } = file
  if (newPath === undefined) return { plain: [], others: [] }
  const [before, after] = [lex(oldText), lex(newText)]
  const olds = structuresOf(before)
  const news = structuresOf(after).filter(({ tag }) => isAsked(tag))
  const found = news.flatMap((now): readonly (NewMembers | NotPlain)[] => {
    const { tag } = now
    const [old, ...more] = olds.filter(each => each.tag === tag)
    if (old === undefined) return []
    const members = membersIn({ file, path: newPath, after }, old, now)
    if (typeof members !== 'string') return members.lines.length === 0 ? [] : [members]
    const isTwice = more.length > 0 || news.filter(each => each.tag === tag).length > 1
    return [{ tag, why: isTwice ? 'there are several of that name in the file' : members }]
  })
  return {
    plain: found.flatMap(each => ('path' in each ? [each] : [])),
    others: found.flatMap(each => ('path' in each ? [] : [each])),
  }
}

interface Structure {
  readonly tag: string
  /** The lines of its braces. */
  readonly open: number
  readonly close: number
  /** Tokens of its braces. */
  readonly first: number
  readonly last: number
}

function structuresOf(file: LexedFile): readonly Structure[] {
  const { tokens } = file
  const found: Structure[] = []
  const braces: { readonly tag: string; readonly at: number }[] = []
  for (let at = 0; at < tokens.count; at++) {
    if (((tokens.flags[at] ?? 0) & IN_DIRECTIVE) !== 0 || tokenKind(file, at) !== 'punctuator') continue
    const text = tokenText(file, at)
    if (text === '{') {
      const isTagged = tokenText(file, at - 2) === 'struct' && tokenKind(file, at - 1) === 'word'
      braces.push({ tag: isTagged ? tokenText(file, at - 1) : '', at })
    } else if (text === '}') {
      const { tag, at: first } = braces.pop() ?? { tag: '', at: 0 }
      if (tag !== '') found.push({ tag, first, last: at, open: tokens.lines[first] ?? 0, close: tokens.lines[at] ?? 0 })
    }
  }
  return found
}

interface Scene {
  readonly file: Text
  readonly path: string
  readonly after: LexedFile
}

/** The members that are new, or in words why they are not plain. */
function membersIn({ file, path, after }: Scene, old: Structure, now: Structure): NewMembers | string {
  const { toPatched, toOriginal } = file.lineMap
  for (let line = old.open; line <= old.close; line++)
    if ((toPatched[line] ?? 0) === 0) return 'the patch changes or takes away other lines of it'
  const depths = depthsIn(after, now)
  const lines: string[] = []
  const removal: TextEdit[] = []
  const conditions: number[] = []
  for (let line = now.open + 1; line < now.close; line++) {
    const isNew = (toOriginal[line] ?? 0) === 0
    const code = after.directives[line] ?? 0
    if (!isNew) {
      if (code === IF) conditions.push(line)
      else if (code === ENDIF) conditions.pop()
      else if (code > IF && code <= ELSE) conditions.push(-line)
      continue
    }
    const end = runEnd(line, now.close, toOriginal)
    if (depths(line) !== 1 || depths(end) !== 1) return 'a new member stands in a structure without a tag in it'
    if (conditions.some(each => each < 0)) return 'a new member stands under an #else'
    const textOf = (each: number) =>
      after.text.slice(after.lineStarts[each], after.lineStarts[each + 1]).replace(/\n$/, '')
    const own = Array.from({ length: end - line }, (_, index) => textOf(line + index))
    lines.push(...conditions.map(textOf), ...own, ...conditions.map(() => '#endif'))
    removal.push({ from: after.lineStarts[line] ?? 0, end: after.lineStarts[end] ?? 0, put: '' })
    line = end - 1
  }
  const words = new Set(lines.flatMap(line => line.match(/[A-Za-z_$][\w$]*/g) ?? []))
  return { tag: now.tag, path, lines, words, removal, behind: after.lineStarts[now.close + 1] ?? after.text.length }
}

function runEnd(from: number, limit: number, toOriginal: Int32Array): number {
  let end = from
  while (end < limit && (toOriginal[end] ?? 0) === 0) end++
  return end
}

/** How many braces are open where a line of the structure begins, its own included. */
function depthsIn(file: LexedFile, { first, last, open }: Structure): (line: number) => number {
  const { tokens } = file
  const depths = new Map<number, number>()
  let [depth, line] = [0, open]
  for (let at = first; at <= last; at++) {
    for (; line < (tokens.lines[at] ?? 0); line++) depths.set(line + 1, depth)
    if (tokenKind(file, at) !== 'punctuator') continue
    const text = tokenText(file, at)
    depth += text === '{' ? 1 : text === '}' ? -1 : 0
  }
  return each => depths.get(each) ?? 0
}
