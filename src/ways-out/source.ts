/**
 * The source that is written: C text for `build --with`, with everything in it that is known, and lines that do not compile
 * for what only a person can say.
 */
import type { Cell, Held, LeftCode, ToFill, ValueWay, WrittenSource } from './model.ts'

export interface SourceWords {
  /** Files of the patch, for the comment at the top. */
  readonly patches: readonly string[]
  /** `FILE@UNIT`, as `build --with` takes it. */
  readonly with: string
  readonly left: readonly LeftCode[]
}

/** Same input, same text. */
export function sourceText(ways: readonly ValueWay[], words: SourceWords): WrittenSource {
  const names = new Names()
  const values = ways.flatMap(way => valueLines(way, names))
  const set = new Set(ways.flatMap(({ name, setBy }) => (setBy === undefined ? [name] : [])))
  const variables = [...set].map(name => `HOTSPLICE_SETS(${names.of(name)}, ${quoted(name)});`)
  const others = names.all().filter(name => !set.has(name))
  const text = [
    ...headLines(words),
    '#include "hotsplice.h"',
    '',
    ...variables,
    ...others.map(name => `HOTSPLICE_RUNNING(${names.of(name)}, ${quoted(name)});`),
    '',
    'static const struct hotsplice_value hotsplice_values[] = {',
    ...values,
    '};',
    '',
    ...OTHERWISE,
    '',
  ].join('\n')
  return { text, fill: toFill(text) }
}

const MARK = 'FILL_IN_'

/** Where the mark stands in code, and not in a comment. */
function toFill(text: string): readonly ToFill[] {
  return text.split('\n').flatMap((line, index) => {
    const code = line.replace(/\/\*.*?\*\//g, '').replace(/^ \*.*/, '')
    return code.includes(MARK) ? [{ line: index + 1, text: line.trim() }] : []
  })
}

function headLines({ patches, with: own, left }: SourceWords): readonly string[] {
  const leave = left.map(({ name }) => ` --leave-init ${inComment(name)}`).join('')
  return [
    '/*',
    ` * What ${patches.map(inComment).join(', ')} needs besides to become a payload. Written by hotsplice assist: names, old and`,
    ' * new values are those of the tree. Fill in the lines with FILL_IN, which do not compile before, and give it to the build:',
    ' *',
    ` *   hotsplice build ... ${patches.map(name => `--patch ${inComment(name)}`).join(' ')} --with ${inComment(own)}${leave}`,
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
  ' *   VETO   The payload is not applied. It cannot take the place of others then (xen-livepatch replace).',
  ' *   LEAVE  It is applied, and all of these values stay as they are. Once reverted, it has to be unloaded and uploaded',
  ' *          again to be applied a second time.',
  ' */',
  `HOTSPLICE_SET(hotsplice_values, ${MARK}VETO_OR_LEAVE)`,
]

const UNDER_A_CONDITION =
  'would set it, be it under a condition: where it would on your hosts, take the mark away; else the line'

function valueLines(way: ValueWay, names: Names): readonly string[] {
  const { symbol, type, place, cells, unit } = way
  const setBy = way.setBy === undefined ? [] : [`    /* ${inComment(way.setBy)} ${UNDER_A_CONDITION} */`]
  const what = [type === '' ? symbol : `${symbol} (${type})`, unit, ...(place === undefined ? [] : [place])]
  return [`    /* ${inComment(what.join(', '))} */`, ...setBy, ...cells.map(cell => cellLine(way, cell, names))]
}

function cellLine(
  { name, symbol, setBy }: ValueWay,
  { offset, size, path, type, before, after }: Cell,
  names: Names,
): string {
  const here = names.of(name)
  const words = path === '' ? '' : ` /* ${inComment(`${symbol}${path}: ${type}`)} */`
  if (setBy !== undefined && after.is === 'number') {
    const old = before.is === 'number' ? number(before.value) : `${MARK}old_value`
    return `    ${MARK}IF_SO HOTSPLICE_NUMBER(${here}, ${offset}, ${size}, ${old}, ${number(after.value)}),${words}`
  }
  if (before.is === 'bytes' && after.is === 'bytes')
    return `    HOTSPLICE_BYTES(${here}, ${offset}, ${size}, ${quotedBytes(before.bytes)}, ${quotedBytes(after.bytes)}),${words}`
  if (before.is === 'number' && after.is === 'number')
    return `    HOTSPLICE_NUMBER(${here}, ${offset}, ${size}, ${number(before.value)}, ${number(after.value)}),${words}`
  return `    HOTSPLICE_ADDRESS(${here}, ${offset}, ${address(before, 'old', names)}, ${address(after, 'new', names)}),${words}`
}

function address(held: Held, which: 'old' | 'new', names: Names): string {
  switch (held.is) {
    case 'number':
      return `(const void *)${number(held.value)}`
    case 'symbol': {
      const { name, delta } = held
      return delta === 0n
        ? names.of(name)
        : `${names.of(name)} ${delta < 0n ? '-' : '+'} ${delta < 0n ? -delta : delta}`
    }
    case 'text':
      // The running system's own text has no name; one of ours is as good only for what is new.
      return which === 'new' ? quotedBytes(held.bytes, 1) : `${MARK}address_of_the_old_text`
    case 'bytes':
      return `${MARK}${which}_address`
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

/** Names of others end no comment. */
const inComment = (text: string): string => text.replaceAll('*/', '* /').replace(/[^\x20-\x7e]/g, '?')

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
