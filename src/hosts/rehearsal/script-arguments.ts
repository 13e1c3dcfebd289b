/**
 * A hypercall's arguments as a script writes them: numbers, texts, buffers, structures, and pointers that
 * lead nowhere. The grammar is in docs/rehearsal.md.
 */

import type { Argument, Field, GuestBuffer } from './record.ts'
import { buffer, cString, number, pointerTo, raw, record, zeros } from './record.ts'
import type { Token } from './tokens.ts'

export interface HypercallArguments {
  readonly args: readonly Argument[]
  /** Buffers and structures whose contents are printed after the call, in the order they were written. */
  readonly shown: readonly GuestBuffer[]
}

/** Thrown inside the parser only; the script's parser adds the line. */
export class ArgumentMistake extends Error {}

/** Nothing is mapped there, and it is not the hypervisor's: reading it faults. */
const UNMAPPED = 0x0000_5bad_0000_0000n
/** In the hypervisor's own range, which no guest may name. */
const HYPERVISOR = 0xffff_82d0_8020_0000n

const LARGEST_BUFFER = 2 * 1024 * 1024
const MOST_ARGUMENTS = 5
const WIDTHS: Readonly<Record<string, number>> = { u8: 1, u16: 2, u32: 4, u64: 8 }

/** Reads all arguments; throws ArgumentMistake. */
export function parseArguments(tokens: readonly Token[]): HypercallArguments {
  const shown: GuestBuffer[] = []
  const args: Argument[] = []
  let at = 0
  while (at < tokens.length) {
    const read = readArgument(tokens, at, shown)
    args.push(read.value)
    at = read.next
  }
  if (args.length > MOST_ARGUMENTS) {
    throw new ArgumentMistake(`a hypercall takes at most ${MOST_ARGUMENTS} arguments, here are ${args.length}`)
  }
  return { args, shown }
}

interface Read<T> {
  readonly value: T
  readonly next: number
}

function readArgument(tokens: readonly Token[], at: number, shown: GuestBuffer[]): Read<Argument> {
  const token = tokens[at]
  if (token === undefined) throw new ArgumentMistake('an argument is missing')
  if (token.word === '{' && token.quoted === undefined) return readStructure(tokens, at + 1, shown)
  const value = simpleArgument(token, shown)
  if (value === undefined) {
    throw new ArgumentMistake(
      `${token.word} is no argument: a number, "text", buffer:SIZE, bytes:HEX, { … }, null, bad or hypervisor`,
    )
  }
  return { value, next: at + 1 }
}

/** Everything that is one token. */
function simpleArgument(token: Token, shown: GuestBuffer[]): Argument | undefined {
  const { word, quoted } = token
  if (quoted !== undefined) return word === '' ? cString(quoted) : undefined
  if (word === 'null') return 0n
  if (word === 'bad') return UNMAPPED
  if (word === 'hypervisor') return HYPERVISOR
  const [kind = '', rest] = cut(word)
  if (rest === undefined) return parseNumber(word)
  if (kind !== 'buffer' && kind !== 'bytes') return undefined
  const target = buffer(kind === 'bytes' ? parseHex(rest) : new Uint8Array(parseSize(rest)))
  shown.push(target)
  return target
}

function readStructure(tokens: readonly Token[], start: number, shown: GuestBuffer[]): Read<GuestBuffer> {
  const fields: Field[] = []
  const inner: GuestBuffer[] = []
  let at = start
  for (;;) {
    const token = tokens[at]
    if (token === undefined) throw new ArgumentMistake('a { is not closed')
    if (token.word === '}') break
    const plain = plainField(token)
    if (plain !== undefined) {
      fields.push(plain)
      at += 1
      continue
    }
    const read = readArgument(tokens, at, inner)
    if (typeof read.value === 'bigint' && /^[-0-9]/.test(token.word)) {
      throw new ArgumentMistake(`say how wide ${token.word} is: u8:, u16:, u32: or u64:${token.word}`)
    }
    fields.push(typeof read.value === 'bigint' ? number(read.value, 8) : pointerTo(read.value))
    at = read.next
  }
  const structure = record(...fields)
  if (structure.bytes.length > LARGEST_BUFFER) throw new ArgumentMistake('a structure is larger than 2 MiB')
  shown.push(structure, ...inner)
  return { value: structure, next: at + 1 }
}

/** Fields that are bytes of the structure itself, not pointers. */
function plainField({ word, quoted }: Token): Field | undefined {
  const [kind = '', rest] = cut(word)
  if (kind === 'text' && quoted !== undefined) return raw(new TextEncoder().encode(quoted))
  if (rest === undefined || quoted !== undefined) return undefined
  const width = WIDTHS[kind]
  if (width !== undefined) return number(requireNumber(rest), width)
  if (kind === 'zeros') return zeros(parseSize(rest))
  if (kind === 'hex') return raw(parseHex(rest))
  return undefined
}

function cut(word: string): [string, string | undefined] {
  const colon = word.indexOf(':')
  return colon < 0 ? [word, undefined] : [word.slice(0, colon), word.slice(colon + 1)]
}

/** `12`, `0x1f`, `-1`; undefined for anything else. */
export function parseNumber(word: string): bigint | undefined {
  const match = /^(-?)(0x[0-9a-fA-F]{1,16}|[0-9]{1,20})$/.exec(word)
  if (match === null) return undefined
  const value = BigInt(match[2] ?? '')
  return match[1] === '-' ? -value : value
}

function requireNumber(word: string): bigint {
  const value = parseNumber(word)
  if (value === undefined) throw new ArgumentMistake(`${word || 'nothing'} is no number`)
  return value
}

function parseSize(word: string): number {
  const size = Number(requireNumber(word))
  if (size < 0 || size > LARGEST_BUFFER) throw new ArgumentMistake(`${word} is no size: 0 to ${LARGEST_BUFFER} bytes`)
  return size
}

function parseHex(text: string): Uint8Array {
  if (!/^([0-9a-fA-F]{2})+$/.test(text))
    throw new ArgumentMistake(`${text || 'nothing'} is no row of bytes in hexadecimal`)
  return new Uint8Array(Buffer.from(text, 'hex'))
}
