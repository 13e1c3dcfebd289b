/**
 * What is written down about a payload beside it, in the process: JSON in the read-only pool. The agent does not read
 * it; the next tool does, and trusts it no further than its form.
 */
import * as v from 'valibot'
import { InputError } from '../../base/errors.ts'
import { ADDRESS_END } from './claims.ts'
import type { Area, Areas, Slot } from './layout.ts'
import { hex } from './proc.ts'

const address = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(ADDRESS_END))
const hexBytes = v.pipe(v.string(), v.regex(/^(?:[0-9a-f]{2}){0,32}$/))
const range = v.object({ start: address, end: address })

const FUNCTION = v.object({
  name: v.string(),
  /** The function that is replaced, and its size. */
  old: address,
  oldSize: address,
  /** What replaces it; 0 where it is overwritten with NOPs. */
  new: address,
  newSize: address,
  /** Where the jump (or NOPs) goes, and its bytes. */
  at: address,
  bytes: hexBytes,
  /** The bytes that must be at `old` before; empty where nothing is asked. */
  expectation: hexBytes,
  /** Where no thread may be: the function itself and what the compiler split off. */
  ranges: v.array(range),
})

const ABOUT = v.object({
  format: v.literal(1),
  uploaded: v.string(),
  buildId: v.nullable(v.string()),
  depends: v.nullable(v.string()),
  programDepends: v.nullable(v.string()),
  functions: v.array(FUNCTION),
  hooks: v.record(v.string(), v.array(address)),
  /** Symbols that the payload brings, for payloads on top. */
  symbols: v.record(v.string(), address),
  metadata: v.string(),
  /** Room for the bytes that were there before an apply: 32 for each function. */
  saved: address,
  /** A copy of the writable data as it was, for applying again; the writable area's length. */
  pristine: address,
})

export type About = v.InferOutput<typeof ABOUT>
export type AboutFunction = About['functions'][number]

/** Room for the bytes of one function's place that are saved. */
export const SAVED_SIZE = 32

/** No compiler makes larger ones. */
const LARGEST_FUNCTION = 64 * 2 ** 20

export function encodeAbout(about: About): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(about))
}

/** What the process holds about the payload of a slot. */
export function decodeAbout(bytes: Uint8Array, { name, areas }: Pick<Slot, 'name' | 'areas'>): About {
  const about = parse(bytes)
  if (about === undefined) throw damaged(name, 'it is not what hotsplice writes')
  const wrong = misplaced(about, areas)
  if (wrong !== undefined) throw damaged(name, wrong)
  return about
}

function parse(bytes: Uint8Array): About | undefined {
  try {
    return v.parse(ABOUT, JSON.parse(new TextDecoder().decode(bytes)))
  } catch {
    return undefined
  }
}

/** Everything that is acted upon lies in the payload, or in the function that it replaces. */
function misplaced(about: About, { code, readOnly, writable }: Areas): string | undefined {
  const isIn = (area: Area, address: number, length: number) =>
    address >= area.address && address + length <= area.address + area.length
  const { functions, hooks, saved, pristine } = about
  if (!isIn(readOnly, saved, functions.length * SAVED_SIZE))
    return `${functions.length} functions have no room at ${hex(saved)}`
  if (!isIn(readOnly, pristine, writable.length))
    return `no ${writable.length} bytes of data are kept at ${hex(pristine)}`
  for (const { name, old, oldSize, at, bytes, ranges, ...by } of functions) {
    const replaced = { address: old, length: oldSize }
    if (oldSize > LARGEST_FUNCTION) return `${name} is said to have ${oldSize} bytes`
    if (bytes === '' || !isIn(replaced, at, bytes.length / 2)) return `${name} is not changed at ${hex(at)}`
    if (by.new !== 0 && !isIn(code, by.new, by.newSize)) return `the new ${name} is not at ${hex(by.new)}`
    if (ranges.some(({ start, end }) => end < start)) return `a part of ${name} ends before it begins`
  }
  const hook = Object.values(hooks)
    .flat()
    .find(address => !isIn(code, address, 1))
  return hook === undefined ? undefined : `there is no hook at ${hex(hook)}`
}

const damaged = (name: string, fact: string) =>
  new InputError(
    'process/damaged',
    `what the process holds about the payload ${name} cannot be read: ${fact}`,
    'the program has written over the memory of hotsplice, or another version of it was here',
  )
