/**
 * What a kind of source tree is like, as a value: steps ask it, and none asks which it is. To add a kind: a folder with its
 * value, and a row in `tree-kinds.ts`.
 *
 * A kind that does not know what something means for the units says so by a refusal; taking it for nothing would lose a
 * part of the fix.
 */
import type { Reason } from '../base/refusal.ts'
import type { Loader } from '../loaders/loader.ts'
import type { ProbeText } from '../loaders/xen/probe.ts'
import type { TouchedFile } from '../source/model.ts'
import type { AffectedUnit, Base, BaseOptions, BuildRefusal, Run, Tree, TreeFacts } from './model.ts'
import type { Overlay } from './overlay.ts'

/** How its paths are spelled: all that is needed of a tree that is only read. */
export interface TreePaths {
  readonly name: TreeFacts['kind']
  /** Says whether a folder holds its sources, built or not. */
  readonly isIn: (folder: string) => boolean
  /** Folders below `base` that a patch's paths may be relative to, `base` itself first. */
  readonly prefixes: readonly string[]
  /** A file as its build spells it to the compiler, and so in `__FILE__`. */
  readonly spelled: (path: string) => string
}

export interface TreeKind extends TreePaths {
  /** Whose special sections its objects have, whoever is to load a payload. */
  readonly loader: Loader
  /** What is linked from its objects, and where names of the running system come from. */
  readonly image: 'hypervisor' | 'program' | 'kernel'
  /** Questions to its compiler about structures of the target; none where none is in question. */
  readonly probes: () => readonly ProbeText[]
  /** Says whether opening it has to build it first, which takes minutes. */
  readonly buildsFirst: (options: BaseOptions) => boolean
  /** Opens a tree of this kind; undefined where the folder holds none, or none that the options ask for. */
  readonly open: (options: BaseOptions, run: Run) => Promise<Base> | undefined
  /** Units that come and go by what the patch says in build files. */
  readonly unitsOfBuildFiles: (tree: Tree, files: readonly TouchedFile[]) => BuildFiles
  /** New texts of files that its build generates; `touched` holds paths relative to `base`. */
  readonly generatedUnder: (tree: Tree, touched: ReadonlySet<string>, overlay: Overlay) => Promise<Generated>
  /** What is laid out by touched files, so that no unit can be compiled anew from them. */
  readonly changedScripts: (tree: Tree, touched: ReadonlySet<string>, overlay: Overlay) => Promise<Scripts>
  /** What edits of the files that say what can be configured do to this configuration. */
  readonly configured: (tree: Tree, files: readonly TouchedFile[], overlay: Overlay) => Promise<Configured>
  /** Without the units that the image turns out not to hold. */
  readonly withoutUnused: (tree: Tree, affected: readonly AffectedUnit[]) => Used
  /** What a touched file is that no unit reads; undefined where somebody else accounts for it. */
  readonly unread: (tree: Tree, file: TouchedFile) => Unread | undefined
}

export interface BuildFiles {
  /** New and removed units, and those that go on under the name of a renamed source. */
  readonly affected: readonly AffectedUnit[]
  readonly refusals: readonly BuildRefusal[]
  readonly notices: readonly Reason[]
  /** Touched files that are accounted for. */
  readonly handled: ReadonlySet<string>
  /** New path of a source to its old one. */
  readonly renamed: ReadonlyMap<string, string>
}

export interface Generated {
  /** Headers whose text changes, by path relative to `base`. */
  readonly texts: Overlay
  readonly refusals: readonly BuildRefusal[]
  /** The touched files that some generated header was found to come from. */
  readonly read: ReadonlySet<string>
}

export interface Scripts {
  readonly refusals: readonly BuildRefusal[]
  /** The touched files that a linker script was found to come from. */
  readonly read: ReadonlySet<string>
}

export interface Configured {
  readonly refusals: readonly BuildRefusal[]
  readonly notices: readonly Reason[]
  /** The touched files that are accounted for. */
  readonly read: ReadonlySet<string>
}

export interface Used {
  readonly affected: readonly AffectedUnit[]
  readonly notices: readonly Reason[]
}

export interface Unread extends Reason {
  /** Where there is one, the file is refused with it; else it is no part of the image, and that is said. */
  readonly wayOut: string | undefined
  /** Whether an assembler may have been told to read it, which no compiler tells of. */
  readonly mayBeEmbedded: boolean
}

export const NOT_GENERATED: Generated = { texts: new Map(), refusals: [], read: new Set() }
export const NO_SCRIPTS: Scripts = { refusals: [], read: new Set() }
export const NOT_CONFIGURED: Configured = { refusals: [], notices: [], read: new Set() }
