/**
 * The tree's files as texts and as digests, each read once. What is compiled, cached and compared in one run is one
 * version of the tree: the one first read.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { SourceReader } from '../source/model.ts'
import { type Layout, RealPaths, readText, toAbsolute } from './layout.ts'
import type { Overlay } from './model.ts'

export class TreeTexts implements SourceReader {
  readonly layout: Layout
  readonly real = new RealPaths()
  readonly #digests = new Map<string, string>()

  constructor(layout: Layout) {
    this.layout = layout
  }

  /** A file below `base`, one character a byte. */
  read(path: string): string | undefined {
    return readText(toAbsolute(this.layout, path))
  }

  /** Names a file's content; `absent` where there is none. */
  digest(path: string): string {
    let known = this.#digests.get(path)
    if (known === undefined) {
      known = digestOfFile(path)
      this.#digests.set(path, known)
    }
    return known
  }

  /** The tree as one overlay shows it. */
  with(overlay: Overlay): PatchedTexts {
    return new PatchedTexts(this, overlay)
  }
}

/** Digests of files as a compiler sees them under an overlay. */
export class PatchedTexts {
  readonly #tree: TreeTexts
  readonly #replaced: ReadonlyMap<string, string>
  /** Paths that the overlay adds to the tree or takes from it: they change where a compiler looks. */
  readonly changesNames: readonly string[]

  constructor(tree: TreeTexts, overlay: Overlay) {
    this.#tree = tree
    const entries = [...overlay].map(([path, text]) => ({
      path,
      text,
      real: tree.real.of(toAbsolute(tree.layout, path)),
    }))
    this.#replaced = new Map(entries.map(({ real, text }) => [real, text === null ? 'absent' : digestOfText(text)]))
    this.changesNames = entries
      .flatMap(({ path, text, real }) =>
        text === null ? [`-${path}`] : tree.digest(real) === 'absent' ? [`+${path}`] : [],
      )
      .sort()
  }

  /** The digest of what `path`, spelled in any way, names. */
  digest(path: string): string {
    const real = this.#tree.real.of(path)
    return this.#replaced.get(real) ?? this.#tree.digest(real)
  }
}

function digestOfText(text: string): string {
  return createHash('sha256').update(text, 'latin1').digest('base64')
}

function digestOfFile(path: string): string {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('base64')
  } catch {
    return 'absent'
  }
}
