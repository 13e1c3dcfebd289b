/**
 * What the payload is to contain, and why: the answer of the select stage, the order for the assemble stage.
 * Everything here is about patched pieces; what stays in the running system is referred to by its running name.
 */
import type { Reason, Refusal } from '../base/refusal.ts'
import type { UnitVerdicts } from '../compare/model.ts'
import type { Brought } from '../loaders/brought.ts'
import type { Denial, Target } from '../loaders/loader.ts'
import type { Piece, PieceId, PieceMap } from '../pieces/model.ts'

/** Position of a unit in `Selection.units`. */
export type UnitIndex = number

/** A patched piece of one unit. */
export interface PieceAddress {
  readonly unit: UnitIndex
  readonly piece: PieceId<'patched'>
}

/** An original piece of one unit. */
export interface OriginalAddress {
  readonly unit: UnitIndex
  readonly piece: PieceId<'original'>
}

/** Where a relocated field of an included piece ends up pointing. */
export type Link =
  /** To another included piece, `delta` as in the reference. */
  | { readonly to: 'payload'; readonly target: PieceAddress; readonly delta: bigint }
  /** To a symbol of the running system, by the name its symbol table has (`common/irq.c#foo`, `do_memory_op`). */
  | {
      readonly to: 'running'
      readonly name: string
      readonly delta: bigint
      /** Where the running system has no such symbol, its address is 0. */
      readonly weak?: true
    }
  | { readonly to: 'absolute'; readonly value: bigint }

export interface LinkedReference {
  /** Of the field within the piece. */
  readonly offset: number
  /** R_* number as the compiler wrote it. */
  readonly type: number
  /**
   * The whole addend is `delta` (bias as written) plus, where `line` is given, the line's bits put back by the special
   * table.
   */
  readonly link: Link
  /** The reference's own addend bits that are not an offset (bug frames), already shifted into place; 0n otherwise. */
  readonly extraAddend: bigint
}

export type Role =
  /** Takes the place of a running function. */
  | 'replacement'
  /** `.cold` and other parts that belong to a replacement or a new function. */
  | 'part'
  | 'new-function'
  | 'new-data'
  /** Strings, constants, jump tables: copied because something included reaches them. */
  | 'content'
  /** Entry of a special section of an included function. */
  | 'entry'
  /** Fixup or replacement code that an included entry reaches. */
  | 'chunk'
  /** Entry of a `.livepatch.hooks.*` section, with the function it names. */
  | 'hook'

export interface SelectedPiece {
  readonly address: PieceAddress
  readonly piece: Piece<'patched'>
  readonly role: Role
  /** Its own reason; `because` leads to the next link of the chain, and ends at a changed function or a hook. */
  readonly reason: Reason
  readonly because: PieceAddress | undefined
  readonly references: readonly LinkedReference[]
  /** Instructions that it has in the place of the compiler's, of the same size (`start-constants.ts`). */
  readonly instead?: readonly { readonly at: number; readonly bytes: Uint8Array }[]
}

/**
 * A variable or constant of the running system that has another initial value in the patch, and nothing else: a hook could
 * set it.
 */
export interface ChangedValue {
  readonly unit: UnitIndex
  readonly original: Piece<'original'>
  readonly patched: Piece<'patched'>
  /** In the running system. */
  readonly name: string
}

export interface RefusedValue extends ChangedValue {
  readonly refusal: Refusal
}

/** Code of boot time that is left out of the patch: what it would have done otherwise, in words. */
export interface LeftInitCode {
  readonly unit: string
  readonly name: string
  /** Variables that it writes. */
  readonly sets: readonly string[]
  readonly calls: readonly string[]
  /** What it sets of the processor. */
  readonly processor: readonly string[]
  /** What cannot be told. */
  readonly unknown: readonly string[]
}

/** A running function that a trampoline leads to its replacement. */
export interface Replacement {
  readonly address: PieceAddress
  /** As the running system's symbol table has it; for a local symbol `common/irq.c#foo`. */
  readonly runningName: string
  /** Bytes of the original function (its main part; not `.cold`). */
  readonly oldSize: number
  readonly unit: string
}

/** A changed function that is not replaced: all that it loses are calls, which are filled with no-operations where they stand. */
export interface SwitchedOff {
  readonly address: PieceAddress
  /** As the running system's symbol table has them. */
  readonly runningName: string
  readonly callee: string
  /** Of the original function. */
  readonly oldSize: number
  readonly unit: string
  /** In the original function's code. */
  readonly calls: readonly { readonly at: number; readonly size: number }[]
}

/** A changed function that cannot be replaced for a reason that does not hold for its callers: they may be in its stead. */
export interface StuckFunction {
  readonly address: PieceAddress
  readonly refusal: Refusal
}

/** A constant that changed and could go along, if who reads the running system's were replaced for its sake. */
export interface ReadConstant {
  readonly unit: UnitIndex
  readonly patched: PieceId<'patched'>
  /** Functions, and parts of functions. */
  readonly readers: readonly Piece<'original'>[]
}

export interface SelectedUnit {
  readonly unit: string
  readonly fileSymbol: string
  readonly patched: PieceMap<'patched'>
  /** Names that it defines in vain; what comes with the payload does not bear them. */
  readonly untaken?: ReadonlySet<string>
  /** As of a `UnitInput`: the running system has its own of that name, which stays. */
  readonly byCallers?: ReadonlySet<PieceId<'patched'>>
}

export interface Selection {
  /** That the units are for (EM_*); undefined where there is no unit. */
  readonly machine: number | undefined
  readonly units: readonly SelectedUnit[]
  /** In the order of unit and piece; what is not here is not in the payload. */
  readonly pieces: readonly SelectedPiece[]
  readonly replacements: readonly Replacement[]
  readonly switchedOff: readonly SwitchedOff[]
  /** Each with the refusal that stands against it; without those that a hook sets. */
  readonly changedValues: readonly RefusedValue[]
  readonly leftInit: readonly LeftInitCode[]
  /** Each with the refusal that stands against it. */
  readonly stuck: readonly StuckFunction[]
  /** Each is refused. */
  readonly readConstants: readonly ReadConstant[]
  /** Variables that the payload uses and left-out code sets, each with its refusal. */
  readonly leftNeeded: readonly { readonly name: string; readonly refusal: Refusal }[]
  /** All of them; a payload is assembled only when there is none. */
  readonly refusals: readonly Refusal[]
  /** What whoever applies it has to know. */
  readonly notices: readonly Reason[]
}

export interface UnitInput {
  readonly unit: string
  /** The FILE symbol as the running system names it. */
  readonly fileSymbol: string
  readonly verdicts: UnitVerdicts
  /** Functions, by their names in the source, whose result surely fits into one register. */
  readonly singleResults?: ReadonlySet<string>
  /** Names that it defines in vain: the program has another unit's definition. */
  readonly untaken?: ReadonlySet<string>
  /** Changed boot code that would only have printed something else. */
  readonly onlySaid?: ReadonlySet<PieceId<'patched'>>
  /** Functions that moved here from other units, with what they were there. */
  readonly arrived?: ReadonlyMap<PieceId<'patched'>, OriginalAddress>
  /** Changed variables that the object has as constants, since nothing writes them, and whether the source is known to say so. */
  readonly unwritten?: ReadonlyMap<PieceId<'patched'>, Unwritten>
  /** Changed functions that are not replaced themselves, but reached by their callers, all of which are. */
  readonly byCallers?: ReadonlySet<PieceId<'patched'>>
}

export type Unwritten = 'variable' | 'unknown'

/** A program as its link left it. */
export interface Linked {
  /** How many symbols of that name it has itself: only those can be replaced. */
  readonly count: (name: string) => number
  /** Whether it has nothing of an original piece, under whatever name compilers and linkers may have given it. */
  readonly lacks: (input: UnitInput, piece: Piece<'original'>) => boolean
  /** Whether it was linked from the unit, so that what it lacks of that is nowhere. */
  readonly hasUnit: (input: UnitInput) => boolean
}

export interface SelectRules {
  /** The loader that is to take the payload, and the machine. */
  readonly target: Target
  /** Why a function must not be replaced on this target, by unit and name; undefined when it may. */
  readonly denied: (unit: string, name: string) => Denial | undefined
  /** Why the running system cannot take over what has that name; undefined when it can, or nothing is known against it. */
  readonly stuck?: (runningName: string) => Denial | undefined
  /** How many symbols of that name the running system has; undefined when that is not known, of any name or of this one. */
  readonly countRunning?: (name: string) => number | undefined
  /** What the linked program says; undefined where it was not given, or nothing is left out of it (`dropped.ts`). */
  readonly linked?: Linked
  /** Whether the running system has freed what the name stood for; undefined when that is not known. */
  readonly isFreed?: (name: string) => boolean
  /** Names of boot code and data that is left out, though it changed, or UNIT#NAME; `all` for all of it. */
  readonly leaveInit?: ReadonlySet<string>
  /** Whether hooks may write what is read-only in the running system; absent where that is not known. */
  readonly hooksWriteConstants?: boolean
  /** What payloads that are applied already have brought; undefined where there are none. */
  readonly below?: Brought
  /** Names that this tool's own code has for symbols of the running system that C cannot spell. */
  readonly standIns?: ReadonlyMap<string, string>
}
