/** How texts go wrong, by kinds that came from thinking and not from chance: each has ended a run in some way. */
import type { Random } from '../verify/random.ts'

/** How much of everything there may be. */
export interface Size {
  /** Lines that one line may become. */
  readonly lines: number
  /** Characters of one line. */
  readonly line: number
}

const CONTROLS = ['\0', '\x1b[31m', '\x1b]0;x\x07', '\x9b2J', '\x7f', '\r', '\b', '\x0c', '\xe2\x80\xae', '\xc2\x9b']
const NOT_UTF8 = ['\xff', '\xc3', '\xed\xa0\x80', '\xf5\x80\x80\x80', '\xc0\x80']
const NUMBERS = ['-1', '0', '4294967295', '4294967296', '9007199254740993', '18446744073709551616', '1e308', '0x', '00']
const NAMES = [
  '../x',
  '/etc/passwd',
  'f.c/x.h',
  '.',
  '..',
  'd',
  '\\000',
  '"\\000"',
  '/dev/stdin',
  'a b',
  '-',
  'link',
  'none',
]

/** What looks like a file's name. Possessive as can be: a text may be one long word. */
const FILE = /(?<![\w.])\w{1,60}\.\w{1,8}(?!\w)/g

type Damage = (text: string, random: Random, size: Size) => string

const at = (text: string, random: Random) => random.below(text.length + 1)
const put = (text: string, place: number, what: string) => text.slice(0, place) + what + text.slice(place)

/** To add a kind: a row. */
const KINDS: Readonly<Record<string, Damage>> = {
  byte: (text, random) => {
    const place = at(text, random)
    return text.slice(0, place) + String.fromCharCode(random.below(256)) + text.slice(place + 1)
  },
  cut: (text, random) => text.slice(0, at(text, random)),
  'left out': (text, random) => {
    const place = at(text, random)
    return text.slice(0, place) + text.slice(place + 1 + random.below(40))
  },
  twice: (text, random) => {
    const place = at(text, random)
    return put(text, place, text.slice(place, place + random.below(400)))
  },
  control: (text, random) => put(text, at(text, random), random.pick(CONTROLS)),
  'not UTF-8': (text, random) => put(text, at(text, random), random.pick(NOT_UTF8)),
  number: (text, random) => replaced(text, /\d+/g, random, random.pick(NUMBERS)),
  name: (text, random) => replaced(text, FILE, random, random.pick(NAMES)),
  'deep name': (text, random) => replaced(text, FILE, random, `${'d/'.repeat(1 + random.below(3000))}x.c`),
  'long name': (text, random, { line }) => replaced(text, /\w+/g, random, 'n'.repeat(200 + random.below(line))),
  word: (text, random) => {
    const words = text.match(/\w+/g) ?? ['x']
    return replaced(text, /\w+/g, random, words[random.below(words.length)] ?? 'x')
  },
  'many lines': (text, random, { lines }) => {
    const all = text.split('\n')
    const place = random.below(all.length)
    const line = all[place] ?? ''
    const count = Math.min(lines, Math.ceil(4e6 / (line.length + 1)))
    return [...all.slice(0, place), ...new Array<string>(1 + random.below(count)).fill(line), ...all.slice(place)].join(
      '\n',
    )
  },
  'long line': (text, random, { line }) =>
    put(text, at(text, random), random.pick(['x', '(', '[', '"', ' ', '\t', '/*']).repeat(random.below(line))),
  'line ends': (text, random) => text.replaceAll('\n', random.pick(['\r\n', '\r', '\n\n', '\0\n'])),
  nothing: () => '',
}

function replaced(text: string, what: RegExp, random: Random, by: string): string {
  const found = [...text.matchAll(what)]
  const one = found[random.below(Math.max(1, found.length))]
  return one === undefined
    ? put(text, at(text, random), by)
    : text.slice(0, one.index) + by + text.slice(one.index + one[0].length)
}

/** One to three kinds of damage, one after the other; a character is a byte. */
export function damagedText(text: string, random: Random, size: Size): string {
  let result = text
  for (let left = 1 + random.below(3); left > 0; left--)
    result = KINDS[random.pick(Object.keys(KINDS))]?.(result, random, size) ?? ''
  return result
}

const VALUES = [
  null,
  true,
  -1,
  0.5,
  2 ** 53,
  1e308,
  '',
  'x\u001b[31m',
  'a\0b',
  '\ud800',
  '../../x',
  [],
  {},
  [[]],
  'n'.repeat(5000),
]

/** JSON in which some values are others. */
export function damagedJson(value: unknown, random: Random): unknown {
  const places: { readonly holder: Record<string, unknown>; readonly key: string }[] = []
  const copy: unknown = structuredClone(value)
  collect(copy, places)
  for (let left = 1 + random.below(3); left > 0 && places.length > 0; left--) {
    const { holder, key } = random.pick(places)
    const way = random.below(8)
    const own = holder[key]
    if (way === 0) delete holder[key]
    else if (way === 1 && Array.isArray(own)) holder[key] = new Array<unknown>(2000).fill(own[0])
    else if (way === 2 && typeof own === 'number') holder[key] = random.pick([own - 1, own + 1, -own, own * 1e9, 0])
    else if (way === 3 && typeof own === 'string')
      holder[key] = random.pick([`${own}\u009b31m`, `${own}\n`, '', own.repeat(500)])
    else holder[key] = random.pick(VALUES)
  }
  return copy
}

function collect(value: unknown, places: { holder: Record<string, unknown>; key: string }[]): void {
  if (typeof value !== 'object' || value === null) return
  const holder = value as Record<string, unknown>
  for (const [key, each] of Object.entries(holder)) {
    places.push({ holder, key })
    collect(each, places)
  }
}
