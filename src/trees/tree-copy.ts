/**
 * A tree as a list of what is in it, by which another machine makes it again at the same place: contents by their digests, kept
 * elsewhere; times and modes as they were, for builds ask whether objects are newer than their sources.
 *
 * What links out of the tree lead to does not come along, nor does `.git`, but for files that links lead to. Whether the copy is
 * the tree is asked of its digest (`tree-digest.ts`), which counts all of these.
 */
import { randomBytes } from 'node:crypto'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, resolve } from 'node:path'
import * as v from 'valibot'
import { InputError } from '../base/errors.ts'
import { isInside, listFolder, realOrSelf } from './layout.ts'

const text = v.string()
const entry = v.variant('kind', [
  v.object({ kind: v.literal('folder'), name: text }),
  v.object({ kind: v.literal('link'), name: text, to: text }),
  v.object({ kind: v.literal('file'), name: text, mode: v.number(), time: v.number(), sha256: text }),
])
const copied = v.array(entry)
type Entry = v.InferOutput<typeof entry>

/** The list as JSON; `put` keeps each content, and gives its digest. */
export async function packFolder(path: string, put: (content: Uint8Array) => Promise<string>): Promise<string> {
  const top = realOrSelf(resolve(path))
  const entries: Entry[] = []
  for (const each of entriesBelow(top, '', top)) {
    if (each.kind !== 'file') entries.push(each)
    else {
      const { mode, mtimeMs } = statSync(`${top}/${each.name}`)
      const sha256 = await put(readFileSync(`${top}/${each.name}`))
      entries.push({ ...each, mode: mode & 0o777, time: mtimeMs, sha256 })
    }
  }
  return JSON.stringify(entries)
}

type Found = Exclude<Entry, { kind: 'file' }> | Pick<Extract<Entry, { kind: 'file' }>, 'kind' | 'name'>

function entriesBelow(folder: string, before: string, top: string): readonly Found[] {
  const { folders, files, links } = listFolder(folder)
  return [
    ...files
      .filter(name => lstatSync(`${folder}/${name}`).isFile())
      .map(name => ({ kind: 'file', name: `${before}${name}` }) as const),
    ...links.flatMap(name => [
      { kind: 'link', name: `${before}${name}`, to: readlinkSync(`${folder}/${name}`) } as const,
      ...besideOf(`${folder}/${name}`, top),
    ]),
    ...folders
      .filter(name => name !== '.git')
      .flatMap(name => [
        { kind: 'folder', name: `${before}${name}` } as const,
        ...entriesBelow(`${folder}/${name}`, `${before}${name}/`, top),
      ]),
  ]
}

/** A file of `.git` that a link leads to. */
function besideOf(link: string, top: string): readonly Found[] {
  let real: string
  try {
    real = realpathSync(link)
  } catch {
    return [] // It leads nowhere.
  }
  if (!isInside(top, real)) return []
  const name = real.slice(top.length + 1)
  return name.split('/').includes('.git') && statSync(real).isFile() ? [{ kind: 'file', name }] : []
}

/** What was put there by us says so beside it, and may be put there anew. */
const markOf = (path: string): string => `${path}.placed`

/** Which tree was put there; undefined where nothing was, or it is somebody's own. */
export function placedTree(path: string): string | undefined {
  return existsSync(path) && existsSync(markOf(path)) ? readFileSync(markOf(path), 'utf8') : undefined
}

export const isThere = (path: string): boolean => existsSync(path)

export function placeFile(path: string, content: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true })
  const beside = `${path}.${randomBytes(6).toString('hex')}.part`
  writeFileSync(beside, content)
  renameSync(beside, path)
}

export interface Placing {
  readonly list: Uint8Array
  readonly path: string
  /** Its digest. */
  readonly tree: string
  readonly get: (digest: string) => Promise<Uint8Array | undefined>
}

/** Makes the folder, which is not there yet, or was put there before. Throws `InputError` where a content is missing, or the list is none. */
export async function placeFolder({ list, path, tree, get }: Placing): Promise<void> {
  const beside = `${path}.${randomBytes(6).toString('hex')}.part`
  const entries = v.parse(copied, JSON.parse(Buffer.from(list).toString('utf8')))
  mkdirSync(beside, { recursive: true })
  try {
    // Links come last: nothing is written through one.
    for (const each of [
      ...entries.filter(({ kind }) => kind !== 'link'),
      ...entries.filter(({ kind }) => kind === 'link'),
    ]) {
      const at = resolve(beside, each.name)
      if (!isInside(beside, at)) throw new InputError('fleet/not-in-store', `${each.name} leads out of ${path}`)
      mkdirSync(each.kind === 'folder' ? at : dirname(at), { recursive: true })
      if (each.kind === 'link') symlinkSync(each.to, at)
      if (each.kind !== 'file') continue
      const content = await get(each.sha256)
      if (content === undefined)
        throw new InputError('fleet/not-in-store', `the store has not all of ${path}: ${each.name} is missing`)
      writeFileSync(at, content, { mode: each.mode })
      utimesSync(at, each.time / 1000, each.time / 1000)
    }
    if (placedTree(path) !== undefined) rmSync(path, { recursive: true, force: true })
    renameSync(beside, path)
    writeFileSync(markOf(path), tree)
  } finally {
    rmSync(beside, { recursive: true, force: true })
  }
}
