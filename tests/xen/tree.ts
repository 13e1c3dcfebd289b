/** Debian's Xen: where the source and the built trees are, and whether this machine can have them. */
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

export { missingFor } from '../support/missing.ts'

export type Configuration = 'release' | 'debug' | 'release-gcc-11' | 'arm64' | 'arm64-debug'

const script = fileURLToPath(new URL('../../scripts/xen.sh', import.meta.url))

/** The folder that holds `xen/`; the first call on a machine fetches and builds, which takes minutes. */
export function xenTree(what: Configuration | 'source'): string {
  return execFileSync(script, [what], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim()
}

export const toBuildXen = ['gcc', 'make', 'flex', 'bison', 'readelf', 'objdump', 'diff', 'python3']
export const toBootXen = ['qemu-system-x86_64']
export const toBuildArm64Xen = [
  'aarch64-linux-gnu-gcc',
  'aarch64-linux-gnu-objdump',
  'make',
  'flex',
  'bison',
  'diff',
  'python3',
]
export const toBootArm64Xen = ['qemu-system-aarch64']

/** A copy under a name that is not there yet, times and links included. */
export function copyTree(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true })
  execFileSync('cp', ['-a', '--reflink=auto', from, to])
}
