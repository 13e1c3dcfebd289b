/**
 * How long `hotsplice verify` takes, as a whole process, against an empty node of the same run:
 *
 *   npx tsx bench/verify.ts
 *
 * On Debian's Xen: the image of the release build (3 MB) and that of the debug build (24 MB), a payload with all that a
 * payload may have; and with --tree, which compares the code to be replaced too. Prints a table and never fails on a time.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readHypervisorSymbols } from '../src/loaders/xen/symbols.ts'
import { basePayload, RECIPES } from '../tests/verify/base-payloads.ts'
import { inTurn, printRow, timed } from './clock.ts'

const RUNS = 15
const checkout = fileURLToPath(new URL('../', import.meta.url))
const command = join(checkout, 'bin/hotsplice')
const work = mkdtempSync(join(tmpdir(), 'hotsplice-bench-'))

const empty = () => timed(process.execPath, ['-e', '0'])

async function measure(config: 'release' | 'debug', withTree: boolean): Promise<void> {
  const tree = execFileSync(join(checkout, 'scripts/xen.sh'), [config], { encoding: 'utf8' }).trim()
  const symbols = join(tree, 'xen', 'xen-syms')
  const payload = join(work, `${config}.livepatch`)
  writeFileSync(payload, basePayload(RECIPES.rich, { symbols: readHypervisorSymbols(readFileSync(symbols)) }))
  const args = ['verify', payload, '--symbols', symbols, ...(withTree ? ['--tree', tree] : [])]
  const verify = async () => {
    const run = await timed(process.execPath, [command, ...args])
    if (run.status !== 0) throw new Error(run.output)
    return run
  }
  const { first, second, ratio } = await inTurn(RUNS, verify, empty)
  printRow({
    what: `verify on ${config}'s xen-syms (${(statSync(symbols).size / 1e6).toFixed(0)} MB)${withTree ? ', with the tree' : ''}`,
    spent: first,
    against: [{ what: 'an empty node', spent: second, ratio }],
    aim: withTree ? 'none of its own' : 'under 400 ms as a whole process, on the 24 MB image too',
  })
}

try {
  await measure('release', false)
  await measure('debug', false)
  await measure('release', true)
} finally {
  rmSync(work, { recursive: true, force: true })
}
