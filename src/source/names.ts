/**
 * File names as they stand in patch headers: plain up to a tab or white space, or quoted as C strings (git quotes
 * names that hold bytes outside ASCII). The rules are those of patch(1) with `-pN`; `undefined` means that the line
 * gives no usable name, which is how patch(1) treats a name without the components to strip.
 */

import { utf8Text } from '../base/printable.ts'

export interface NameField {
  /** Stripped; undefined for /dev/null and where nothing is left. */
  readonly name: string | undefined
  readonly isDevNull: boolean
  /** What follows the name: a time, or nothing. */
  readonly rest: string
}

const WHITE = /[ \t\n\v\f\r]/

/** Reads what follows `Index:`; spaces belong to the name. */
export function readIndexName(text: string, strip: number): string | undefined {
  const field = text.trim()
  const raw = field.startsWith('"') ? quoted(field).raw : field
  return raw === undefined ? undefined : stripped(raw, strip)
}

/** Reads what follows `--- ` or `+++ `. */
export function readHeaderName(text: string, strip: number): NameField {
  const field = text.trimStart()
  const { raw, rest } = field.startsWith('"') ? quoted(field) : plain(field)
  if (raw === '/dev/null') return { name: undefined, isDevNull: true, rest }
  return { name: raw === undefined ? undefined : stripped(raw, strip), isDevNull: false, rest }
}

/** Reads what follows `diff --git `: two names. Undefined where they cannot be told apart. */
export function readGitNames(text: string, strip: number): { readonly old: string; readonly new: string } | undefined {
  const line = text.trim()
  const first = line.startsWith('"') ? quoted(line) : untilWhite(line)
  const after = first.rest.trimStart()
  const second = after.startsWith('"') ? quoted(after) : untilWhite(after)
  const both = pair(first.raw, second.raw, strip)
  if (both !== undefined && second.rest.trim() === '') return both
  return equalHalves(line, strip)
}

/** Reads what follows `rename from ` and its like: one name, which git writes without the first component to strip. */
export function readBareName(text: string, strip: number): string | undefined {
  const field = text.replace(/[\r\n]+$/, '')
  const raw = field.startsWith('"') ? quoted(field).raw : field
  return raw === undefined ? undefined : stripped(raw, Math.max(0, strip - 1))
}

/** The epoch in any time zone is how diff says that the file does not exist. */
export function isEpoch(stamp: string): boolean {
  const iso = /(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.\d+)?(?: ([+-])(\d\d)(\d\d))?/.exec(stamp)
  if (iso === null) return /\b(?:Jan +1|Dec 31) \d\d:\d\d:\d\d (?:1970|1969)\b/.test(stamp)
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = iso.slice(1, 7).map(Number)
  const zone = (iso[7] === '-' ? -1 : 1) * (Number(iso[8] ?? 0) * 60 + Number(iso[9] ?? 0))
  const seconds = Date.UTC(year, month - 1, day, hour, minute - zone, second) / 1000
  return seconds > -25 * 3600 && seconds < 26 * 3600
}

/** A path that leaves the tree, or is absolute. */
export function isUnsafePath(path: string): boolean {
  return path.startsWith('/') || path.split('/').includes('..')
}

interface Raw {
  readonly raw: string | undefined
  readonly rest: string
}

/** Names may hold spaces, but only where a tab separates them from what follows. */
function plain(field: string): Raw {
  const tab = field.indexOf('\t')
  const end = tab === -1 ? field.search(WHITE) : trimmedEnd(field, tab)
  return end === -1 ? { raw: field, rest: '' } : { raw: field.slice(0, end), rest: field.slice(end) }
}

function trimmedEnd(field: string, tab: number): number {
  let end = tab
  while (end > 0 && field[end - 1] === ' ') end--
  return end
}

function untilWhite(field: string): Raw {
  const end = field.search(WHITE)
  return end === -1 ? { raw: field, rest: '' } : { raw: field.slice(0, end), rest: field.slice(end) }
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
}

function quoted(field: string): Raw {
  const match = /^"((?:[^"\\]|\\[0-3][0-7]{2}|\\[abfnrtv\\"])*)"/.exec(field)
  if (match === null) return { raw: undefined, rest: '' }
  const raw = (match[1] ?? '').replace(/\\([0-3][0-7]{2}|.)/g, (_, code: string) =>
    code.length === 3 ? String.fromCharCode(Number.parseInt(code, 8)) : (ESCAPES[code] ?? code),
  )
  return { raw, rest: field.slice(match[0].length) }
}

function pair(a: string | undefined, b: string | undefined, strip: number) {
  const first = a === undefined ? undefined : stripped(a, strip)
  const second = b === undefined ? undefined : stripped(b, strip)
  return first === undefined || second === undefined ? undefined : { old: first, new: second }
}

/** `a/my file b/my file`: with spaces inside, the names can be told apart only where both are equal. */
function equalHalves(line: string, strip: number) {
  const middle = (line.length - 1) / 2
  if (!Number.isInteger(middle) || line[middle] !== ' ') return undefined
  const both = pair(line.slice(0, middle), line.slice(middle + 1), strip)
  return both?.old === both?.new ? both : undefined
}

/** Takes components off, as `-pN` does: what goes ends at a slash, and several slashes are one. */
function stripped(raw: string, strip: number): string | undefined {
  let from = 0
  for (let taken = 0; taken < strip; taken++) {
    const slash = raw.indexOf('/', from)
    if (slash === -1) return undefined
    from = slash + 1
    while (raw[from] === '/') from++
  }
  return tidy(raw.slice(from))
}

/** The same file always under the same path: no doubled slashes, no `./`. */
function tidy(path: string | undefined): string | undefined {
  const parts = path?.split('/').filter((part, index) => part !== '.' && (part !== '' || index === 0))
  const joined = parts?.join('/')
  return joined === '' ? undefined : joined
}

const LONGEST_PART = 255
const LONGEST_PATH = 4095

/**
 * A patch is read one character a byte; a path is what file systems are asked for, as text. Says why a name cannot be
 * one; under other bytes than its own a file would be another file.
 */
export function pathOf(bytes: string): { readonly path: string } | { readonly wrong: string } {
  if (bytes.includes('\0')) return { wrong: 'has a NUL byte' }
  if (bytes.length > LONGEST_PATH) return { wrong: `has ${bytes.length} bytes, and paths have ${LONGEST_PATH} at most` }
  const longest = bytes.split('/').reduce((most, part) => Math.max(most, part.length), 0)
  if (longest > LONGEST_PART) return { wrong: `has a part of ${longest} bytes, and names have ${LONGEST_PART} at most` }
  const path = utf8Text(bytes)
  return path === undefined ? { wrong: 'is not UTF-8' } : { path }
}
