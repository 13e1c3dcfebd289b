/**
 * The folder that a fleet's results are in, for one run at a time:
 *
 *   index.json              the matrix
 *   cells/BASE/FIX/…        links by name to what a cell has now
 *   content/ab/cdef….html   each file by the digest of its content
 *   kept/ab/cdef….json      what is known under a key: results that need not be found out again
 *
 * Files appear whole, and are held against their digests whenever they are read: what was torn, damaged or exchanged counts as
 * not there. The lock ends with its holder, however that ends.
 */
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { InputError } from '../base/errors.ts'
import type { StoredFile } from '../base/stored-file.ts'
import { tryLock } from '../system/file-lock.ts'
import { makeFolder } from '../system/make-folder.ts'

const INDEX = 'index.json'
const LOCK = '.lock'
const CELLS = 'cells'
const CONTENT = 'content'
const KEPT = 'kept'
const OURS: ReadonlySet<string> = new Set([INDEX, LOCK, CELLS, CONTENT, KEPT])

/** Makes a file appear whole, or throws. */
type WriteWhole = (path: string, content: Uint8Array | string) => void

export class FleetResults {
  readonly path: string
  readonly #write: WriteWhole | undefined
  readonly #release: () => void
  /** Files that this run has named, relative to the folder. */
  readonly #named = new Set<string>()

  constructor(path: string, write: WriteWhole | undefined, release: () => void) {
    this.path = path
    this.#write = write
    this.#release = release
  }

  put(content: Uint8Array, ending: string): StoredFile {
    const sha256 = digestOf(content)
    const stored = { file: `${CONTENT}/${parted(sha256)}${ending}`, sha256, size: content.length }
    if (this.get(stored) === undefined) this.#writeFile(stored.file, content)
    return stored
  }

  get({ file, sha256, size }: StoredFile): Uint8Array | undefined {
    // What a record names is of this folder, whoever wrote it.
    if (!file.startsWith(`${CONTENT}/${parted(sha256)}`) || file.includes('..')) return undefined
    this.#named.add(file)
    const content = contentOf(join(this.path, file))
    return content !== undefined && content.length === size && digestOf(content) === sha256 ? content : undefined
  }

  recall(key: string): unknown {
    const file = keptFile(key)
    this.#named.add(file)
    return jsonOf(join(this.path, file))
  }

  keep(key: string, value: unknown): void {
    this.#named.add(keptFile(key))
    this.#writeFile(keptFile(key), `${JSON.stringify(value)}\n`)
  }

  show(folders: ReadonlyMap<string, ReadonlyMap<string, StoredFile>>): void {
    if (this.#write === undefined) return
    const top = join(this.path, CELLS)
    for (const base of namesIn(top)) {
      for (const fix of namesIn(join(top, base))) {
        const files = folders.get(`${base}/${fix}`)
        if (files === undefined || files.size === 0) rmSync(join(top, base, fix), { recursive: true, force: true })
      }
      if (namesIn(join(top, base)).length === 0) rmSync(join(top, base), { recursive: true, force: true })
    }
    for (const [folder, files] of folders) {
      if (files.size === 0) continue
      const place = join(top, folder)
      mkdirSync(place, { recursive: true })
      for (const name of namesIn(place))
        if (!files.has(name)) rmSync(join(place, name), { recursive: true, force: true })
      for (const [name, { file }] of files) linkTo(join(place, name), relative(place, join(this.path, file)))
    }
  }

  shownAt(folder: string, name: string): string {
    return join(this.path, CELLS, folder, name)
  }

  lastIndex(): unknown {
    return jsonOf(join(this.path, INDEX))
  }

  writeIndex(text: string): void {
    this.#writeFile(INDEX, text)
  }

  /** Takes away whatever this run has not named: what is known of earlier texts, bases and versions. How many files that were. */
  prune(): number {
    if (this.#write === undefined) return 0
    const old = [CONTENT, KEPT].flatMap(top =>
      namesIn(join(this.path, top)).flatMap(part =>
        namesIn(join(this.path, top, part)).flatMap(name => {
          const file = `${top}/${part}/${name}`
          return this.#named.has(file) ? [] : [file]
        }),
      ),
    )
    for (const file of old) rmSync(join(this.path, file), { force: true })
    return old.length
  }

  release(): void {
    this.#release()
  }

  #writeFile(name: string, content: Uint8Array | string): void {
    if (this.#write === undefined) return
    const path = join(this.path, name)
    mkdirSync(dirname(path), { recursive: true })
    this.#write(path, content)
  }
}

/** Makes the folder where there is none. Throws `InputError` where it is another's, or another run has it. */
export function openFleetFolder(name: string, write: WriteWhole): FleetResults {
  const path = resolve(name)
  if (existsSync(path) && !statSync(path).isDirectory()) throw notOurs(name, 'is no folder')
  // A run that is writing has files there that will be renamed; it is heard of at the lock.
  const [other] = namesIn(path).filter(each => !OURS.has(each) && !each.endsWith('.part'))
  if (other !== undefined) throw notOurs(name, `holds ${other}, which is no part of a fleet’s results`)
  const lock = lockIn(path, name)
  if (lock === undefined) {
    throw new InputError(
      'fleet/in-use',
      `another run is working in ${name}`,
      'wait until it is done, or give another folder (-o)',
    )
  }
  return new FleetResults(path, write, () => lock.release())
}

/** What goes wrong here is about this folder, whatever else is locked elsewhere. */
function lockIn(path: string, name: string): ReturnType<typeof tryLock> {
  try {
    makeFolder(path)
    return tryLock(join(path, LOCK))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new InputError(
      'fleet/bad-folder',
      `${name} cannot be worked in: ${why}`,
      'give a folder that can be written and locked (-o)',
    )
  }
}

/** The same to look at: no lock is taken, and nothing is made or written, whoever asks for it. */
export function viewFleetFolder(name: string): FleetResults {
  return new FleetResults(resolve(name), undefined, () => undefined)
}

function notOurs(name: string, fact: string): InputError {
  return new InputError(
    'fleet/bad-folder',
    `${name} ${fact}`,
    'give a new folder, or one that a run of fleet has made (-o)',
  )
}

const parted = (digest: string): string => `${digest.slice(0, 2)}/${digest.slice(2)}`
const keptFile = (key: string): string => `${KEPT}/${parted(key)}.json`
const digestOf = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex')

function linkTo(path: string, target: string): void {
  try {
    if (readlinkSync(path) === target) return
  } catch {
    // There is none, or something else has its place.
  }
  rmSync(path, { recursive: true, force: true })
  const beside = `${path}.part`
  rmSync(beside, { force: true })
  symlinkSync(target, beside)
  renameSync(beside, path)
}

function namesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : []
}

function contentOf(path: string): Uint8Array | undefined {
  try {
    const bytes = readFileSync(path)
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  } catch {
    return undefined
  }
}

function jsonOf(path: string): unknown {
  const content = contentOf(path)
  if (content === undefined) return undefined
  try {
    return JSON.parse(Buffer.from(content).toString('utf8'))
  } catch {
    return undefined // Torn: as if it were not there.
  }
}
