/** What differs between CPU architectures in the loader's rules; one file for each, `index.ts` is the table. */

import type { LoaderKind } from '../../../loaders/xen/loader-facts.ts'
import type { Memory } from '../memory.ts'

/** A field that a relocation is about to fill. */
export interface Field {
  readonly type: number
  /** In its section, whose size is `sectionSize`. */
  readonly offset: bigint
  readonly sectionSize: bigint
  /** The field's address once loaded. */
  readonly address: bigint
  /** Symbol plus addend, 64 bits. */
  readonly value: bigint
  /** The section's loaded bytes; the field lies in them once `offset` was found good. */
  readonly bytes: DataView
}

/** `cut`: taken, with bits left out that the field has no place for, so that it leads elsewhere. */
export type RelocationResult = 'done' | 'unknown-type' | 'past-end' | 'overflow' | 'cut'

/** How much of an old function the loader's jump needs; `landingPad` of it stays in front of the jump. */
export type Needed = { readonly bytes: number; readonly landingPad: number } | 'unreadable'

export interface Machine {
  /** EM_*. */
  readonly elfMachine: number
  /** EI_DATA is looked at. */
  readonly checksByteOrder: boolean
  /** What an SHT_REL section gives. */
  readonly relErrno: 'EOPNOTSUPP' | 'ENOSYS'
  relocate(field: Field): RelocationResult
  /** Reads the old function's first instruction where that matters. */
  neededAt(memory: Memory, oldAddress: bigint): Needed
  /** Whether a function is measured also when it is only switched off (new address 0). */
  readonly measuresSwitchedOff: boolean
  /** A switched-off function's size must be a multiple of it. */
  readonly instructionSize: number
  /** Jumps reach from -distance to distance - 1. */
  readonly distance: bigint
  readonly bugFrameSize: number
  readonly alternatives: AlternativeRules
  readonly takesExceptionTable: boolean
  /** Calls and jumps that the loader writes or makes of others; undefined where it does neither. */
  readonly calls: CallRules | undefined
  /**
   * What a function begins with that is called through a pointer, as a number; undefined where it may begin with anything.
   */
  readonly landingPad: number | undefined
  /** Whether code may be cut at `length`, between two instructions. */
  isInstructionEnd(code: Uint8Array, length: number): boolean
  /** The relocation type that only calls and jumps have. */
  readonly branchType: number
  /** Names that the assembler makes and the loader does not count as symbols of the payload. */
  isMappingSymbol(name: string): boolean
}

export interface CallRules {
  /** Bytes of a call or jump to a place. */
  readonly directSize: number
  /** What `code` begins with, and how far behind its own end it leads; undefined where it is neither. */
  direct(code: Uint8Array): { readonly isCall: boolean; readonly distance: number } | undefined
  /** Bytes of a call or jump through a pointer. */
  readonly indirectSize: number
  /** How the call reads in a sentence. */
  readonly indirectCall: string
  /** How far behind its own end the call's pointer lies, or the jump's; undefined where `code` does not begin with it. */
  indirect(code: Uint8Array, isCall: boolean): number | undefined
}

export interface AlternativeRules {
  readonly entrySize: number
  /**
   * Where branches lead that leave a replacement, counted from its start; undefined where Xen only looks at one that it
   * begins with.
   */
  readonly branchesOut: ((code: Uint8Array) => readonly number[]) | undefined
  read(view: DataView, at: number): Alternative
  /** Why applying the entry would fail, if it would. */
  problem(entry: Alternative, hypervisor: AlternativeContext): AlternativeProblem | undefined
}

export interface Alternative {
  /** Relative to the entry's own start, and the next for the replacement to its second field. */
  readonly originalOffset: bigint
  readonly replacementOffset: bigint
  readonly feature: number
  readonly originalLength: number
  readonly replacementLength: number
  readonly padding: number
}

export interface AlternativeContext {
  readonly kind: LoaderKind
  /** Words of CPU features that the hypervisor counts; undefined where unknown. */
  readonly featureWords: number | undefined
}

export interface AlternativeProblem {
  readonly what: 'lengths' | 'feature'
  readonly errno: 'ENOSPC' | 'ERANGE' | 'crash'
  readonly text: string
}
