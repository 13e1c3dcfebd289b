/** Which of the tools that a test needs this machine lacks. */
import { spawnSync } from 'node:child_process'

/** Why something cannot be done here; empty when it can. For `skipIf`, in the title of what is skipped. */
export function missingFor(...tools: string[]): string {
  const missing = tools.filter(tool => spawnSync('which', [tool]).status !== 0)
  return missing.length === 0 ? '' : `missing: ${missing.join(', ')}`
}
