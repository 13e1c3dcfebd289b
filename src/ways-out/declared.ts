/** Where a text is told of what the store offers, and in which words. */
import { ELSE, ENDIF, IF, IN_DIRECTIVE, type LexedFile } from '../ctext/lexed.ts'
import { lex } from '../ctext/lexer.ts'
import { tokenKind, tokenText } from '../ctext/tokens.ts'
import { finderOf } from './accesses.ts'
import { enderOf } from './ends.ts'
import type { NewMembers } from './fields.ts'
import type { TextEdit } from './text-edits.ts'

/** The new members as a structure of their own, and who finds it. The same text in each file, which may come twice. */
export function membersBlock({ tag, lines }: NewMembers): string {
  const guard = `HOTSPLICE_MEMBERS_OF_${tag}`
  return [
    `#ifndef ${guard}`,
    `#define ${guard}`,
    `/* New members of struct ${tag}, whose objects have no room for them. */`,
    `struct ${tag};`,
    `struct hotsplice_of_${tag} {`,
    ...lines,
    '};',
    `struct hotsplice_of_${tag} *${finderOf(tag)}(const struct ${tag} *object);`,
    '#endif',
    '',
  ].join('\n')
}

export const endBlock = (tag: string): string => `void *${enderOf(tag)}(const void *object);\n`

/** What puts a block where all of the text's own includes are over: behind the last that stands under no condition. */
export function blockEdit(text: string, block: string): TextEdit | undefined {
  const file = lex(text)
  const line = includeLines(file).at(-1)
  if (line === undefined) return undefined
  const at = file.lineStarts[line + 1] ?? text.length
  return { from: at, end: at, put: block }
}

/** The lines of its #include directives that are read whatever the conditions; what keeps a header from coming twice is none. */
export function includeLines(file: LexedFile): readonly number[] {
  const found: { readonly line: number; readonly depth: number }[] = []
  let depth = 0
  for (let line = 1; line <= file.lineCount; line++) {
    const code = file.directives[line] ?? 0
    if (code === IF) depth++
    else if (code === ENDIF) depth--
    else if (code > ELSE && /^\s*#\s*include\b/.test(lineText(file, line))) found.push({ line, depth })
  }
  const least = Math.min(...found.map(each => each.depth))
  return found.filter(each => each.depth === least).map(each => each.line)
}

export const lineText = (file: LexedFile, line: number): string =>
  file.text.slice(file.lineStarts[line], file.lineStarts[line + 1]).replace(/\n$/, '')

/** What puts a block behind a structure's definition; undefined where the text has none. */
export function behindStructure(text: string, tag: string, block: string): TextEdit | undefined {
  const file = lex(text)
  const { tokens } = file
  for (let at = 2; at < tokens.count; at++) {
    const isIt = tokenText(file, at) === '{' && tokenText(file, at - 1) === tag && tokenText(file, at - 2) === 'struct'
    if (!isIt || ((tokens.flags[at] ?? 0) & IN_DIRECTIVE) !== 0) continue
    const close = closeOf(file, at)
    const place = close === undefined ? undefined : file.lineStarts[(tokens.lines[close] ?? 0) + 1]
    return place === undefined ? undefined : { from: place, end: place, put: block }
  }
  return undefined
}

function closeOf(file: LexedFile, open: number): number | undefined {
  let depth = 0
  for (let at = open; at < file.tokens.count; at++) {
    const sign = tokenKind(file, at) === 'punctuator' ? tokenText(file, at) : ''
    if (sign === '{') depth++
    if (sign === '}' && --depth === 0) return at
  }
  return undefined
}
