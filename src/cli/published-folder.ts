/** The folder that `publish` made, read whole: what is in it besides files has no digest, and is refused. */
import { existsSync, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import * as v from 'valibot'
import { InputError } from '../base/errors.ts'
import { type Updates, updates } from '../report/updates.ts'
import { readInput } from './files.ts'

/** Throws `InputError` where there is no such folder, or it is not as it was made. */
export function readPublished(folder: string): ReadonlyMap<string, Uint8Array> {
  if (!existsSync(join(folder, 'updates.json'))) {
    const hint = 'give the folder of `hotsplice publish`'
    throw new InputError('publish/no-index', `${folder} has no updates.json`, hint)
  }
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => !entry.isDirectory())
    .map(entry => ({ path: relative(folder, join(entry.parentPath, entry.name)), isFile: entry.isFile() }))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
  const odd = entries.find(({ isFile }) => !isFile)
  if (odd !== undefined) {
    const fact = `${odd.path} is a symbolic link, or no file at all`
    throw new InputError('publish/changed', fact, 'give the folder as `hotsplice publish` made it')
  }
  return new Map(entries.map(({ path }) => [path, readInput(join(folder, path), 'the file')]))
}

export function readUpdates(files: ReadonlyMap<string, Uint8Array>, folder: string): Updates {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(files.get('updates.json') ?? []).toString('utf8'))
  } catch {
    value = undefined
  }
  const read = v.safeParse(updates, value)
  if (read.success && DATE.test(read.output.date) && !Number.isNaN(Date.parse(read.output.date))) return read.output
  throw new InputError(
    'publish/no-index',
    `${folder}/updates.json is no index of what was published`,
    'give the folder of `hotsplice publish`',
  )
}

/** As `publish` writes it; a package's times are made of it. */
const DATE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/
