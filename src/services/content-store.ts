/**
 * A folder that several machines see, with contents by their digests:
 *
 *   store.json              its id
 *   content/ab/cdef…        a file by the digest of its content
 *   under/ab/cdef…/12…      digests that belong to a key: the names of empty files
 *
 * Files appear whole, and are held against their digests whenever they are read. Nothing is locked and nothing is written over with
 * other bytes, so that a bucket could do the same.
 */
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { InputError } from '../base/errors.ts'

const ABOUT = 'store.json'
const DIGEST = /^[0-9a-f]{64}$/

/** Makes a file appear whole, or throws. */
type WriteWhole = (path: string, content: Uint8Array | string) => void

class ContentFolder {
  readonly path: string
  readonly id: string
  readonly #write: WriteWhole

  constructor(path: string, id: string, write: WriteWhole) {
    this.path = path
    this.id = id
    this.#write = write
  }

  put = async (content: Uint8Array): Promise<string> => {
    const digest = digestOf(content)
    // What is there and damaged is made anew.
    if ((await this.get(digest)) === undefined) await this.#writeFile(contentFile(digest), content)
    return digest
  }

  get = async (digest: string): Promise<Uint8Array | undefined> => {
    if (!DIGEST.test(digest)) return undefined
    const content = await contentOf(join(this.path, contentFile(digest)))
    return content !== undefined && digestOf(content) === digest ? content : undefined
  }

  add = async (key: string, digest: string): Promise<void> => {
    await this.#writeFile(`${keyFolder(key)}/${digest}`, '')
  }

  under = async (key: string): Promise<readonly string[]> => {
    try {
      return (await readdir(join(this.path, keyFolder(key)))).filter(name => DIGEST.test(name))
    } catch (error) {
      if (isAbsence(error)) return []
      throw error
    }
  }

  async #writeFile(name: string, content: Uint8Array | string): Promise<void> {
    const path = join(this.path, name)
    await mkdir(dirname(path), { recursive: true })
    this.#write(path, content)
  }
}

interface Opening {
  readonly write: WriteWhole
  /** Makes one where there is none; who only takes part must find it there. */
  readonly isMade: boolean
}

/** Throws `InputError` where it is none, or cannot be worked in. */
export async function openStore(name: string, { write, isMade }: Opening): Promise<ContentFolder> {
  const path = resolve(name)
  const about = await contentOf(join(path, ABOUT))
  if (about !== undefined) return new ContentFolder(path, idIn(about, name), write)
  const names = await namesIn(path, name)
  if (!isMade) {
    throw new InputError(
      'fleet/no-store',
      `${name} is no store: it has no ${ABOUT}`,
      'give the folder that `fleet build --store` was given, and see that it is mounted here',
    )
  }
  if (names.some(each => !each.endsWith('.part'))) {
    throw new InputError('fleet/no-store', `${name} holds ${names[0]}, and is no store`, 'give a new folder (--store)')
  }
  const id = randomUUID()
  await mkdir(path, { recursive: true })
  write(join(path, ABOUT), `${JSON.stringify({ store: 1, id })}\n`)
  // Of two that make it at once, one was the last.
  return new ContentFolder(path, idIn((await contentOf(join(path, ABOUT))) ?? new Uint8Array(), name), write)
}

function idIn(about: Uint8Array, name: string): string {
  try {
    const { store, id }: { store?: unknown; id?: unknown } = JSON.parse(Buffer.from(about).toString('utf8'))
    if (store === 1 && typeof id === 'string' && id !== '') return id
  } catch {
    // Told below.
  }
  throw new InputError(
    'fleet/no-store',
    `${ABOUT} of ${name} does not say which store it is`,
    'give another folder (--store)',
  )
}

async function namesIn(path: string, name: string): Promise<readonly string[]> {
  try {
    return await readdir(path)
  } catch (error) {
    if (isAbsence(error)) return []
    const why = error instanceof Error ? error.message : String(error)
    throw new InputError(
      'fleet/no-store',
      `${name} cannot be read: ${why}`,
      'give a folder that can be written (--store)',
    )
  }
}

const parted = (digest: string): string => `${digest.slice(0, 2)}/${digest.slice(2)}`
const contentFile = (digest: string): string => `content/${parted(digest)}`
const keyFolder = (key: string): string => `under/${parted(key)}`
const digestOf = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex')

const isAbsence = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT'

async function contentOf(path: string): Promise<Uint8Array | undefined> {
  try {
    const bytes = await readFile(path)
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  } catch {
    return undefined
  }
}
