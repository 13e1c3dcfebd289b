/**
 * How long it takes on Debian's Xen for AArch64: a build of one unit against its own compile, and as whole processes against
 * an empty node of the same run, `verify` and a full cycle in QEMU.
 *
 *   npx tsx bench/arm64.ts
 *
 * Prints a table and never fails on a time.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readHypervisorSymbols } from '../src/loaders/xen/symbols.ts'
import { readReport } from '../src/report/schema.ts'
import { ARM64_RECIPES, basePayload } from '../tests/verify/base-payloads.ts'
import { inTurn, printRow, said, seconds, timed } from './clock.ts'
import { compileAlone, compilesOf, oneUnit, writePatch } from './xen.ts'

const RUNS = 5
const checkout = fileURLToPath(new URL('../', import.meta.url))
const command = join(checkout, 'bin/hotsplice')
const work = mkdtempSync(join(tmpdir(), 'hotsplice-bench-'))
const tree = execFileSync(join(checkout, 'scripts/xen.sh'), ['arm64'], { encoding: 'utf8' }).trim()
const symbols = join(tree, 'xen', 'xen-syms')

const empty = () => timed(process.execPath, ['-e', '0'])

async function run(args: readonly string[], cache?: string) {
  const env = cache === undefined ? process.env : { ...process.env, HOTSPLICE_CACHE: cache }
  const done = await timed(process.execPath, [command, ...args], { env })
  if (done.status !== 0) throw new Error(done.output)
  return done
}

async function buildOne(): Promise<void> {
  const [json, output] = [join(work, 'report.json'), join(work, 'x.livepatch')]
  const cache = mkdtempSync(join(work, 'cache-'))
  let number = 1
  const build = () => {
    const patch = writePatch(tree, oneUnit(number++), join(work, 'one.patch'))
    const more = ['--lines', 'ignore', '-o', output, '--json', json]
    return run(['build', '--tree', tree, '--patch', patch, ...more], cache)
  }
  await build()
  const compiles = compilesOf(tree, readReport(readFileSync(json, 'utf8'), json).units)
  const found = await inTurn(RUNS, build, () => compileAlone(compiles, availableParallelism()))
  printRow({
    what: `build for AArch64, ${compiles.map(({ unit }) => unit).join(', ')}, a patch never seen before`,
    spent: found.first,
    against: [{ what: 'its own compile', spent: found.second, ratio: found.ratio }],
    more: `${said(found.more)} more`,
    aim: `the compile and 0.7 s = ${seconds(found.second.time + 700)}`,
  })
}

async function whole(what: string, args: readonly string[], aim: string): Promise<void> {
  const found = await inTurn(RUNS, () => run(args), empty)
  printRow({
    what,
    spent: found.first,
    against: [{ what: 'an empty node', spent: found.second, ratio: found.ratio }],
    aim,
  })
}

try {
  await buildOne()
  const payload = join(work, 'rich.livepatch')
  writeFileSync(payload, basePayload(ARM64_RECIPES.rich, { symbols: readHypervisorSymbols(readFileSync(symbols)) }))
  await whole("verify on arm64's xen-syms", ['verify', payload, '--symbols', symbols], '0.3 s')
  const rehearsal = ['rehearse', payload, '--hypervisor', join(tree, 'xen', 'xen')]
  await whole('rehearse on AArch64: boot, upload, apply, revert, unload', rehearsal, '2 s')
} finally {
  rmSync(work, { recursive: true, force: true })
}
