/** Objects made at test time by the host's gcc, so that no binary is ever checked in. */
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What Xen compiles with, as far as it shapes an object. */
export const XEN_LIKE = [
  '-O2',
  '-ffunction-sections',
  '-fdata-sections',
  '-fpic',
  '-fvisibility=hidden',
  '-fno-asynchronous-unwind-tables',
  '-fno-common',
  '-fcf-protection=none',
  '-fno-jump-tables',
]

export const hasGcc = spawnSync('gcc', ['--version']).status === 0
/** For the title of what is skipped then. */
export const withoutGcc = hasGcc ? '' : ' (gcc is missing)'

export const hasGold = spawnSync('ld.gold', ['--version']).status === 0
export const hasLld = spawnSync('ld.lld', ['--version']).status === 0

/** What was compiled before: many tests hold the same text against others. */
const made = new Map<string, Uint8Array>()
/** Where a mutation run keeps objects from one run of the tests to the next. */
const kept = process.env.HOTSPLICE_TEST_OBJECTS

/** Compiles one C text; throws with the compiler's own words when it does not compile. */
export function compile(text: string, flags: readonly string[] = XEN_LIKE, name = 'unit.c'): Uint8Array {
  const key = createHash('sha256')
    .update(JSON.stringify([text, flags, name]))
    .digest('hex')
  const object = made.get(key) ?? readKept(key) ?? keep(key, compileAnew(text, flags, name))
  made.set(key, object)
  return object.slice()
}

function readKept(key: string): Uint8Array | undefined {
  const file = join(kept ?? '', key)
  return kept !== undefined && existsSync(file) ? new Uint8Array(readFileSync(file)) : undefined
}

function keep(key: string, object: Uint8Array): Uint8Array {
  if (kept === undefined) return object
  mkdirSync(kept, { recursive: true })
  const partial = join(kept, `${key}.${process.pid}`)
  writeFileSync(partial, object)
  renameSync(partial, join(kept, key))
  return object
}

/** As `compile`, whatever was compiled before; in a folder of its own each time. */
export function compileAnew(text: string, flags: readonly string[], name = 'unit.c', compiler = 'gcc'): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-test-'))
  try {
    writeFileSync(join(folder, name), text)
    execFileSync(compiler, [...flags, '-c', name, '-o', 'unit.o'], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
    return new Uint8Array(readFileSync(join(folder, 'unit.o')))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
