/** What a disassembler of this machine says of an object, for people to read. */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../base/errors.ts'
import { cacheFolder } from './cache.ts'
import { openPrivatePlace } from './private-place.ts'

/** Far more than the most that a page lists; a program that needs longer is broken. */
const MOST_TEXT = 2 ** 28
const PATIENCE_MS = 60_000

/**
 * The text of the first of these programs (GNU objdump's options) that knows the object's machine; undefined where none does,
 * or none is there: then a reader gets less, and that is no reason to fail.
 */
export function disassemble(programs: readonly string[], object: Uint8Array): string | undefined {
  const place = placeOrNone()
  if (place === undefined) return undefined
  try {
    const file = join(place.path, 'code.o')
    writeFileSync(file, object)
    for (const program of programs) {
      const { status, stdout } = spawnSync(program, ['-d', '-z', '-w', '--no-show-raw-insn', file], {
        encoding: 'utf8',
        env: { ...process.env, LC_ALL: 'C' },
        stdio: ['ignore', 'pipe', 'ignore'],
        maxBuffer: MOST_TEXT,
        timeout: PATIENCE_MS,
      })
      if (status === 0) return stdout
    }
    return undefined
  } finally {
    place.closeAtOnce()
  }
}

/** Without a cache there is none, and no names. */
function placeOrNone() {
  try {
    return openPrivatePlace(cacheFolder())
  } catch (error) {
    if (error instanceof InputError) return undefined
    throw error
  }
}
