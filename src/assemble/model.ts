/** What the assemble stage takes beside the selection, and what it returns. */
import type { Reason, Refusal } from '../base/refusal.ts'
import type { KernelFacts } from '../loaders/linux/kernel-facts.ts'
import type { KernelSpelling } from '../loaders/linux/named-kernel.ts'
import type { PayloadKnowledge, Target } from '../loaders/loader.ts'
import type { OriginalCode } from '../loaders/original-code.ts'
import type { PieceAddress, SelectedPiece } from '../select/model.ts'

export interface KernelModule {
  /** At most 55 characters: letters, digits and underscores. */
  readonly name: string
  readonly facts: KernelFacts
  /** Whether it takes the place of all live patches that are enabled. */
  readonly replaces: boolean
  /** How the live patching core finds what has a running name. */
  readonly spell: (runningName: string) => KernelSpelling
  /** Units that are parts of modules, and of which. */
  readonly moduleOf: ReadonlyMap<string, string>
}

export interface AssembleOptions {
  readonly target: Target
  /** Of a payload that is a module of the Linux kernel. */
  readonly kernel?: KernelModule | undefined
  /** Build-id of the payload below, or of the running system where none is. */
  readonly depends?: Uint8Array | undefined
  /** Build-id of the running system itself. */
  readonly xenDepends?: Uint8Array | undefined
  /** Names that payloads below have brought: what is new by such a name gets none. */
  readonly taken?: ReadonlySet<string> | undefined
  /** Lines of `.modinfo`, usually `key=value`. */
  readonly modinfo?: readonly string[] | undefined
  /** What its loader is to compare with the code that runs; none where that was compared before. */
  readonly originals?: readonly OriginalCode[] | undefined
  /** The first bytes of functions to be replaced as the running system has them, by running name. */
  readonly expectations?: ReadonlyMap<string, Uint8Array> | undefined
}

/** A target of which all is known that a payload is made of. */
export interface PayloadTarget extends Target, PayloadKnowledge {}

export interface WriteOptions extends AssembleOptions {
  readonly target: PayloadTarget
}

export type Assembly =
  | { readonly kind: 'payload'; readonly payload: Payload }
  /** All that stands in the way, the selection's own refusals included. */
  | { readonly kind: 'refused'; readonly refusals: readonly Refusal[] }

export interface Payload {
  readonly bytes: Uint8Array
  /** SHA-1 of the payload with this id zero, in lower case hexadecimal digits. */
  readonly buildId: string
  /** In the order of the file, without symbol and string tables. */
  readonly sections: readonly PayloadSection[]
  /** Where each selected piece went, in the selection's order. Equal strings share a place. */
  readonly map: readonly PlacedPiece[]
  /** Defined symbols with a name, then the undefined ones. */
  readonly symbols: readonly PayloadSymbol[]
  readonly notices: readonly Reason[]
}

export interface PayloadSection {
  readonly name: string
  /** SHT_*. */
  readonly type: number
  /** SHF_* bits. */
  readonly flags: number
  readonly alignment: number
  readonly size: number
}

export interface PlacedPiece {
  readonly address: PieceAddress
  readonly selected: SelectedPiece
  /** The output section's name; names are unique in a payload. */
  readonly section: string
  readonly offset: number
}

export interface PayloadSymbol {
  readonly name: string
  readonly role: 'replacement' | 'new' | 'running'
  /** Undefined for symbols of the running system. */
  readonly place: { readonly section: string; readonly offset: number } | undefined
}
