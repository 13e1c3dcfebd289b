/**
 * Words of others as a terminal may show them. A name in a file, a patch, a report or a running program may hold bytes
 * that a terminal obeys: escape sequences (C0, DEL, C1), characters that turn the order of others around or stand
 * nowhere (Unicode's format characters), and line ends, with which a name could say a line of its own.
 */

/** Controls, format characters, separators of lines and paragraphs, halves of surrogate pairs. */
const ACTING = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

/** A text of several lines: its line ends and tabs stay. */
export function shownText(text: string): string {
  return text.replace(ACTING, character => (character === '\n' || character === '\t' ? character : spelled(character)))
}

/** A name, or another text that is one line. */
export function shownName(name: string): string {
  return name.replace(ACTING, spelled)
}

/** As readelf and cat spell what is ASCII, and less the rest. */
function spelled(character: string): string {
  const code = character.codePointAt(0) ?? 0
  if (code < 0x80) return `^${String.fromCharCode(code ^ 0x40)}`
  return `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`
}

/** The text that bytes, one character each, are in UTF-8; undefined where they are none. */
export function utf8Text(bytes: string): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      Uint8Array.from(bytes, char => char.charCodeAt(0)),
    )
  } catch {
    return undefined
  }
}

/** A name of which one character is one byte, as names in objects are kept; what is no UTF-8 stays as it is. */
export function shownBytes(name: string): string {
  const isBytes = /^[\0-\xff]*$/.test(name)
  return shownName((isBytes ? utf8Text(name) : undefined) ?? name)
}

/**
 * Makes a value fit for a terminal: names of others, in files, patches and programs, may hold characters that a terminal obeys.
 * They are spelled out (`^[`, `<U+202E>`); the value is otherwise the same.
 *
 * @param value a report, or any other plain data
 * @returns a copy with every text spelled so
 * @throws never
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { withShownNames } from 'hotsplice/report'
 *
 * assert.deepEqual(withShownNames({ name: 'f\u001b[2J' }), { name: 'f^[[2J' })
 * ```
 */
export function withShownNames<Value>(value: Value): Value {
  return mapped(value) as Value
}

function mapped(value: unknown): unknown {
  if (typeof value === 'string') return shownBytes(value)
  if (Array.isArray(value)) return value.map(mapped)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, mapped(each)]))
}
