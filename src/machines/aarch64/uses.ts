/** What AArch64 code does with memory, registers and places that it names, as far as it tells sources apart. */
import type { Accesses } from '../machine.ts'
import { decode, numberUse } from './decode.ts'
import { heldNumbers } from './numbers.ts'
import { bitsOf, WORD, wordsOf } from './words.ts'

const SECOND_ARGUMENT = 1
const STACK = 31

/** See `Accesses`; nothing of AArch64 sets a switch that lets it write to read-only memory. */
export function accessesOf(code: Uint8Array): Accesses {
  const bytes = new Set<number>()
  let second: boolean | undefined
  for (const { word } of wordsOf(code)) {
    // ldrb, strb and their signed forms, at a distance that is not negative
    if ((word & 0xff000000) === 0x39000000 && bitsOf(word, 5, 5) !== STACK) bytes.add(bitsOf(word, 10, 12))
    second ??= touchesSecond(word)
  }
  return { bytes, usesSecondArgument: second === true, setsControl: false, numbers: heldNumbers(code) }
}

/**
 * Whether the instruction reads the second argument (true), overwrites it or ends its life (false). Where registers stand
 * is all but the same everywhere: the first source at bit 5, the second at 16, and what is stored where the result is.
 */
function touchesSecond(word: number): boolean | undefined {
  const { flow, names } = decode(word)
  if (flow === 'call' || flow === 'indirect-call') return false
  const [result, first, other] = [bitsOf(word, 0, 5), bitsOf(word, 5, 5), bitsOf(word, 16, 5)]
  if (names !== undefined) {
    const isTested = (word & 0x7c000000) === 0x34000000
    return result === SECOND_ARGUMENT && names.as !== 'target'
      ? false
      : isTested && result === SECOND_ARGUMENT
        ? true
        : undefined
  }
  if (flow !== 'next') return undefined
  const isMemory = (word & 0x0a000000) === 0x08000000
  const use = numberUse(word)
  if (use?.does === 'set') return result === SECOND_ARGUMENT ? false : undefined
  if (first === SECOND_ARGUMENT) return true
  if (isMemory) return touchedByMemory(word, result)
  const isOfTwoRegisters = (word & 0x0e000000) === 0x0a000000
  if (isOfTwoRegisters && other === SECOND_ARGUMENT) return true
  return result === SECOND_ARGUMENT ? false : undefined
}

/** Loads overwrite what stores read; a pair has a second register at bit 10. */
function touchedByMemory(word: number, result: number): boolean | undefined {
  const isPair = (word & 0x3a000000) === 0x28000000
  const registers = isPair ? [result, bitsOf(word, 10, 5)] : [result]
  if (!registers.includes(SECOND_ARGUMENT)) return undefined
  return isPair ? bitsOf(word, 22, 1) === 0 : bitsOf(word, 22, 2) === 0
}

interface PlacedCode {
  readonly address: bigint
  readonly bytes: Uint8Array
}

export function callsTo(target: bigint, { address, bytes }: PlacedCode): number {
  let count = 0
  for (const { at, word } of wordsOf(bytes)) {
    const { flow, names } = decode(word)
    if (names === undefined || (flow !== 'call' && flow !== 'jump')) continue
    if (address + BigInt(at + names.distance) === target) count++
  }
  return count
}

const PAGE = 0xfffn

/** A place is named by its distance, or by its page and then, for that register, by what is added or where it is read. */
export function referencesTo(
  targets: readonly bigint[],
  { address, bytes }: PlacedCode,
): readonly { readonly at: number; readonly target: bigint }[] {
  const found: { readonly at: number; readonly target: bigint }[] = []
  const pages = new Map<number, bigint>()
  for (const { at, word } of wordsOf(bytes)) {
    const { names } = decode(word)
    const here = address + BigInt(at)
    const [result, first] = [bitsOf(word, 0, 5), bitsOf(word, 5, 5)]
    const page = pages.get(first)
    const within = names === undefined ? placeInPage(word) : undefined
    const place =
      names === undefined
        ? page !== undefined && within !== undefined
          ? page + within
          : undefined
        : here + BigInt(names.distance)
    if (names?.as !== 'page' && targets.includes(place ?? -1n)) found.push({ at: at / WORD, target: place ?? 0n })
    if (names?.as === 'page') pages.set(result, (here & ~PAGE) + BigInt(names.distance))
  }
  return found
}

/** The distance in an `add` of a plain number, or a load or store whose distance is not negative. */
function placeInPage(word: number): bigint | undefined {
  const use = numberUse(word)
  if (use?.does === 'add' && use.isPlain) return BigInt(use.value)
  if ((word & 0x3b000000) !== 0x39000000) return undefined
  return BigInt(bitsOf(word, 10, 12) << bitsOf(word, 30, 2))
}

const RETURN = 0xd65f03c0

/** What may stand around a function's own instructions: a landing pad, a signature, and a frame that comes and goes. */
const isFrame = (word: number): boolean =>
  // hints, paciasp and autiasp among them; stp x29, x30, [sp, #-n]!; mov x29, sp; ldp x29, x30, [sp], #n
  (word & 0xfffff01f) >>> 0 === 0xd503201f ||
  (word & 0xffc07fff) >>> 0 === 0xa9807bfd ||
  word === 0x910003fd ||
  (word & 0xffc07fff) >>> 0 === 0xa8c07bfd

/** See `CodeKnowledge.returnedNumber`. */
export function returnedNumber(code: Uint8Array): number | undefined {
  let number: number | undefined
  for (const { word } of wordsOf(code)) {
    if (word === RETURN || (word & 0xfffffbff) >>> 0 === 0xd65f0bff) return number
    if (isFrame(word)) continue
    const use = numberUse(word)
    if (number !== undefined || use?.does !== 'set' || use.register !== 0 || !use.isPlain) return undefined
    number = use.value
  }
  return undefined
}
