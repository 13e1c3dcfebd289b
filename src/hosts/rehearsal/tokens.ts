/**
 * Cuts a script's line into tokens: words, quoted texts, braces. `#` begins a comment where a token could
 * begin. A word may end in a quoted text: `text:"a b"`.
 */

export interface Token {
  /** What was written, without the quotes and with their escapes resolved; for `text:"a b"`, the part before the quote. */
  readonly word: string
  /** The quoted text, if there was one. */
  readonly quoted: string | undefined
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '0': '\0', '"': '"', '\\': '\\' }

/** The tokens of a line, or what is wrong with it. */
export function tokenize(line: string): Token[] | { readonly wrong: string } {
  const tokens: Token[] = []
  let at = 0
  while (at < line.length) {
    const character = line.charAt(at)
    if (/\s/.test(character)) {
      at += 1
    } else if (character === '#') {
      break
    } else if (character === '{' || character === '}') {
      tokens.push({ word: character, quoted: undefined })
      at += 1
    } else {
      const word = /^[^\s{}"]*/.exec(line.slice(at))?.[0] ?? ''
      at += word.length
      if (line.charAt(at) !== '"') {
        tokens.push({ word, quoted: undefined })
        continue
      }
      const quoted = readQuoted(line, at + 1)
      if ('wrong' in quoted) return quoted
      tokens.push({ word, quoted: quoted.text })
      at = quoted.end
    }
  }
  return tokens
}

/** Reads from behind the opening quote; `end` is behind the closing one. */
function readQuoted(line: string, start: number): { text: string; end: number } | { wrong: string } {
  let text = ''
  for (let at = start; at < line.length; at++) {
    const character = line.charAt(at)
    if (character === '"') return { text, end: at + 1 }
    if (character !== '\\') {
      text += character
      continue
    }
    at += 1
    const sign = line.charAt(at)
    const byte = /^x([0-9a-fA-F]{2})/.exec(line.slice(at))?.[1]
    const resolved = byte === undefined ? ESCAPES[sign] : String.fromCharCode(Number.parseInt(byte, 16))
    if (resolved === undefined) return { wrong: `\\${sign} is no escape (there are \\n \\r \\t \\0 \\" \\\\ \\xHH)` }
    if (byte !== undefined) at += 2
    text += resolved
  }
  return { wrong: 'a quote is not closed' }
}
