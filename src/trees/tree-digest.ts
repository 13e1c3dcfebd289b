/**
 * One name for all that lies in a tree: sources, generated headers, objects, commands and images alike. Two trees of one name
 * give the same builds, as far as builds read nothing else (`surroundings.ts` says what else they read).
 *
 * Worse mistake: one name for two trees. So every file counts by its bytes, whoever reads it, and links by where they lead; what
 * lies behind a link to elsewhere counts too. Only `.git` does not: it changes with every look at it, and builds read of it
 * only what links lead to, or what they tell of (`surroundings.ts`).
 */
import { createHash } from 'node:crypto'
import { lstatSync, readlinkSync, realpathSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { InputError } from '../base/errors.ts'
import { interrupted } from './interrupted.ts'
import { isInside, listFolder, realOrSelf } from './layout.ts'
import type { BaseOptions } from './model.ts'
import { keyOf } from './store.ts'

const BESIDE: ReadonlySet<string> = new Set(['.git'])
/** So many files are read at once. */
const AT_ONCE = 8

/** The folders that the digest is of: the tree's, and where its objects are. */
export function treeFolders({ tree, buildDir }: Pick<BaseOptions, 'tree' | 'buildDir'>): readonly string[] {
  const folders = [tree, ...(buildDir === undefined ? [] : [buildDir])].map(path => realOrSelf(resolve(path)))
  return [...new Set(folders)].filter(folder => !folders.some(other => other !== folder && isInside(other, folder)))
}

/** Throws `InputError` where there is no such tree. */
export async function treeDigest(
  options: Pick<BaseOptions, 'tree' | 'buildDir'>,
  signal: AbortSignal | undefined,
): Promise<string> {
  const folders = treeFolders(options)
  for (const folder of folders) {
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) continue
    throw new InputError('build/no-tree', `${folder} is no folder`, 'give the folder of the tree, as its build left it')
  }
  const entries = folders.flatMap((folder, at) => entriesOf(folder, `${at}`, new Set(folders)))
  const digests = await digestsOf(entries, signal)
  return keyOf(entries.flatMap(({ name }, at) => [name, digests[at] ?? '']))
}

/** Says whether what is at a real path is part of the digest of a folder: not what is in a `.git`. */
export function isCounted(folder: string, path: string): boolean {
  return (
    isInside(folder, path) &&
    !path
      .slice(folder.length)
      .split('/')
      .some(name => BESIDE.has(name))
  )
}

interface Entry {
  /** What the entry is called in the tree, the same wherever that is. */
  readonly name: string
  /** The file to read; undefined for what has no content of its own. */
  readonly path: string | undefined
}

/** In one order on every machine. Folders behind links that are counted elsewhere are not entered again. */
function entriesOf(folder: string, name: string, seen: Set<string>): readonly Entry[] {
  const { folders, files, links } = listFolder(folder)
  return [
    ...files.map(file => fileEntry(`${folder}/${file}`, `${name}/${file}`)),
    ...links.flatMap(link => linkEntries(`${folder}/${link}`, `${name}/${link}`, seen)),
    ...folders
      .filter(below => !BESIDE.has(below))
      .flatMap(below => [
        { name: `${name}/${below}/`, path: undefined },
        ...entriesOf(`${folder}/${below}`, `${name}/${below}`, seen),
      ]),
  ]
}

function fileEntry(path: string, name: string): Entry {
  // A pipe or a socket has nothing to read, and would keep whoever tried.
  return { name, path: lstatSync(path, { throwIfNoEntry: false })?.isFile() === true ? path : undefined }
}

function linkEntries(path: string, name: string, seen: Set<string>): readonly Entry[] {
  const link: Entry = { name: `${name} -> ${readlinkSync(path)}`, path: undefined }
  let real: string
  try {
    real = realpathSync(path)
  } catch {
    return [link] // It leads nowhere.
  }
  if ([...seen].some(folder => isCounted(folder, real))) return [link]
  if (!statSync(real).isDirectory()) return [link, fileEntry(real, `${name}>`)]
  seen.add(real)
  return [link, ...entriesOf(real, `${name}>`, seen)]
}

async function digestsOf(entries: readonly Entry[], signal: AbortSignal | undefined): Promise<readonly string[]> {
  const digests: string[] = []
  let next = 0
  const worker = async () => {
    for (let at = next++; at < entries.length; at = next++) {
      if (signal?.aborted === true) throw interrupted()
      const path = entries[at]?.path
      digests[at] = path === undefined ? '' : await digestOfFile(path)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return digests
}

async function digestOfFile(path: string): Promise<string> {
  try {
    return createHash('sha256')
      .update(await readFile(path))
      .digest('hex')
  } catch (error) {
    // Nor can a compiler read it, as long as nothing changes.
    const { size = 0, mtimeMs = 0 } = lstatSync(path, { throwIfNoEntry: false }) ?? {}
    return `${error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'} ${size} ${mtimeMs}`
  }
}
