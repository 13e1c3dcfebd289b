/**
 * What a patch does to the source, as plain values.
 *
 * Text is kept as one character a byte (latin1), so that any byte of a source file survives. Lines are numbered from 1.
 */

/** The files of one side of the tree, by path relative to the folder that patch paths are relative to. */
export interface SourceReader {
  /** The file's text, one character a byte; undefined when there is no such file. */
  read(path: string): string | undefined
  /** Whether something stands there that is no ordinary file, so that none can be made. */
  isNoFile?(path: string): boolean
}

/** For every line of one version of a file that did not change, its number in the other version. */
export interface LineMap {
  /** Indexed by original line (entry 0 unused): the patched line, or 0 where the line was removed or rewritten. */
  readonly toPatched: Int32Array
  /** Indexed by patched line (entry 0 unused): the original line, or 0 where the line is new. */
  readonly toOriginal: Int32Array
}

export interface AppliedHunk {
  /** First line and count in the file as the patch was written against. */
  readonly statedLine: number
  /** First line in the original file where it was found. */
  readonly line: number
  /** `line - statedLine` as patch(1) reports it. */
  readonly offset: number
  /** Which of the given patches it comes from, and the line of its `@@` there. */
  readonly patch: string
  readonly patchLine: number
  /** Which text of its file it wrote, by position in `earlier`; the last one, where there is none at that position. */
  readonly wrote: number
}

/** A text that a file had after some of the patches, before the last that touches it. */
export interface EarlierText {
  readonly text: string
  /** Indexed by line of the last text (entry 0 unused): the same line here, or 0 where it came later. */
  readonly toEarlier: Int32Array
}

export interface TouchedFile {
  /** Undefined for a new file. Relative to the folder that patch paths are relative to. */
  readonly oldPath: string | undefined
  /** Undefined for a removed file. */
  readonly newPath: string | undefined
  readonly oldText: string
  readonly newText: string
  readonly kind: 'edited' | 'added' | 'removed' | 'renamed'
  readonly hunks: readonly AppliedHunk[]
  readonly lineMap: LineMap
  /** In the order of the patches; absent where one patch touches the file. */
  readonly earlier?: readonly EarlierText[]
}

export interface SourceChange {
  /** In the order of their paths; one entry for each file, however many patches touched it. Files whose text did not change are left out. */
  readonly files: readonly TouchedFile[]
  /** What a careful user wants to know: hunks that applied at an offset, mode changes, files that end up unchanged. */
  readonly notices: readonly string[]
}

export interface PatchText {
  /** How the user named it, for messages. */
  readonly name: string
  /** One character a byte. */
  readonly text: string
  /** How many components are taken off each name, as `patch -pN` does; 1 if absent. */
  readonly strip?: number
}
