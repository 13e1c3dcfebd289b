/** What the tests of the build stage share: opening trees, changes from texts, checksums, and a tiny Xen of our own. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SourceChange, TouchedFile } from '../../src/source/model.ts'
import { quiet, type Tree } from '../../src/trees/index.ts'
import { type OpenOptions, openTree } from '../support/opened.ts'

/** Runs `work` with a folder that is gone afterwards. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-build-'))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export function open(tree: string, cacheFolder: string, more: Partial<OpenOptions> = {}): Promise<Tree> {
  return openTree({ tree, target: 'xen', jobs: 2, progress: quiet, cacheFolder, ...more })
}

export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

/** A change by new texts; null removes a file, and `from` renames. */
export function changeOf(
  tree: Tree,
  texts: Readonly<Record<string, string | null>>,
  renames: Readonly<Record<string, string>> = {},
): SourceChange {
  const files = Object.entries(texts).map(([path, newText]): TouchedFile => {
    const from = renames[path]
    const before = tree.reader.read(from ?? path)
    const lineMap = { toPatched: new Int32Array(), toOriginal: new Int32Array() }
    return {
      oldPath: before === undefined ? undefined : (from ?? path),
      newPath: newText === null ? undefined : path,
      oldText: before ?? '',
      newText: newText ?? '',
      kind: from !== undefined ? 'renamed' : before === undefined ? 'added' : newText === null ? 'removed' : 'edited',
      hunks: [],
      lineMap,
    }
  })
  return { files, notices: [] }
}

/** A change by one replacement in one file, which must take place. */
export function edit(tree: Tree, path: string, anchor: string, replacement: string): SourceChange {
  const before = tree.reader.read(path) ?? ''
  const after = before.replace(anchor, () => replacement)
  if (after === before) throw new Error(`${path} holds no ${anchor}`)
  return changeOf(tree, { [path]: after })
}

/** Every file below a folder with its content, kind and time; two equal results mean that nothing was written. */
export function checksums(folder: string): string {
  const hash = createHash('sha256')
  const visit = (path: string) => {
    const { mtimeMs, mode } = lstatSync(path)
    hash.update(`${path}\0${mtimeMs}\0${mode}\0`)
    for (const entry of readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const child = join(path, entry.name)
      if (entry.isDirectory()) visit(child)
      else if (entry.isSymbolicLink()) hash.update(`${child}\0${readlinkSync(child)}\0`)
      else hash.update(`${child}\0${lstatSync(child).mtimeMs}\0`).update(readFileSync(child))
    }
  }
  visit(folder)
  return hash.digest('hex')
}

const TINY = fileURLToPath(new URL('tiny-xen', import.meta.url))

/** Copies the tiny Xen into a folder, with its configuration; `files` replaces or adds some. */
export function tinyXen(folder: string, files: Readonly<Record<string, string>> = {}): string {
  cpSync(TINY, folder, { recursive: true })
  renameSync(join(folder, 'xen/config'), join(folder, 'xen/.config'))
  writeFiles(folder, files)
  return folder
}

/** Builds a tiny Xen as its user would. */
export function make(folder: string, ...settings: string[]): void {
  execFileSync('make', ['-s', '-C', join(folder, 'xen'), ...settings], { stdio: ['ignore', 'ignore', 'pipe'] })
}

/** A built tiny Xen in `folder/tree`, opened with a cache of its own. */
export async function built(folder: string, files: Readonly<Record<string, string>> = {}): Promise<Tree> {
  make(tinyXen(join(folder, 'tree'), files))
  return open(join(folder, 'tree'), join(folder, 'cache'))
}

/** An object's bytes as text, to look for what is in there. */
export const textOf = (object: Uint8Array | undefined) => Buffer.from(object ?? new Uint8Array()).toString('latin1')

export function fail(): never {
  throw new Error('the tree has no such unit')
}
