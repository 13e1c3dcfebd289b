/**
 * What is written down about a payload beside it, in the process: JSON in the read-only pool. The agent does not read
 * it; the next tool does, and trusts it no further than its form.
 */
import * as v from 'valibot'
import { InputError } from '../../base/errors.ts'

const address = v.pipe(v.number(), v.integer(), v.minValue(0))
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
  bytes: v.string(),
  /** The bytes that must be at `old` before; empty where nothing is asked. */
  expectation: v.string(),
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

export function encodeAbout(about: About): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(about))
}

export function decodeAbout(bytes: Uint8Array, name: string): About {
  try {
    return v.parse(ABOUT, JSON.parse(new TextDecoder().decode(bytes)))
  } catch {
    throw new InputError(
      'process/damaged',
      `what the process holds about the payload ${name} cannot be read`,
      'the program has written over the memory of hotsplice, or another version of it was here',
    )
  }
}
