/**
 * What the build stage knows about a tree, and what it hands on.
 *
 * Paths: `base` is the folder that patch paths are relative to (the one that holds `xen/`, or the root of a
 * compile_commands tree); `unit` is an object's path below the build folder (`common/domain.o`); `source` is the
 * source file's path below the build folder (`common/domain.c`).
 */

/** One compiled object file of the tree, and how it was made. */
export interface Unit {
  readonly unit: string
  readonly source: string
  /** The compiler's argument list as the tree's own build ran it, launcher (ccache, distcc) included. */
  readonly command: readonly string[]
  /** The folder the command ran in, absolute. */
  readonly folder: string
  /** Files it depends on, relative to `base` where they are inside it, absolute elsewhere. */
  readonly dependencies: readonly string[]
  readonly language: 'c' | 'assembly'
}

/** Why a unit must be compiled again. */
export interface AffectedUnit {
  readonly unit: Unit
  /** The touched files it depends on; empty never. */
  readonly because: readonly string[]
  readonly kind: 'changed' | 'new' | 'removed'
}

/** An affected unit with both objects. */
export interface ObjectPair {
  readonly unit: string
  readonly source: string
  /** The FILE symbol as the running system names it (`common/domain.c`), taken from the original object. */
  readonly fileSymbol: string
  readonly because: readonly string[]
  /** Absent for a new unit. */
  readonly original: Uint8Array | undefined
  /** Absent for a removed unit. */
  readonly patched: Uint8Array | undefined
  /** The exact command that made the patched object, as a reader could run it. */
  readonly command: readonly string[]
  readonly cached: boolean
  /** Milliseconds the compiler took; 0 when cached. */
  readonly compileTime: number
}

/** Texts that replace or add files below `base` for one compile; null removes the file. */
export type Overlay = ReadonlyMap<string, string | null>

/** Something the build stage cannot turn into a hotpatch, said by name; becomes a refusal. */
export interface BuildRefusal {
  readonly code: string
  readonly file: string
  readonly text: string
  readonly hint: string
}

/** Facts about the tree that later stages need. */
export interface TreeFacts {
  readonly kind: 'xen' | 'compile-commands'
  readonly base: string
  readonly buildFolder: string
  readonly compiler: string
  /** For Xen: `4.17`; undefined for other trees. */
  readonly version: string | undefined
  /** CONFIG_ options of Xen's .config by name without the prefix: `LIVEPATCH` → `y`. */
  readonly config: ReadonlyMap<string, string>
  /** The linked image with symbols (xen-syms), if the build left one. */
  readonly symbols: string | undefined
}
