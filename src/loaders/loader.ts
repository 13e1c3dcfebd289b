/**
 * What the assemble stage and later ones must know of the system that loads the payload: one value for each target.
 * To add a target: a file beside `xen.ts` with its facts, and a row in `targets.ts`.
 */
import type { PatchingKnowledge } from '../machines/machine.ts'
import type { SectionTable } from './sections.ts'
import type { Denial } from './xen/denied.ts'

export type TargetName = 'xen' | 'process'

/** How a relocation type of the compiler gets into the payload. */
export type RelocationWay =
  /** As it is; the loader does the arithmetic. */
  | 'as-is'
  /** The field leads to a slot of the payload's own table, which holds the address. */
  | 'got'
  /** A call: direct inside the payload, else through a jump of the payload's own, which reaches any distance. */
  | 'plt'
  /** Says nothing; left out. */
  | 'drop'

export interface TargetFacts extends PatchingKnowledge {
  readonly name: TargetName
  /** EM_*. */
  readonly machine: number
  /** Which sections mean what (`special/sections.ts`). */
  readonly sectionTable: SectionTable
  /** By R_* number; a type that is not here is refused. */
  readonly relocations: ReadonlyMap<number, RelocationWay>
  readonly hooks: {
    /** Sections that hold any number of pointers. */
    readonly lists: readonly string[]
    /** Sections that hold exactly one pointer. */
    readonly single: readonly string[]
  }
  /** Whether a payload without these two notes is rejected. */
  readonly needsDependencies: boolean
  /** Whether the loader writes into the table of replaced functions, so that the payload's must be writable. */
  readonly writesTable: boolean
  /** A new payload may be applied again after a revert only if it has no writable data but that table. */
  readonly writableForbidsReapply: boolean
  readonly limits: {
    /** Bytes of the file, and of each section without content. */
    readonly size: number
    /** Section headers, the null one included, must be fewer. */
    readonly sections: number
    /** Characters of a symbol's name. */
    readonly name: number
  }
  /** The name by which the running system's symbol table has a symbol of the file `fileSymbol`. */
  readonly runningName: (fileSymbol: string, name: string, local: boolean) => string
  /** Why a function must not be replaced, by its unit's object file and its name; undefined when it may. */
  readonly denied: (unit: string, name: string) => Denial | undefined
  /** Why code that exceptions may pass through cannot be replaced; undefined where there are none. */
  readonly unwinding: Denial | undefined
}
