/**
 * The tree's files as texts and as digests, each read once. What is compiled, cached and compared on one base is one
 * version of the tree: the one first read. What a digest names would go into the store with another text's object, were
 * a tree that has changed meanwhile built upon, so every further build asks first (`checkUnchanged`).
 */
import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { InputError } from '../base/errors.ts'
import type { SourceReader } from '../source/model.ts'
import { isNoFile, sourceText } from '../system/source-text.ts'
import { type Layout, RealPaths, toAbsolute } from './layout.ts'
import type { Overlay } from './overlay.ts'

/** By which an assembler, or a compiler, takes the bytes of other files. */
const EMBEDS: readonly string[] = ['.incbin', '.include', '#embed', '# embed']

/** Macros whose value depends on when, or in which order, a text is compiled. */
export const VOLATILE = ['__DATE__', '__TIME__', '__TIMESTAMP__', '__COUNTER__'] as const
export type VolatileMacro = (typeof VOLATILE)[number]

export class TreeTexts implements SourceReader {
  readonly layout: Layout
  readonly real = new RealPaths()
  readonly #digests = new Map<string, string>()
  /** What shows without reading that a file may be another now. */
  readonly #stamps = new Map<string, string>()
  readonly #embedding = new Set<string>()
  readonly #volatile = new Map<string, readonly VolatileMacro[]>()

  constructor(layout: Layout) {
    this.layout = layout
  }

  /** A file below `base`, one character a byte. */
  read(path: string): string | undefined {
    return sourceText(toAbsolute(this.layout, path), path)
  }

  isNoFile(path: string): boolean {
    return isNoFile(toAbsolute(this.layout, path))
  }

  /** Names a file's content; `absent` where there is none. */
  digest(path: string): string {
    let known = this.#digests.get(path)
    if (known === undefined) {
      // Before it is read: what changes in between counts as a change.
      this.#stamps.set(path, stampOf(path))
      known = this.#digestFile(path)
      this.#digests.set(path, known)
    }
    return known
  }

  /** The files that were asked for until now, by their real paths, and their digests. */
  known(): readonly (readonly [path: string, digest: string])[] {
    return [...this.#digests]
  }

  /** Throws `InputError` where a file has another content than when it was first read. */
  checkUnchanged(): void {
    const isChanged = ([path, digest]: readonly [string, string]) => {
      const stamp = stampOf(path)
      if (stamp === this.#stamps.get(path)) return false
      if (digestNow(path) !== digest) return true
      this.#stamps.set(path, stamp)
      return false
    }
    const [changed] = [...this.#digests].find(isChanged) ?? []
    if (changed === undefined) return
    throw new InputError(
      'build/tree-changed',
      `${changed} is not what it was when the tree was opened; what was found out since holds for that tree only`,
      'open the tree again, once it is as it is to stay',
    )
  }

  /** Says whether a file makes an assembler read others, which no compiler tells of. */
  embeds(path: string): boolean {
    return this.digest(path) !== 'absent' && this.#embedding.has(path)
  }

  /** The volatile macros that a file names, be it in a comment. */
  volatile(path: string): readonly VolatileMacro[] {
    return this.digest(path) === 'absent' ? [] : (this.#volatile.get(path) ?? [])
  }

  #digestFile(path: string): string {
    const bytes = bytesOf(path)
    if (bytes === undefined) return 'absent'
    if (EMBEDS.some(word => bytes.includes(word))) this.#embedding.add(path)
    const named = VOLATILE.filter(macro => bytes.includes(macro))
    if (named.length > 0) this.#volatile.set(path, named)
    return digestOf(bytes)
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
  readonly #embedding: ReadonlySet<string>
  /** Paths that the overlay adds to the tree or takes from it: they change where a compiler looks. */
  readonly changesNames: readonly string[]
  /** Names the overlay's content: equal for overlays that show the same tree. */
  readonly content: string

  constructor(tree: TreeTexts, overlay: Overlay) {
    this.#tree = tree
    const entries = [...overlay].map(([path, text]) => ({
      path,
      text,
      real: tree.real.of(toAbsolute(tree.layout, path)),
    }))
    this.#replaced = new Map(entries.map(({ real, text }) => [real, text === null ? 'absent' : digestOfText(text)]))
    this.#embedding = new Set(
      entries.filter(({ text }) => EMBEDS.some(word => text?.includes(word) === true)).map(({ real }) => real),
    )
    this.content = [...this.#replaced]
      .map(entry => entry.join(' '))
      .sort()
      .join('\n')
    this.changesNames = entries
      .flatMap(({ path, text, real }) =>
        text === null ? [`-${path}`] : tree.digest(real) === 'absent' ? [`+${path}`] : [],
      )
      .sort()
  }

  /** Says whether the file that `path` names makes an assembler read others. */
  embeds(path: string): boolean {
    const real = this.#tree.real.of(path)
    return this.#replaced.has(real) ? this.#embedding.has(real) : this.#tree.embeds(real)
  }

  /** The digest of what `path`, spelled in any way, names. */
  digest(path: string): string {
    const real = this.#tree.real.of(path)
    return this.#replaced.get(real) ?? this.#tree.digest(real)
  }
}

function stampOf(path: string): string {
  try {
    const { size, mtimeMs, ctimeMs, ino } = statSync(path)
    return [size, mtimeMs, ctimeMs, ino].join(' ')
  } catch {
    return 'absent'
  }
}

/** Undefined where there is no file. */
function bytesOf(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch (error) {
    if (!isMissing(error)) throw unreadable(path, error)
    return undefined
  }
}

function digestNow(path: string): string {
  const bytes = bytesOf(path)
  return bytes === undefined ? 'absent' : digestOf(bytes)
}

function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('base64')
}

/** What no compiler can read either; anything else, such as descriptors that ran out, may be otherwise for a compiler. */
function isMissing(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return ['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'ELOOP', 'ENAMETOOLONG'].includes(String(code))
}

function unreadable(path: string, error: unknown): InputError {
  return new InputError('build/cannot-read', error instanceof Error ? error.message : `${path}: ${String(error)}`)
}

function digestOfText(text: string): string {
  return createHash('sha256').update(text, 'latin1').digest('base64')
}
