/**
 * Damages sound objects and calls everything on what comes of it. The only legal outcomes are a model or an
 * `InputError`; and what a model can be written as must read and write to the same bytes again.
 *
 * Every run is told by a seed and a number, so that one case can be repeated alone.
 */
import { InputError } from '../../src/base/errors.ts'
import type { Side } from '../../src/base/side.ts'
import {
  buildIdOf,
  dumpElf,
  type ElfObject,
  readDynamicRelocations,
  readDynamicSymbols,
  readElf,
  readNotes,
  symbolValue,
  toNewObject,
  writeElf,
} from '../../src/elf/index.ts'
import { SHT_NOTE } from '../../src/elf/spec/constants.ts'
import { type Field, fieldsOf, setField } from './elf-fields.ts'

export interface Specimen {
  readonly name: string
  readonly bytes: Uint8Array
  readonly fields: readonly Field[]
}

export const specimen = (name: string, bytes: Uint8Array): Specimen => ({ name, bytes, fields: fieldsOf(bytes) })

/** A model, a model of which some accessor found the input wrong, or an error of the reader. */
export type Outcome = 'model' | `model, then ${string}` | `${string}/${string}`

/** How often each outcome came; throws at the first illegal one, with the words to repeat it. */
export function fuzz(specimens: readonly Specimen[], seed: number, count: number): Map<Outcome, number> {
  const outcomes = new Map<Outcome, number>()
  for (let number = 0; number < count; number++) {
    const outcome = fuzzOne(specimens, seed, number)
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  }
  return outcomes
}

function fuzzOne(specimens: readonly Specimen[], seed: number, number: number): Outcome {
  const random = generator(seed * 1_000_003 + number)
  const original = pick(specimens, random)
  const bytes = mutate(original, random)
  try {
    return exercise(bytes)
  } catch (cause) {
    const repeat = `--seed ${seed} --only ${number}`
    throw new Error(`case ${number} of seed ${seed}, on ${original.name} (repeat it with ${repeat}): ${cause}`, {
      cause,
    })
  }
}

/** The damaged object of one case. */
export function damagedCase(specimens: readonly Specimen[], seed: number, number: number): Uint8Array {
  const random = generator(seed * 1_000_003 + number)
  return mutate(pick(specimens, random), random)
}

/** Reads `bytes` and calls every accessor; throws anything but `InputError` on. */
export function exercise(bytes: Uint8Array): Outcome {
  try {
    const [first] = touch(readElf<'original'>(bytes))
    return first === undefined ? 'model' : `model, then ${first.code}`
  } catch (error) {
    if (error instanceof InputError && error.message !== '') return error.code
    throw error
  }
}

/** Calls everything; each may find bad input of its own, and must not keep the others from being called. */
function touch(elf: ElfObject<Side>): readonly InputError[] {
  const failures: InputError[] = []
  const call = (action: () => unknown) => {
    try {
      action()
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      failures.push(error)
    }
  }
  for (const relocations of elf.relocations) for (const { symbol } of relocations) mustExist(elf.symbols[symbol])
  for (const { members } of elf.groups) for (const member of members) mustExist(elf.sections[member])
  for (const symbol of elf.symbols) {
    if (symbol.place.in === 'section') mustExist(elf.sections[symbol.place.section])
    symbolValue(elf, symbol)
  }
  for (const section of elf.sections) if (section.type === SHT_NOTE) call(() => readNotes(section))
  call(() => buildIdOf(elf))
  call(() => readDynamicSymbols(elf))
  call(() => readDynamicRelocations(elf))
  call(() => dumpElf(elf))
  call(() => writeTwice(elf))
  return failures
}

function mustExist(thing: unknown): void {
  if (thing === undefined) throw new Error('an id of the model names nothing')
}

function writeTwice(elf: ElfObject<Side>): void {
  const once = writeElf(toNewObject(elf))
  const twice = writeElf(toNewObject(readElf(once)))
  if (Buffer.compare(once, twice) !== 0) throw new Error('what was written and read again is written otherwise')
}

type Random = (below: number) => number

/** One to four small changes: to fields that mean something, to any byte, or to the length. */
function mutate({ bytes, fields }: Specimen, random: Random): Uint8Array {
  let copy: Uint8Array = bytes.slice()
  for (let changes = 1 + random(4); changes > 0; changes--) {
    const way = random(10)
    if (way < 7) setField(copy, pick(fields, random), interestingValue(copy, random))
    else if (way < 9) copy[random(copy.length)] = random(256)
    else copy = copy.slice(0, random(copy.length) || 64)
    // A field beyond a new end was written nowhere.
  }
  return copy
}

const EDGES = [0n, 1n, 2n, 3n, 4n, 7n, 8n, 23n, 24n, 0x7fn, 0xffn, 0xfeffn, 0xff00n, 0xfff1n, 0xfff2n, 0xffffn]
const WIDE_EDGES = [
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  1n << 32n,
  1n << 52n,
  1n << 53n,
  1n << 63n,
  (1n << 64n) - 1n,
]

function interestingValue(bytes: Uint8Array, random: Random): bigint {
  const way = random(6)
  if (way === 0) return BigInt(random(64))
  if (way === 1) return BigInt(bytes.length) + BigInt(random(5)) - 2n
  if (way === 2) return BigInt(random(bytes.length))
  if (way === 3) return pick(WIDE_EDGES, random)
  if (way === 4) return 1n << BigInt(random(64))
  return pick(EDGES, random)
}

function pick<T>(list: readonly T[], random: Random): T {
  const chosen = list[random(list.length)]
  if (chosen === undefined) throw new Error('there is nothing to pick from')
  return chosen
}

/** Mulberry32: small, and the same on every machine. */
function generator(seed: number): Random {
  let state = seed | 0
  return below => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}
