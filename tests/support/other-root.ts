/** For tests that run compilers in another root, which has this machine's folders mounted. */
import { execFileSync } from 'node:child_process'

function canMount(): boolean {
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt'], { stdio: 'ignore' })
    return process.getuid?.() === 0
  } catch {
    return false
  }
}

/** For the title of what is skipped then. */
export const withoutRoot = canMount() ? '' : ' (skipped: only root may mount and change the root here)'
