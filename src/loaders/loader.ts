/**
 * What is known of the system that takes payloads, as one value for each: which sections mean what, how its special
 * sections are laid out, which names and limits it has, what cannot be replaced, and how its payloads are written.
 *
 * A loader may be known in part, as a machine may. What it does not know it answers with undefined or `unknown`, and
 * whoever asks then says "changed", or refuses. It is tempting to let Xen's answers stand for all, because the payloads
 * of all have its form; that is how a section that nobody looks at would be called understood.
 *
 * To add a loader: a folder beside `xen/` with its value, and a row in `loaders.ts`. There are no defaults.
 */
import type { CodeKnowledge, Machine, PatchingKnowledge } from '../machines/machine.ts'
import type { EntryLayout } from './entries.ts'
import type { SectionClass } from './sections.ts'

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

/** Why a function must not be replaced, and the way out. */
export interface Denial {
  readonly code: string
  readonly why: string
  readonly hint: string
  /** Whether calls in it may be switched off all the same. */
  readonly losesCalls?: true
}

/** What a patch may do about what is refused, as hints say it. */
export interface WaysOut {
  /** Code of the patch's own that runs when the payload comes: `a load hook`. */
  readonly hook: string
  /** Whether such code may write into what is running, instructions as well. */
  readonly writesCode: boolean
  /** Whether `hotsplice assist` writes what a refusal calls for. */
  readonly assisted: boolean
}

/** What gives memory back: its first argument is a pointer to it. */
export interface Freeing {
  readonly functions: readonly string[]
  /** Those that set their argument too, so that it has to stay one that can be set. */
  readonly macros: readonly string[]
}

/** What the loader reads by way of an entry of a special section, while it loads a payload. */
export type Followed =
  | { readonly reads: 'nothing' }
  /**
   * What the code refers to that the entry's owner field leads to: so many bytes, or as many as the entry's byte there says.
   */
  | { readonly reads: 'code'; readonly length: number | { readonly at: number } }

/** Code that the loader edits while it loads a payload, and makes ready to run then. */
export interface EditedCode {
  /** The section that it may be in, and of the table that says what is edited. */
  readonly code: string
  readonly table: string
  /** Of that table, for so many bytes that become what they are. */
  readonly entry: (length: number) => Uint8Array
  /** Where in an entry the distances to the code are, which is edited, and is what it becomes. */
  readonly fields: readonly number[]
}

export interface Loader {
  readonly name: string
  /** Who it is, within a sentence: `Xen's loader`. */
  readonly title: string
  /** What a section of this name is to a hotpatch. */
  readonly sectionClass: (name: string) => SectionClass
  /** How the entries of a special section are laid out on a machine (EM_*); undefined where that is not known. */
  readonly entryLayout: (section: string, machine: number) => EntryLayout | undefined
  /** What it follows in the entries of a special section while it loads; undefined where that is not known. */
  readonly followed: (section: string) => Followed | undefined
  /**
   * Whether code runs wherever it was put: whether the link keeps each section under its own name, and does not leave out
   * what it does not know, or put it where it means something.
   */
  readonly runsAnywhere: boolean
  /**
   * The variable whose value the starting system writes into code, at the places that a section lists; undefined for any other
   * section.
   */
  readonly writtenAtStart: (section: string) => string | undefined
  /** What is there only to start the system: freed once it is up, or kept and of no more use. */
  readonly startMemory: 'freed' | 'kept'
  /**
   * Whether of a payload's code only what its table of functions names as new is made ready to run on a machine (EM_*):
   * where code is fetched past the data cache, the rest would be what the memory held before.
   */
  readonly readiesNewCodeOnly: (machine: number) => boolean
  /**
   * How a payload has other code made ready on a machine (EM_*), before anything of it runs; undefined where there is no
   * way.
   */
  readonly readiesEdited: (machine: number) => EditedCode | undefined
  readonly hooks: {
    /** Sections that hold any number of pointers. */
    readonly lists: readonly string[]
    /** Sections that hold exactly one pointer. */
    readonly single: readonly string[]
  }
  readonly waysOut: WaysOut
  /** Whether a payload's hook can set the line numbers that functions of the running system hold (way `table`). */
  readonly setsLines: boolean
  /** Whether it writes into a payload's table of replaced functions. What some do, is for the running system to tell. */
  readonly writesTable: 'never' | 'some-do'
  /** Whether it writes into entries of special sections whose section the compiler made writable. */
  readonly writesEntries: boolean
  /** Data that it finds in a payload by the section's name, which must then be the compiler's. */
  readonly findsByName: (section: string) => boolean
  /** Whether a payload without these two notes is rejected. */
  readonly needsDependencies: boolean
  /** A new payload may be applied again after a revert only if it has no writable data but its table of functions. */
  readonly writableForbidsReapply: boolean
  readonly limits: {
    /** Bytes of the file, and of each section without content. */
    readonly size: number
    /** Section headers, the null one included, must be fewer. */
    readonly sections: number
    /** Characters of a symbol's name. */
    readonly name: number
    /** Bytes of old code that an entry without new code fills with no-operations; 0 where it takes no such entry. */
    readonly switchedOff: number
  }
  /** The name by which the running system's symbol table has a symbol of the file `fileSymbol`. */
  readonly runningName: (fileSymbol: string, name: string, local: boolean) => string
  /** Why a function must not be replaced, by its unit's object file and its name; undefined when it may. */
  readonly denied: (unit: string, name: string) => Denial | undefined
  /** Whether a function runs only while a processor comes up, so that those that run never enter a new one. */
  readonly bringsUp: (unit: string, name: string) => boolean
  /** Whether a function is entered once, when the system starts, and may be running for as long as that does. */
  readonly entersOnce: (name: string) => boolean
  /** Functions that only print what their first argument is, and keep nothing of it. */
  readonly prints: ReadonlySet<string>
  /** What gives the memory of an object back; undefined where that is not known. */
  readonly freeing: Freeing | undefined
  /** Why code that exceptions may pass through cannot be replaced; undefined where there are none. */
  readonly unwinding: Denial | undefined
  /**
   * By R_* number, what it takes on a machine (EM_*), where a type that is missing is refused; undefined where it takes no
   * payloads.
   */
  readonly relocations: (machine: number) => ReadonlyMap<number, RelocationWay> | undefined
  /** Which of the assemble stage's writers makes its payloads; undefined where none does. */
  readonly writer: 'livepatch' | 'kernel-module' | undefined
  /** Whose rules the verify stage has for it; undefined where only the loader itself checks. */
  readonly rules: 'xen' | 'linux' | undefined
}

/** A loader on one machine: what a payload is made for. */
export interface Target {
  readonly loader: Loader
  readonly machine: Machine
  /** Whether this one writes into the table of replaced functions, so that the payload's must be writable. */
  readonly writesTable: boolean
}

/** All that a payload is made of. */
export interface PayloadKnowledge {
  readonly code: CodeKnowledge
  readonly patching: PatchingKnowledge
  readonly relocations: ReadonlyMap<number, RelocationWay>
  readonly writer: NonNullable<Loader['writer']>
}

/** What payloads for the target are made of; undefined where something of it is not known, so that none can be made. */
export function payloadKnowledge({ loader, machine }: Target): PayloadKnowledge | undefined {
  const { code, patching, number } = machine
  const { writer } = loader
  const relocations = loader.relocations(number)
  if (code === undefined || patching === undefined || relocations === undefined || writer === undefined)
    return undefined
  return { code, patching, relocations, writer }
}
