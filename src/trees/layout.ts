/**
 * Where a tree's files are, and the three ways to name one: absolute, relative to `base`, and as a command spelled it.
 *
 * A path is the same file however it is spelled, and the same text may be reached through a link; `realPath` is the one
 * name by which files are compared.
 */
import { readdirSync, readFileSync, realpathSync } from 'node:fs'
import { isAbsolute, join, relative } from 'node:path'

export interface Layout {
  readonly base: string
  readonly sourceFolder: string
  readonly buildFolder: string
  /** What paths relative to `base` begin with when they are inside `sourceFolder`: `xen/`, or nothing. */
  readonly prefix: string
}

/** Where a path relative to `base` is; absolute ones stay. */
export function toAbsolute(layout: Layout, path: string): string {
  if (isAbsolute(path)) return path
  if (layout.prefix !== '' && path.startsWith(layout.prefix)) {
    return join(layout.sourceFolder, path.slice(layout.prefix.length))
  }
  return join(layout.base, path)
}

/** A file's path relative to `base`; absolute where it is outside. */
export function toBase(layout: Layout, path: string): string {
  if (isInside(layout.sourceFolder, path)) return layout.prefix + relative(layout.sourceFolder, path)
  if (isInside(layout.base, path)) return relative(layout.base, path)
  return path
}

/** A path relative to `base` as the build names it: below the source folder, where it is there. */
export function shortName({ prefix }: Layout, path: string): string {
  return path.startsWith(prefix) ? path.slice(prefix.length) : path
}

export function isInside(folder: string, path: string): boolean {
  return path.startsWith(folder) && (path[folder.length] === '/' || path.length === folder.length)
}

/** Answers what a path really names, and remembers folders: a tree has few of them. */
export class RealPaths {
  readonly #folders = new Map<string, { readonly real: string; readonly links: ReadonlySet<string> }>()

  /** The file's one name: every link followed. */
  of(path: string): string {
    // Asked a hundred thousand times a run: no more than a search and a look-up.
    const cut = path.lastIndexOf('/')
    const folder = path.slice(0, cut)
    let known = this.#folders.get(folder)
    if (known === undefined) {
      known = {
        real: realOrSelf(folder === '' ? '/' : folder),
        links: new Set(listFolder(folder === '' ? '/' : folder).links),
      }
      this.#folders.set(folder, known)
    }
    const name = path.slice(cut + 1)
    return known.links.has(name) ? realOrSelf(path) : `${known.real === '/' ? '' : known.real}/${name}`
  }
}

/** The path with every link followed; tidied only, where there is no such file. */
export function realOrSelf(path: string): string {
  try {
    // What the system answers at once, the other form asks for name by name; a compile reads a thousand files.
    return realpathSync.native(path)
  } catch {
    return join(path)
  }
}

/** One folder's entries by kind. */
export interface Folder {
  readonly folders: readonly string[]
  readonly files: readonly string[]
  readonly links: readonly string[]
}

/** The entries of a folder, sorted by name; empty when there is no such folder. */
export function listFolder(path: string): Folder {
  return folderIn(path) ?? { folders: [], files: [], links: [] }
}

/** Likewise; undefined where it is not there, or is not shown. */
export function folderIn(path: string): Folder | undefined {
  const folders: string[] = []
  const files: string[] = []
  const links: string[] = []
  let entries: ReturnType<typeof readEntries>
  try {
    entries = readEntries(path)
  } catch {
    return undefined
  }
  for (const entry of entries) {
    const list = entry.isDirectory() ? folders : entry.isSymbolicLink() ? links : files
    list.push(entry.name)
  }
  return { folders: folders.sort(), files: files.sort(), links: links.sort() }
}

function readEntries(path: string) {
  return readdirSync(path, { withFileTypes: true })
}

/** Calls `visit` for a folder and all below it, links not followed. */
export function walk(top: string, visit: (path: string, folder: Folder) => void): void {
  const folder = listFolder(top)
  visit(top, folder)
  for (const name of folder.folders) walk(`${top}/${name}`, visit)
}

/** A file's text, one character a byte; undefined when there is no such file. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return undefined
  }
}

/** The text of a file that names others: names are UTF-8 to those who ask for files. Undefined when there is no such file. */
export function readNames(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/**
 * Says why a name cannot be handed to the system as it is; undefined where it can. A name that was not UTF-8 would come
 * out as other bytes, and a NUL would end it early.
 */
export function whyNoName(name: string): string | undefined {
  if (name.includes('\0')) return 'a NUL byte'
  return /\ufffd|\p{Surrogate}/u.test(name) ? 'bytes that are not UTF-8' : undefined
}
