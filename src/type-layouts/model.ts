import type { Parts } from '../ctext/outline.ts'
import type { DebugUnit } from '../dwarf/index.ts'
import type { WaysOut } from '../loaders/loader.ts'

/** One affected unit, as far as shapes are concerned. */
export interface ShapeUnit {
  readonly unit: string
  readonly original: DebugUnit
  readonly patched: DebugUnit
  /** Functions of which code in the original object stays at work after the patch. */
  readonly kept: ReadonlySet<string>
  /** Functions of the original object that the payload replaces, and those that are gone. */
  readonly replaced: ReadonlySet<string>
  /** Static data of functions in the original object, by the source's name with a dot behind it: `count.`. */
  readonly statics: ReadonlySet<string>
  /** What stays at work in this unit and refers to a function of this name. */
  readonly referredTo: (name: string) => readonly string[]
  /** Who else may take the datum of this name for what it was, after the patch; undefined where that is not known. */
  readonly othersUsing?: (name: string) => readonly string[] | undefined
  /** Where a file lies that debug information names, relative to the tree's base. */
  readonly pathOf: (spelled: string) => string
}

/** What the stage must ask the rest of the tree. */
export interface ShapeQuestions {
  /** Of the loader, for hints. */
  readonly ways: WaysOut
  /** The unit's original text, preprocessed and taken apart; undefined where it could not be had. */
  readonly textOf: (unit: string) => Parts | undefined
  /** What refers to a function of this name beside the units whose declarations are compared, and stays. */
  readonly referrersOf: (name: string) => readonly string[]
}

export interface SourcePlace {
  /** Relative to the tree's base. */
  readonly file: string
  readonly line: number
}

/** A type that is not what it was. */
export interface TypeChange {
  /** `struct domain`; a variable's name where its type has none. */
  readonly name: string
  /** By what names `--accept-type` may call it. */
  readonly names: ReadonlySet<string>
  readonly differences: readonly string[]
  /** Members went, and nothing else happened but what follows from that. */
  readonly isLess: boolean
  /** Types that changed only because they hold this one. */
  readonly moved: readonly string[]
  readonly units: readonly string[]
  /** Why objects of it are there when the patch is applied; undefined where there surely are none. */
  readonly lives: string | undefined
  /** All that reads or writes it is replaced. */
  readonly isTakenOver: boolean
  readonly functions: readonly string[]
  readonly data: readonly string[]
  readonly place: SourcePlace | undefined
}

/** A function that takes or gives back something else, while a caller stays that does not know. */
export interface PrototypeChange {
  readonly name: string
  readonly unit: string
  readonly text: string
  readonly callers: readonly string[]
  readonly place: SourcePlace | undefined
}
