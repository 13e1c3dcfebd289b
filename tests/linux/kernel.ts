/**
 * The kernel that the tests of Linux are about, and its source: 6.1, or with HOTSPLICE_LINUX=6.12 that one, which is fetched
 * then. What runs in CI is 6.1.
 */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { missingFor } from '../support/missing.ts'

export const LINE = process.env.HOTSPLICE_LINUX ?? '6.1'

const script = fileURLToPath(new URL('../../scripts/linux.sh', import.meta.url))

/** Why the kernel cannot be had here; empty when it can. */
export function withoutKernel(...tools: string[]): string {
  const missing = missingFor('apt-get', 'dpkg-deb', 'lz4', ...tools)
  if (missing !== '') return ` (${missing})`
  try {
    kernelPart('image')
    return ''
  } catch {
    return ' (no kernel could be fetched: is there a package mirror?)'
  }
}

/** The path of the image that boots, or the folder of the prepared source. */
export function kernelPart(part: 'image' | 'tree'): string {
  return execFileSync(script, [part, LINE], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim()
}
