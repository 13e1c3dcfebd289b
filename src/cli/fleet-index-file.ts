/** The index that a run of fleet left. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { InputError } from '../base/errors.ts'
import { type FleetIndex, fleetIndex } from '../report/fleet-index.ts'
import { readText } from './files.ts'

/** The folder may be named in its place. */
export const indexFile = (given: string): string =>
  existsSync(join(given, 'index.json')) ? join(given, 'index.json') : given

export function readIndex(file: string): FleetIndex {
  let value: unknown
  try {
    value = JSON.parse(readText(file, 'the index', 'utf8'))
  } catch (error) {
    if (error instanceof InputError) throw error
  }
  const read = v.safeParse(fleetIndex, value)
  if (read.success) return read.output
  throw new InputError(
    'fleet/no-index',
    `${file} is no index of a fleet, or one that another version wrote`,
    'give the folder of `hotsplice fleet build`; run it again where it was made by an earlier version: what is known is kept',
  )
}
