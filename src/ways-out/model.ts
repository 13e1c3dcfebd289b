/** What the stage finds, and what it writes. */
import type { NewMembers } from './fields.ts'

/** What a value is before or after the patch, as far as a source of the user's own can say it. */
export type Held =
  | { readonly is: 'number'; readonly value: bigint }
  /** The address of something that has a name in the running system, or in the payload. */
  | { readonly is: 'symbol'; readonly name: string; readonly delta: bigint }
  /** The address of a text. */
  | { readonly is: 'text'; readonly bytes: Uint8Array }
  | { readonly is: 'bytes'; readonly bytes: Uint8Array }
  /** What only a person can find out; with words. */
  | { readonly is: 'unknown'; readonly what: string }

/** A part of a variable whose value changes. */
export interface Cell {
  readonly offset: number
  readonly size: number
  /** From the variable on: `.limit`, `[2].call`; empty where it is all of it, or where types are not known. */
  readonly path: string
  /** Its type in words; empty where that is not known. */
  readonly type: string
  readonly before: Held
  readonly after: Held
}

/** A variable of the running system with what changes of its initial value. */
export interface ValueWay {
  readonly way: 'value'
  readonly unit: string
  /** As the source has it. */
  readonly symbol: string
  /** In the running system. */
  readonly name: string
  /** Of the variable, in words; empty where it is not known. */
  readonly type: string
  /** Where it is declared. */
  readonly place: string | undefined
  readonly cells: readonly Cell[]
  /** The boot code that would have set it, which is left out; absent where it is an initial value. */
  readonly setBy?: string
}

/** Where objects of a structure end, as far as it was found. */
export interface EndsFound {
  /** `FILE:LINE`, each with what is called there. */
  readonly places: readonly string[]
  /** What may be another, for a person to look at. */
  readonly doubts: readonly string[]
}

/** New members of a structure, which are kept by the address of its objects. */
export interface ShadowWay {
  readonly way: 'shadow'
  /** The unit whose source is like the one that is written, and that source. */
  readonly unit: string
  readonly source: string
  readonly members: NewMembers
  readonly ends: EndsFound
}

/** A new variable that each CPU would have one of: an array of the payload's own. */
export interface PerCpuWay {
  readonly way: 'per-cpu'
  readonly unit: string
  readonly source: string
  readonly name: string
  /** As the patch has it. */
  readonly type: string
}

/** A call that is switched off where it stands, by running names; and the refusal of the function that it is in. */
export interface CallWay {
  readonly way: 'call'
  readonly unit: string
  readonly code: string
  readonly symbol: string
  readonly caller: string
  readonly callee: string
}

/** Boot code that is left out, with what of it no hook repeats. */
export interface LeftCode {
  readonly unit: string
  readonly name: string
  readonly words: string
}

/** A line of the source that does not compile until somebody has filled it in. */
export interface ToFill {
  readonly line: number
  readonly text: string
}

export interface WrittenSource {
  /** One character a byte. */
  readonly text: string
  readonly fill: readonly ToFill[]
}
