/** A folder that a run makes for its user: whole in the end, or not there. */
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { InputError } from '../base/errors.ts'
import { makeFolder } from './make-folder.ts'
import { holdFolder } from './undertaker.ts'

/** Makes `path`, which must not be there; where `work` fails, or the process is killed, it is taken away again. */
export async function inNewFolder<T>(path: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = resolve(path)
  if (existsSync(folder)) {
    throw new InputError('system/exists', `${path} is there already`, 'name another folder, or take that one away')
  }
  makeFolder(dirname(folder))
  const letGo = holdFolder(folder)
  try {
    mkdirSync(folder)
    const result = await work(folder)
    letGo()
    return result
  } catch (error) {
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
    letGo()
    throw error
  }
}
