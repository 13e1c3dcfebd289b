/** The kernel that the tests of Linux are about, and its source. */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { missingFor } from '../support/missing.ts'

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
  return execFileSync(script, [part], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim()
}
