import { splitLines } from './line-map.ts'
import type { AppliedHunk, EarlierText, SourceReader } from './model.ts'

/** A file as the patches so far have left it. */
export interface FileState {
  readonly lines: readonly string[]
  /** The file of the original tree that it grew from; undefined where a patch made it. */
  readonly origin: string | undefined
  /** Indexed by line (entry 0 unused): the line of `origin`, or 0. */
  readonly toOrigin: Int32Array
  readonly hunks: readonly AppliedHunk[]
  /** What it was after each patch but the last. */
  readonly earlier: readonly EarlierText[]
}

/**
 * The tree while patches are applied to it, in memory.
 *
 * One git diff describes every file against the state before any of them changed (a copy takes the text from before), but
 * a patch may hold many git diffs one after the other, and these build on each other. A *group* is a run of git parts
 * that may belong to one diff; as in patch(1), it ends where one of its files is changed a second time.
 */
export class Workspace {
  private readonly reader: SourceReader
  private readonly current = new Map<string, FileState | undefined>()
  private readonly beforeGroup = new Map<string, FileState | undefined>()

  constructor(reader: SourceReader) {
    this.reader = reader
  }

  read(path: string): FileState | undefined {
    if (this.current.has(path)) return this.current.get(path)
    const text = this.reader.read(path)
    if (text === undefined) return undefined
    const lines = splitLines(text)
    return {
      lines,
      origin: path,
      toOrigin: Int32Array.from({ length: lines.length + 1 }, (_, line) => line),
      hunks: [],
      earlier: [],
    }
  }

  /** Whether something other than a file stands there. */
  isNoFile(path: string): boolean {
    return this.reader.isNoFile?.(path) === true
  }

  readBeforeGroup(path: string): FileState | undefined {
    return this.beforeGroup.has(path) ? this.beforeGroup.get(path) : this.read(path)
  }

  writtenInGroup(path: string): boolean {
    return this.beforeGroup.has(path)
  }

  startGroup(): void {
    this.beforeGroup.clear()
  }

  write(path: string, state: FileState | undefined): void {
    if (!this.beforeGroup.has(path)) this.beforeGroup.set(path, this.read(path))
    this.current.set(path, state)
  }

  /** Every path that was written, in order, with what became of it. */
  written(): readonly (readonly [string, FileState | undefined])[] {
    return [...this.current].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  }
}
