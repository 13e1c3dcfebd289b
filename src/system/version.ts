import { readFileSync } from 'node:fs'
import { InternalError } from '../base/errors.ts'
import { packagePath } from './package-folder.ts'

/** Of hotsplice, as package.json has it. */
export const VERSION = readVersion()

function readVersion(): string {
  const found = /"version":\s*"([^"]+)"/.exec(readFileSync(packagePath('package.json'), 'utf8'))
  if (found?.[1] === undefined) throw new InternalError('package.json has no version')
  return found[1]
}
