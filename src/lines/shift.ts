import { directiveAt, type LexedFile, SAFE } from '../ctext/lexed.ts'
import { lex } from '../ctext/lexer.ts'

/**
 * The *shifted* variant of a file: every line number it embeds is larger by `by`, and nothing else differs.
 *
 * The directive names no file, so `__FILE__` stays what the compiler would have it be. In assembly the same directive
 * works, because the preprocessor reads it there too.
 */
export function shiftLines(text: string, by: number): string {
  return beginning(text, `#line ${1 + by}`)
}

/**
 * Every line number smaller by `by`, from the first line on where that can be said: for numbers whose field would grow
 * with them. Undefined where no line far enough down takes a directive.
 */
export function lowerLines(text: string, by: number): string | undefined {
  const file = lex(text)
  let open = 0
  let within: number | undefined
  for (let line = 1; line <= file.lineCount; line++) {
    if (line > by && file.barriers[line] === SAFE) {
      // In a group that is skipped a directive is ignored; where all is in one (an include guard), that is where to be.
      if (open === 0) return withDirective(file, line, line - by)
      if (open === 1) within ??= line
    }
    const kind = directiveAt(file, line)
    if (kind === 'if') open++
    if (kind === 'endif') open--
  }
  return within === undefined ? undefined : withDirective(file, within, within - by)
}

function withDirective({ text, lineStarts }: LexedFile, line: number, number: number): string {
  const at = lineStarts[line] ?? text.length
  return `${text.slice(0, at)}#line ${number}\n${text.slice(at)}`
}

/** The file under another name: what `__FILE__` is in it, and what messages call it. */
export function named(text: string, name: string): string {
  return beginning(text, `#line 1 "${name.replace(/[\\"]/g, '\\$&')}"`)
}

function beginning(text: string, directive: string): string {
  // gcc skips a byte order mark only where it is the very first thing.
  const mark = text.startsWith('\xef\xbb\xbf') ? 3 : 0
  return `${text.slice(0, mark)}${directive}\n${text.slice(mark)}`
}
