/** Objects made at test time by the host's gcc, so that no binary is ever checked in. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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

/** Compiles one C text; throws with the compiler's own words when it does not compile. */
export function compile(text: string, flags: readonly string[] = XEN_LIKE, name = 'unit.c'): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-test-'))
  try {
    writeFileSync(join(folder, name), text)
    execFileSync('gcc', [...flags, '-c', name, '-o', 'unit.o'], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
    return new Uint8Array(readFileSync(join(folder, 'unit.o')))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
