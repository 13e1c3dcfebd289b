/**
 * A private place in which a unit compiles as it does in its tree, with some files replaced.
 *
 * It mirrors the tree below its own root, path for path: real folders, and in them links to the tree's files. The
 * command runs in the mirrored folder, so relative names (and with them `__FILE__`) stay as they are.
 *
 * In a folder that a command runs in, files are copies: a compiler that writes to a name of its own choice there must not
 * write through a link.
 *
 * A link to a whole folder would be cheaper, but `folder/../x.h` follows it and ends in the tree, beside the patched
 * copy. So a lean mirror, which links folders where nobody is known to leave them that way, is only half of an answer:
 * `bypassed` looks at what the compiler really opened, and a full mirror, without linked folders, is the other half.
 */
import {
  copyFileSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, isAbsolute, join, relative } from 'node:path'
import { isInside, type Layout, listFolder, realOrSelf, toAbsolute, toBase, walk } from './layout.ts'
import type { Overlay } from './overlay.ts'

export interface Mirror {
  readonly root: string
  readonly full: boolean
  /** Where the mirrored tree has a file: `root` and the file's own absolute path. */
  at(path: string): string
  /** Names of sources that the tree has and a lean mirror left out. */
  readonly left: ReadonlySet<string>
  /** Names of links that stay relative, and may lead to what was left out. */
  readonly linked: ReadonlySet<string>
  /** The tree's own files that must not be read, by their real paths. */
  readonly replaced: ReadonlySet<string>
  /** The file that a name inside or outside the mirror leads to. */
  reached(path: string): string
  /** Says whether the mirror holds a copy or a link of its own for this path. */
  holds(path: string): boolean
}

export interface MirrorOptions {
  readonly layout: Layout
  readonly overlay: Overlay
  /** An empty folder for the mirror's use, or none yet. */
  readonly root: string
  /** Folders that commands run in, or that are left by `..`; they must be real. */
  readonly real: ReadonlySet<string>
  /** Folders that commands run in. */
  readonly written: ReadonlySet<string>
  readonly full: boolean
  /** The sources that a lean mirror needs, absolute; undefined for all. */
  readonly sources: ReadonlySet<string> | undefined
  /** How links to the tree's files are spelled; without links a mirror is full, and holds copies. */
  readonly links: 'whole' | 'relative' | 'none'
}

/** What a compiler has no use for, and a folder has much of. */
const PRODUCT = /^\.|\.(?:o|a|so|d|cmd|lo|la|gcda|gcno)$/

/** Files that are compiled, and seldom included. */
const SOURCE = /\.(?:c|C|cc|cpp|cxx|s|S)$/

/** Says whether a compiler may want to read a file of this name. */
export function isReadable(name: string): boolean {
  return !PRODUCT.test(name)
}

export function makeMirror(options: MirrorOptions): Mirror {
  const { layout, overlay, root, real, written, sources, links } = options
  const full = options.full || links === 'none'
  const left = new Set<string>()
  const linked = new Set<string>()
  const isLeft = (path: string) => !full && sources !== undefined && SOURCE.test(path) && !sources.has(path)
  const replaced = new Map([...overlay].map(([path, text]) => [toAbsolute(layout, path), text]))
  const tops = [layout.sourceFolder, layout.buildFolder, ...real]
  const folders = new Set<string>()
  for (const path of replaced.keys()) addWithParents(folders, dirname(path))
  for (const path of real) addWithParents(folders, path)
  if (full) for (const top of [layout.sourceFolder, layout.buildFolder]) walk(top, path => folders.add(path))
  for (const top of tops) addWithParents(folders, top)

  for (const folder of [...folders].sort()) {
    mkdirSync(root + folder, { recursive: true })
    if ((full && links !== 'none') || tops.some(top => isInside(top, folder)))
      linkEntries({ root, folder, folders, replaced, full, isLeft, left, linked, links, copies: written.has(folder) })
  }
  for (const [path, text] of replaced) {
    if (text === null) continue
    writeFileSync(root + path, text, 'latin1')
    utimesSync(root + path, 0, 0)
  }
  return {
    root,
    full,
    left,
    linked,
    at: path => root + path,
    replaced: new Set([...replaced.keys()].map(realOrSelf)),
    reached: reacher(),
    holds: path => tops.some(top => isInside(top, path)),
  }
}

function addWithParents(folders: Set<string>, path: string): void {
  for (let folder = path; folder !== '/' && !folders.has(folder); folder = dirname(folder)) folders.add(folder)
}

interface LinkTask {
  readonly root: string
  readonly folder: string
  readonly folders: ReadonlySet<string>
  readonly replaced: ReadonlyMap<string, string | null>
  readonly full: boolean
  readonly isLeft: (path: string) => boolean
  readonly left: Set<string>
  readonly linked: Set<string>
  readonly links: MirrorOptions['links']
  readonly copies: boolean
}

function linkEntries(task: LinkTask): void {
  const { root, folder, folders, replaced, full, isLeft, left, linked, links, copies } = task
  const link = (path: string) => {
    const at = root + path
    if (links === 'none') copyFileSync(path, at)
    else symlinkSync(links === 'whole' ? path : relative(dirname(at), path), at)
  }
  const entries = listFolder(folder)
  for (const name of entries.folders) {
    const path = `${folder}/${name}`
    // Without links every folder of the tree is one of the mirror's own, and what is around it cannot be had.
    if (!folders.has(path) && links !== 'none') link(path)
  }
  for (const name of entries.files) {
    const path = `${folder}/${name}`
    if (replaced.has(path) || !(full || isReadable(name))) continue
    if (isLeft(path)) left.add(name)
    else if (!(copies || links === 'none') || !copy(path, root + path)) link(path)
  }
  for (const name of entries.links) {
    const path = `${folder}/${name}`
    if (replaced.has(path) || folders.has(path)) continue
    // A relative link stays relative: it leads to the mirrored file, so that it may be the patched one.
    const target = readlinkSync(path)
    if (!isAbsolute(target)) linked.add(name)
    if (isAbsolute(target)) link(path)
    else symlinkSync(target, root + path)
  }
}

/** What is larger is no text, and stays a link: a folder may hold a program's image, or its core. */
const LARGEST_COPY = 1 << 20

/** Copies a file with its time, which `__TIMESTAMP__` tells; false where it has to be a link. */
function copy(from: string, to: string): boolean {
  try {
    const found = statSync(from)
    if (!found.isFile() || found.size > LARGEST_COPY) return false
    copyFileSync(from, to)
    utimesSync(to, found.atime, found.mtime)
    return true
  } catch {
    rmSync(to, { force: true })
    return false
  }
}

/**
 * What shows that the compiler did not see the patched tree: replaced files that it read from the tree, having followed
 * a link that leads out of the mirror, and files of a name that a lean mirror left out.
 */
export function bypassed(mirror: Mirror, layout: Layout, opened: readonly string[]): string[] {
  const found = new Set<string>()
  for (const name of opened) {
    if (mirror.left.has(name.slice(name.lastIndexOf('/') + 1))) found.add(name)
    const path = mirror.reached(name)
    if (!isInside(mirror.root, path) && mirror.replaced.has(path)) found.add(toBase(layout, path))
  }
  return [...found]
}

/** Not what a link leads to. */
function isFile(path: string): boolean {
  try {
    return lstatSync(path).isFile()
  } catch {
    return false
  }
}

/** Follows every link of a path, and remembers: many units open the same few hundred files, of fewer folders. */
function reacher(): (path: string) => string {
  const known = new Map<string, string>()
  const kept = (path: string, find: () => string) => {
    const real = known.get(path) ?? find()
    known.set(path, real)
    return real
  }
  return path =>
    kept(path, () => {
      if (!isFile(path)) return realOrSelf(path)
      const folder = dirname(path)
      const real = kept(folder, () => realOrSelf(folder))
      return join(real, basename(path))
    })
}
