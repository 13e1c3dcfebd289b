/** What was found out of the content of files, kept between runs under that content's name. */
import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import type { Tree } from './model.ts'
import { keyOf, Store } from './store.ts'

/** Names a question and the way in which it is answered; it changes with either. */
interface Question {
  readonly name: string
  /** Absolute; the answer depends on their content only, in this order. */
  readonly files: readonly string[]
}

/** To read more than so much takes longer than to look for what is asked. */
const MOST = 1 << 26

/** The answer that was kept, or the one that `find` gives now. */
export function keptAnswer(
  { cacheFolder }: Pick<Tree, 'cacheFolder'>,
  { name, files }: Question,
  find: () => readonly string[],
): readonly string[] {
  const before = stampsOf(files)
  const digests = before === undefined ? undefined : digestsOf(files)
  if (digests === undefined) return find()
  const store = new Store(cacheFolder)
  const key = keyOf([name, ...digests])
  const known = answerIn(store.getText('lists', key))
  if (known !== undefined) return known
  const found = find()
  // What was read meanwhile is to be what the key names.
  if (stampsOf(files) === before) store.putText('lists', key, JSON.stringify(found))
  return found
}

/** What shows without reading that a file may be another now; undefined for too much to read. */
function stampsOf(files: readonly string[]): string | undefined {
  try {
    const all = files.map(path => statSync(path))
    const bytes = all.reduce((sum, { size }) => sum + size, 0)
    return bytes > MOST ? undefined : all.map(({ ino, size, mtimeMs }) => `${ino} ${size} ${mtimeMs}`).join()
  } catch {
    // One cannot be read; whoever asks finds out why.
    return undefined
  }
}

function digestsOf(files: readonly string[]): readonly string[] | undefined {
  try {
    return files.map(path => createHash('sha256').update(readFileSync(path)).digest('hex'))
  } catch {
    return undefined
  }
}

function answerIn(text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) && value.every(each => typeof each === 'string') ? value : undefined
  } catch {
    return undefined
  }
}
