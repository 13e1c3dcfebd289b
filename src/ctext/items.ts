/**
 * A C text that is not preprocessed yet, as a row of items: directives, functions, declarations. For the question what a
 * patch changes in it, as names, and whether a compiler can see it at all. Conditional groups all count, whichever the
 * compiler takes.
 */
import { declaredIn } from './declared-item.ts'
import { type ItemRange, itemRanges } from './item-ranges.ts'
import { type LexedFile, SPACE_BEFORE } from './lexed.ts'
import { lex } from './lexer.ts'
import { tokenKind, tokenText } from './tokens.ts'

export interface TextItem {
  /** `code` may make an object another one; a prototype or a variable that is only declared there does it by its use. */
  readonly kind: 'prototype' | 'code'
  /** What it declares or defines; empty for others. */
  readonly name: string
  /** Its tokens, in which white space counts only where it can be seen. */
  readonly text: string
  /** The lines of its tokens. */
  readonly lines: string
}

/** A mark before the text, or between digits. In a comment it is a false alarm. */
export const UNREADABLE = /^\xef\xbb\xbf|\b\d[\w.]*'[\da-fA-F]/
export const TRIGRAPH = /\?\?[=/'()!<>-]/

/** Undefined where the text is spelled in a way that we do not read. */
export function textItemsOf(text: string): readonly TextItem[] | undefined {
  const file = lex(text)
  const ranges = UNREADABLE.test(text) ? undefined : itemRanges(file)
  return ranges?.map(range => ({
    ...named(file, range),
    text: textOf(file, range),
    lines: file.tokens.lines.subarray(range.from, range.end).join(),
  }))
}

function named(file: LexedFile, range: ItemRange): Pick<TextItem, 'kind' | 'name'> {
  if (tokenKind(file, range.from) === 'directive') return { kind: 'code', name: defined(file, range) }
  const declared = range.hasDirectives ? undefined : declaredIn(file, range)
  return { kind: declared?.kind === 'prototype' ? 'prototype' : 'code', name: declared?.name ?? '' }
}

function defined(file: LexedFile, { from, end }: ItemRange): string {
  const isNamed = from + 2 < end && tokenKind(file, from + 2) === 'word'
  return isNamed && /^(?:define|undef)$/.test(tokenText(file, from + 1)) ? tokenText(file, from + 2) : ''
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
