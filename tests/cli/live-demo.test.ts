/** The end of `make demo`: a daemon is mended and put back while it serves; the script itself holds it to its promises. */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { hasGcc } from '../support/gcc.ts'

const script = fileURLToPath(new URL('../../examples/demo/live/run.sh', import.meta.url))
const possible = hasGcc && process.arch === 'x64' && process.platform === 'linux'

test.skipIf(!possible)('the daemon of the demo is mended while it serves (needs gcc on x86-64 Linux)', () => {
  const shown = execFileSync(script, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  // What it printed for a customer before, mended, put back, with both functions replaced, and put back.
  const left = [...shown.matchAll(/and has (-?\d+) left\n *file1\.c:(\d+):/g)].map(([, money, line]) => [money, line])
  expect(left).toEqual([
    ['-15', '12'],
    ['10', '12'],
    ['-15', '12'],
    ['10', '14'],
    ['-15', '12'],
  ])
  expect(shown).toMatch(/served \d+ customers, one after the other, and none was left out\.\n$/)
})
