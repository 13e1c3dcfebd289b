/**
 * What the build stage knows about a tree, and what it hands on.
 *
 * Paths: `base` is the folder that patch paths are relative to (the one that holds `xen/`, or the root of a
 * compile_commands tree); `unit` is an object's path below the build folder (`common/domain.o`); `source` is the
 * source file's path below the build folder (`common/domain.c`). Paths relative to `base` of a Xen tree always begin
 * with `xen/`, whatever that folder is really called.
 */
import type { Reason } from '../base/refusal.ts'
import type { TargetName } from '../loaders/loaders.ts'
import type { LoaderFacts } from '../loaders/xen/loader-facts.ts'
import type { TableUse } from '../loaders/xen/table-use.ts'
import type { SourceReader } from '../source/model.ts'
import type { Layout } from './layout.ts'
import type { Overlay } from './overlay.ts'
import type { Pool } from './pool.ts'
import type { TreeTexts } from './texts.ts'
import type { Toolchain } from './toolchain.ts'

/**
 * What becomes of a unit's object.
 * - linked: it is part of the image as it is.
 * - copied: it goes through objcopy first, which renames sections (data that is thrown away after boot).
 * - archived: it is a member of an archive (lib/lib.a), and part of the image only if the linker wanted it.
 * - embedded: only its bytes are part of the image (the 32-bit boot code), or it is not linked at all.
 */
export type UnitRole = 'linked' | 'copied' | 'archived' | 'embedded'

/** One compiled object file of the tree, and how it was made. */
export interface Unit {
  readonly unit: string
  readonly source: string
  /** The compiler's argument list as the tree's own build ran it, launcher (ccache, distcc) included. */
  readonly command: readonly string[]
  /** The tree's own command, where that one has options more by which each thing lies apart. */
  readonly ownCommand?: readonly string[]
  /** The folder the command ran in, absolute. */
  readonly folder: string
  /** Files it depends on, the source first, relative to `base` where they are inside it, absolute elsewhere. */
  readonly dependencies: readonly string[]
  readonly language: 'c' | 'assembly'
  readonly role: UnitRole
  /** The module of a Linux kernel that it is a part of, as the kernel calls it; absent where it is one of the kernel itself. */
  readonly module?: string
  /** Where the tree keeps the compiler's object, absolute; undefined where it keeps none. */
  readonly object: string | undefined
  /** Whether that object is the original, or the original has to be compiled from the tree's texts. */
  readonly original: 'tree' | 'compiled'
  /** Arguments of the objcopy runs between the compiler's object and the linked one, in order; mostly none. */
  readonly objcopy: readonly (readonly string[])[]
  /**
   * Whether its objects are compiled without debug information, which costs a quarter of the compile and changes no code, unless
   * somebody wants it; absent where the command counts as it is.
   */
  readonly sparesDebug?: boolean
}

export interface Dependent {
  readonly unit: Unit
  readonly because: readonly string[]
  /** All that it reads, its source first, where that is not in the unit: paths as of its dependencies. */
  readonly reads?: readonly string[]
}

/** Why a unit must be compiled again. */
export interface AffectedUnit {
  readonly unit: Unit
  /** The touched files it depends on, and generated files that change with them; never empty. */
  readonly because: readonly string[]
  readonly kind: 'changed' | 'new' | 'removed'
  /** As of a dependent. */
  readonly reads?: readonly string[]
}

/** What a change means for a tree. */
export interface Affected {
  readonly affected: readonly AffectedUnit[]
  readonly refusals: readonly BuildRefusal[]
  /** Touched files that are no part of the image, units that turned out not to change, and the like. */
  readonly notices: readonly Reason[]
  /** New texts of generated files; belongs into every overlay that holds patched texts, and into no other. */
  readonly generated: Overlay
  /** Renamed sources by new path: the unit keeps its name and command, so the text is compiled at the old path. */
  readonly renamed: ReadonlyMap<string, string>
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

/** One text of one unit, to be compiled. */
export interface CompileRequest {
  readonly unit: Unit
  readonly overlay: Overlay
  /** What the texts are, for progress and messages: `patched`, `shifted`, `neutral`, `original`. */
  readonly label: string
  /** Come last on the command line. */
  readonly extraFlags?: readonly string[]
}

export interface CompiledUnit {
  readonly unit: Unit
  readonly label: string
  readonly object: Uint8Array
  /** The files that the compiler read, as it spelled them. */
  readonly reads: readonly string[]
  /** As a reader could run it in `unit.folder`, were the texts there. */
  readonly command: readonly string[]
  readonly cached: boolean
  /** Milliseconds the compiler took; 0 when cached. */
  readonly compileTime: number
}

/** Something the build stage cannot turn into a hotpatch, said by name; becomes a refusal. */
export interface BuildRefusal {
  readonly code: string
  readonly file: string
  readonly text: string
  readonly hint: string
}

/** Facts about the tree that later stages need. */
export interface TreeFacts {
  readonly kind: 'xen' | 'compile-commands' | 'linux'
  readonly base: string
  /** Where sources are: for Xen the folder `xen/`, else `base`. */
  readonly sourceFolder: string
  /** Where objects are; equal to `sourceFolder` unless the tree was built with O= or a build folder. */
  readonly buildFolder: string
  /** The compiler that made the tree, as its commands name it. */
  readonly compiler: string
  /** For Xen: `4.17`; undefined for other trees. */
  readonly version: string | undefined
  /** CONFIG_ options of Xen's .config by name without the prefix: `LIVEPATCH` → `y`. */
  readonly config: ReadonlyMap<string, string>
  /** The linked image with symbols (xen-syms), if the build left one. */
  readonly symbols: string | undefined
  /** For Xen: what its loader does with a payload's table of functions, by its source; undefined where that does not tell. */
  readonly tableUse: TableUse | undefined
  /** For Xen: what else its source says of its loader. */
  readonly loaderFacts?: LoaderFacts
}

/** How a long step tells that it lives; the CLI draws it, tests pass `quiet`. */
export interface Progress {
  /** A new step begins. */
  step(text: string): void
  /** Within the step: so many of so many are done. */
  tick(done: number, total: number): void
}

/** Which tree is opened, and where results are kept. */
export interface BaseOptions {
  /** The folder that holds xen/, xen/ itself, or the root of a compile_commands tree. */
  readonly tree: string
  readonly target: TargetName
  /** Xen's .config for a tree that was not built. */
  readonly config?: string
  /** `VAR=VALUE` for make, for a tree that was not built. */
  readonly makeArgs?: readonly string[]
  /** Where the objects are, or compile_commands.json is, when not in the tree. */
  readonly buildDir?: string
  /** What compilers run behind that are in another root, as words (`chroot /srv/debian13`). */
  readonly toolchain?: string | undefined
  /** `INSIDE=OUTSIDE`, two absolute paths of one folder. */
  readonly toolchainPath?: readonly string[] | undefined
  /** A file that says both for each base. */
  readonly toolchainFile?: string | undefined
  /** Where results are kept between runs. */
  readonly cacheFolder: string
}

/** What belongs to one call, and not to what it is about. Given to each; several may share a pool. */
export interface Run {
  /** Of all compilers, whatever they are started for. */
  readonly pool: Pool
  readonly progress: Progress
  readonly signal: AbortSignal | undefined
}

/** The tree of what is running, opened once. Nothing changes it, and any number of builds may share it. */
export interface Base {
  readonly facts: TreeFacts
  readonly layout: Layout
  /** Every unit of the image; for compile-commands trees, every entry that compiles C. */
  readonly units: readonly Unit[]
  /** Files that hold options of compile commands (`@file`), relative to `base`. */
  readonly responseFiles: ReadonlySet<string>
  /** The tree's own texts, by path relative to `base`. */
  readonly reader: SourceReader
  /** The same as digests, each file read once. */
  readonly texts: TreeTexts
  /** What will load what is built. */
  readonly target: TargetName
  /** Where results are kept between runs. */
  readonly cacheFolder: string
  /** Where its compilers run, unless here. */
  readonly toolchain?: Toolchain | undefined
  /** Milliseconds that opening it took. */
  readonly openTime: number
  /** The units that read at least one of these files, and which; paths relative to `base`. */
  dependents(paths: ReadonlySet<string>, run: Run): Promise<readonly Dependent[]>
  /** The units that read a file of one of these names, wherever it is, and which. */
  namesakes(names: ReadonlySet<string>, run: Run): Promise<readonly Dependent[]>
  /**
   * Spelled paths, made absolute and not tidied, by which a unit reads a file with one of these names through `..`;
   * empty where nothing of the kind is known.
   */
  leavingFolders(names: ReadonlySet<string>): readonly string[]
  /** What a careful user wants to know about the tree. */
  readonly notices: readonly Reason[]
}

/** A base as the steps of one build take it. */
export interface Tree extends Base {
  readonly run: Run
  /** Whether somebody wants the debug information of objects. */
  readonly wantsDebug?: boolean
}
