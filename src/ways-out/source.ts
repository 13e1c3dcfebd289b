/**
 * The source that is written: C text for `build --with`, with everything in it that is known, and lines that do not compile
 * for what only a person can say.
 */
import { InternalError } from '../base/errors.ts'
import type { CallWay, Cell, Held, LeftCode, PerCpuWay, ShadowWay, ToFill, ValueWay, WrittenSource } from './model.ts'
import { perCpuLines } from './per-cpu.ts'
import { includesOf, shadowLines } from './shadow-source.ts'

export interface SourceWords {
  /** Files of the patch, for the comment at the top. */
  readonly patches: readonly string[]
  /** The patch that is written beside the source; absent where there is none. */
  readonly patch: string | undefined
  /** `FILE@UNIT`, as `build --with` takes it. */
  readonly with: string
  readonly left: readonly LeftCode[]
}

export interface Ways {
  readonly values: readonly ValueWay[]
  readonly shadows: readonly ShadowWay[]
  readonly perCpu: readonly PerCpuWay[]
  readonly calls: readonly CallWay[]
  /** The text of the source that the units' types come from. */
  readonly beside: string
}

/** Same input, same text. */
export function sourceText({ values, shadows, perCpu, calls, beside }: Ways, words: SourceWords): WrittenSource {
  const needsTypes = shadows.length + perCpu.length > 0
  const text = [
    ...headLines(words),
    ...(needsTypes ? includesOf(beside) : []),
    '#include "hotsplice.h"',
    ...shadows.flatMap(way => shadowLines(way, MARK)),
    ...perCpu.flatMap(way => perCpuLines(way, MARK)),
    ...(values.length > 0 ? valuesLines(values) : []),
    ...callLines(calls),
    '',
  ].join('\n')
  // One character is one byte: any other would be cut to what its lowest byte means.
  const wide = /[^\0-\xff]/.exec(text)
  if (wide !== null) throw new InternalError(`the source would have ${JSON.stringify(wide[0])} at ${wide.index}`)
  return { text, fill: toFill(text) }
}

function valuesLines(ways: readonly ValueWay[]): readonly string[] {
  const names = new Names()
  const values = ways.flatMap(way => valueLines(way, names))
  const set = new Set(ways.flatMap(({ name, setBy }) => (setBy === undefined ? [name] : [])))
  const variables = [...set].map(name => `HOTSPLICE_SETS(${names.of(name)}, ${quoted(name)});`)
  const others = names.all().filter(name => !set.has(name))
  return [
    '',
    ...variables,
    ...others.map(name => `HOTSPLICE_RUNNING(${names.of(name)}, ${quoted(name)});`),
    '',
    'static const struct hotsplice_value hotsplice_values[] = {',
    ...values,
    '};',
    '',
    ...OTHERWISE,
  ]
}

function callLines(calls: readonly CallWay[]): readonly string[] {
  return calls.flatMap(({ unit, symbol, caller, callee }) => [
    '',
    `/* ${inComment(symbol)} of ${inComment(unit)} stays as it is, but for the calls that the patch takes out of it. */`,
    `HOTSPLICE_NO_CALL(${quoted(caller)}, ${quoted(callee)});`,
  ])
}

const MARK = 'FILL_IN_'

/** The source as if somebody had filled it in, to see what the build would say of the rest. */
export function asIfFilledIn(text: string): string {
  return text
    .replaceAll(`${MARK}VETO_OR_LEAVE`, 'LEAVE')
    .replaceAll(`${MARK}IF_SO `, '')
    .replace(new RegExp(`^ *${MARK}(?:first_values;|where_it_ends ).*$`, 'gm'), '')
    .replaceAll(`${MARK}how_many`, '64')
    .replace(new RegExp(`${MARK}\\w+`, 'g'), '0')
}

/** In bytes, of every machine that there are payloads for. */
const ADDRESS = 8

/** Where the mark stands in code, and not in a comment. */
function toFill(text: string): readonly ToFill[] {
  return text.split('\n').flatMap((line, index) => {
    const code = line.replace(/\/\*.*?\*\//g, '').replace(/^ \*.*/, '')
    return code.includes(MARK) ? [{ line: index + 1, text: line.trim() }] : []
  })
}

function headLines({ patches, patch, with: own, left }: SourceWords): readonly string[] {
  const leave = left.map(({ unit, name }) => ` --leave-init ${inComment(`${unit}#${name}`)}`).join('')
  return [
    '/*',
    ` * What ${patches.map(inComment).join(', ')} needs besides to become a payload. Written by hotsplice assist: names, old and`,
    ' * new values are those of the tree. Fill in the lines with FILL_IN, which do not compile before, and give it to the build:',
    ' *',
    ` *   hotsplice build ... ${[...patches, ...(patch === undefined ? [] : [patch])].map(name => `--patch ${inComment(name)}`).join(' ')} --with ${inComment(own)}${leave}`,
    ...left.flatMap(({ name, words }) => [
      ' *',
      ...wrapped(`Of ${name}, which is left out, no hook does the rest: ${words}`),
    ]),
    ' */',
  ]
}

const OTHERWISE: readonly string[] = [
  '/*',
  ' * What is to happen where one of them has another value by now, from the command line or since?',
  ' *   VETO   The payload is not applied. It cannot take the place of others then (xen-livepatch replace). Where a value',
  ' *          changes after it was looked at, and before all is quiesced, it is as with LEAVE.',
  ' *   LEAVE  It is applied, and all of these values stay as they are.',
  ' * Once reverted, it has to be unloaded and uploaded again to be applied a second time.',
  ' */',
  `HOTSPLICE_SET(hotsplice_values, ${MARK}VETO_OR_LEAVE)`,
]

const UNDER_A_CONDITION =
  'would set it, be it under a condition: where it would on your hosts, take the mark away; else the line'

function valueLines(way: ValueWay, names: Names): readonly string[] {
  const { symbol, type, place, cells, unit } = way
  const setBy = way.setBy === undefined ? [] : [`    /* ${inComment(way.setBy)} ${UNDER_A_CONDITION} */`]
  const what = [type === '' ? symbol : `${symbol} (${type})`, unit, ...(place === undefined ? [] : [place])]
  return [`    /* ${inComment(what.join(', '))} */`, ...setBy, ...cells.flatMap(cell => cellLines(way, cell, names))]
}

const FILL_OR_DELETE =
  '/* Fill it in: what it leads to has no name that could be written here. Delete the line if it is not to change. */'

/** A line of the table; above one that a person has to fill in, what to do with it. */
function cellLines({ name, symbol, setBy }: ValueWay, cell: Cell, names: Names): readonly string[] {
  const { offset, size, path, type, before, after } = cell
  const here = names.of(name)
  const words = path === '' ? '' : ` /* ${inComment(`${symbol}${path}: ${type}`)} */`
  const { macro, old, now } = sidesOf(cell, names)
  const place = macro === 'ADDRESS' ? `${here}, ${offset}` : `${here}, ${offset}, ${size}`
  const ifSo = setBy === undefined ? '' : `${MARK}IF_SO `
  const isUnknown = before.is === 'unknown' || after.is === 'unknown'
  const above = isUnknown && setBy === undefined ? [`    ${FILL_OR_DELETE}`] : []
  return [...above, `    ${ifSo}HOTSPLICE_${macro}(${place}, ${old}, ${now}),${words}`]
}

interface Sides {
  readonly macro: 'NUMBER' | 'ADDRESS' | 'BYTES'
  readonly old: string
  readonly now: string
}

/** How a cell is written: never more bytes than it has, whatever there is to fill in. */
function sidesOf({ size, before, after }: Cell, names: Names): Sides {
  const sides = (macro: Sides['macro'], words: (held: Held, which: Which) => string): Sides => ({
    macro,
    old: words(before, 'old'),
    now: words(after, 'new'),
  })
  const areBytes = before.is === 'bytes' && after.is === 'bytes'
  if (areBytes || size > ADDRESS) return sides('BYTES', bytesWords)
  const isAddress = [before, after].some(({ is }) => is === 'symbol' || is === 'text' || is === 'unknown')
  if (size === ADDRESS && isAddress) return sides('ADDRESS', (held, which) => address(held, which, names))
  return sides('NUMBER', numberWords)
}

type Which = 'old' | 'new'

const bytesWords = (held: Held, which: Which): string =>
  held.is === 'bytes' ? quotedBytes(held.bytes) : `${MARK}${which}_bytes`

function numberWords(held: Held, which: Which): string {
  if (held.is === 'number') return number(held.value)
  if (held.is === 'bytes') return number(held.bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n))
  return `${MARK}${which}_${held.is === 'unknown' ? held.what.replace(/^a_/, '') : 'address'}`
}

function address(held: Held, which: Which, names: Names): string {
  switch (held.is) {
    case 'number':
    case 'bytes':
      return `(const void *)${numberWords(held, which)}`
    case 'symbol': {
      const { name, delta } = held
      return delta === 0n
        ? names.of(name)
        : `${names.of(name)} ${delta < 0n ? '-' : '+'} ${delta < 0n ? -delta : delta}`
    }
    case 'text':
      // The running system's own text has no name; one of ours is as good only for what is new.
      return which === 'new' ? quotedBytes(held.bytes, 1) : `${MARK}address_of_the_old_text`
    case 'unknown':
      return `${MARK}${which}_address_of_${held.what}`
  }
}

function number(value: bigint): string {
  if (value < 0n) return value === -(1n << 63n) ? `(unsigned long)(${value + 1n}L - 1)` : `(unsigned long)${value}L`
  return value < 4096n ? String(value) : `0x${value.toString(16)}UL`
}

/** What the source calls things of the running system: C has no way to write their names. */
class Names {
  readonly #known = new Map<string, string>()
  readonly #taken = new Set<string>()

  of(name: string): string {
    const known = this.#known.get(name)
    if (known !== undefined) return known
    const plain = `running_${name.replace(/^.*#/, '').replace(/[^A-Za-z0-9_]/g, '_')}`
    let own = plain
    for (let count = 2; this.#taken.has(own); count++) own = `${plain}_${count}`
    this.#taken.add(own)
    this.#known.set(name, own)
    return own
  }

  all(): readonly string[] {
    return [...this.#known.keys()]
  }
}

const quoted = (text: string): string => quotedBytes(Buffer.from(text, 'latin1'))

/** As a C string; `without` bytes at its end are left to the compiler, which puts a NUL there. */
function quotedBytes(bytes: Uint8Array, without = 0): string {
  const characters = [...bytes.subarray(0, bytes.length - without)].map((byte, at) => {
    if (byte === 0x22 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`
    const isPlain = byte >= 0x20 && byte < 0x7f && !(byte === 0x3f && bytes[at - 1] === 0x3f)
    return isPlain ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`
  })
  return `"${characters.join('')}"`
}

/** Names of others end no comment; a type without a name has no braces to look into. */
const inComment = (text: string): string =>
  text
    .replaceAll(' {…}', ' without a name')
    .replaceAll('*/', '* /')
    .replace(/[^\x20-\x7e]/g, '?')

/** Lines of a comment. */
function wrapped(text: string): readonly string[] {
  const lines: string[] = []
  for (const word of inComment(text).split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length < WIDTH) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(` * ${word}`)
  }
  return lines
}

const WIDTH = 119
