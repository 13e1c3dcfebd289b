/** Texts of the patched tree that are being changed further, and what becomes of them as a patch upon the user's own. */
import { writePatch } from '../../lines/write-patch.ts'
import type { PatchText, SourceChange, SourceReader, TouchedFile } from '../../source/model.ts'
import { patchPaths } from '../../source/patch-paths.ts'
import type { Tree } from '../../trees/index.ts'
import { editText, type TextEdit } from '../../ways-out/text-edits.ts'
import type { HotpatchRun } from '../hotpatch/hotpatch.ts'

/** What is being written, and for what. */
export interface Scene {
  readonly tree: Tree
  readonly run: Pick<HotpatchRun, 'change' | 'affected'>
  readonly draft: Draft
}

/** How the names of the user's patches are read. */
export interface PatchNames {
  /** The folder that they are relative to, from the tree's base on: empty, or `xen/`. */
  readonly prefix: string
  readonly strip: number
}

export function patchNames(patches: readonly PatchText[], { files }: SourceChange): PatchNames {
  const [strip = 1] = patches.map(patch => patch.strip ?? 1)
  const known = new Set(files.flatMap(({ oldPath, newPath }) => [oldPath, newPath]))
  const [path = ''] = patchPaths(patches).flatMap(each => each.path)
  const whole = [...known].find(each => each === path) ?? [...known].find(each => each?.endsWith(`/${path}`))
  return { prefix: whole?.slice(0, whole.length - path.length) ?? '', strip }
}

interface Text {
  readonly text: string
  /** The line of the patched text for each line, or 0; entry 0 is unused. */
  readonly origins: Int32Array
}

/** The one value here that changes: what is written so far. */
export class Draft {
  readonly #change: SourceChange
  readonly #reader: SourceReader
  readonly #texts = new Map<string, Text>()

  constructor(change: SourceChange, reader: SourceReader) {
    this.#change = change
    this.#reader = reader
  }

  /** Undefined where the patched tree has no such file. */
  text(path: string): string | undefined {
    return this.#texts.get(path)?.text ?? this.#patched(path)
  }

  edit(path: string, edits: readonly TextEdit[]): void {
    const before = this.text(path)
    if (before === undefined || edits.length === 0) return
    const { text, origins } = editText(before, edits)
    const known = this.#texts.get(path)?.origins
    this.#texts.set(path, { text, origins: known === undefined ? origins : origins.map(line => known[line] ?? 0) })
  }

  /** What is written so far, to go on with apart. */
  copy(): Draft {
    const copy = new Draft(this.#change, this.#reader)
    for (const [path, text] of this.#texts) copy.#texts.set(path, text)
    return copy
  }

  /** The change with these texts; files that it did not touch come last. */
  change(): SourceChange {
    const touched = this.#change.files.map(file => {
      const own = file.newPath === undefined ? undefined : this.#texts.get(file.newPath)
      return own === undefined ? file : { ...file, newText: own.text }
    })
    const known = new Set(this.#change.files.map(({ newPath }) => newPath))
    const others = [...this.#texts].filter(([path]) => !known.has(path)).map(([path, own]) => this.#upon(path, own))
    return { ...this.#change, files: [...touched, ...others] }
  }

  /**
   * What leads from the patched tree to these texts; empty where nothing was written. Its names are such that it is read
   * like the user's own: without `prefix`, and behind so many folders as `strip` takes off.
   */
  patch({ prefix, strip }: PatchNames): string {
    const named = (path: string) => 'a/'.repeat(Math.max(strip - 1, 0)) + path.slice(prefix.length)
    const texts = [...this.#texts].toSorted(([a], [b]) => (a < b ? -1 : 1))
    const files = texts.map(([path, own]) => ({ ...this.#upon(path, own), oldPath: named(path), newPath: named(path) }))
    return writePatch(files, new Map(texts.map(([path, own]) => [named(path), own])))
  }

  #upon(path: string, { text, origins }: Text): TouchedFile {
    const lineMap = { toPatched: new Int32Array(0), toOriginal: origins }
    return {
      ...{ oldPath: path, newPath: path, oldText: this.#patched(path) ?? '', newText: text },
      ...{ kind: 'edited', hunks: [], lineMap },
    }
  }

  #patched(path: string): string | undefined {
    const touched = this.#change.files.find(({ newPath }) => newPath === path)
    return touched?.newText ?? this.#reader.read(path)
  }
}
