/**
 * How fast, as ratios against compiles measured in the same run: `make bench`. Prints a table and never fails on a time.
 *
 *   npm run bench -- [one] [many] [diff] [all]     only these; all four unless given
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readReport } from '../src/report/schema.ts'
import { median, printRow, seconds, timed } from './clock.ts'
import { compileAlone, countDifferent, MANY_UNITS, ONE_UNIT, shiftedObjects, writePatch } from './xen.ts'

const checkout = fileURLToPath(new URL('../', import.meta.url))
const command = join(checkout, 'bin/hotsplice')
const work = mkdtempSync(join(tmpdir(), 'hotsplice-bench-'))
const jobs = availableParallelism()
const tree = execFileSync(join(checkout, 'scripts/xen.sh'), ['release'], { encoding: 'utf8' }).trim()

/** A build with nothing in the cache: every object is really compiled. */
async function build(patch: string) {
  const json = join(work, 'report.json')
  const cache = mkdtempSync(join(work, 'cache-'))
  const args = [
    command,
    'build',
    '--tree',
    tree,
    '--patch',
    patch,
    '--lines',
    'ignore',
    '-o',
    join(work, 'x.livepatch'),
  ]
  const env = { ...process.env, HOTSPLICE_CACHE: cache }
  const run = await timed(process.execPath, [...args, '--json', json], { env })
  const report = readReport(readFileSync(json, 'utf8'), json)
  if (report.outcome === 'error') throw new Error(run.output)
  return { time: run.time, report }
}

async function oneUnit(): Promise<void> {
  const patch = writePatch(tree, ONE_UNIT, join(work, 'one.patch'))
  const { report } = await build(patch)
  const time = await median(3, async () => (await build(patch)).time)
  const alone = await median(3, () => compileAlone(tree, report.units, jobs))
  printRow({
    what: `build, ${report.units.length} unit (${report.units.map(({ unit }) => unit).join(', ')})`,
    time,
    against: { what: 'its own compile', time: alone },
    aim: `the compile and 0.7 s = ${seconds(alone + 700)}`,
    more: `${seconds(time - alone)} more`,
  })
}

async function manyUnits(): Promise<void> {
  const patch = writePatch(tree, MANY_UNITS, join(work, 'many.patch'))
  const { time, report } = await build(patch)
  const alone = await compileAlone(tree, report.units, jobs)
  printRow({
    what: `build, ${report.units.length} units`,
    time,
    against: { what: `their compiles, ${jobs} at once`, time: alone },
    aim: `the compiles and 2 s = ${seconds(alone + 2000)}`,
    more: `${seconds(time - alone)} more`,
  })
}

/** Where rebuilt objects stay from run to run. */
const cacheFolder = process.env.HOTSPLICE_CACHE ?? join(homedir(), '.cache/hotsplice')

async function diffOne(): Promise<void> {
  const { pairs } = await rebuilt()
  const pair = pairs.find(({ unit }) => unit === 'common/domain.o')
  if (pair === undefined) throw new Error('the tree has no common/domain.o')
  const time = await median(9, async () => (await timed(command, ['diff', pair.original, pair.rebuilt])).time)
  const bare = await median(9, async () => (await timed(process.execPath, ['-e', '0'])).time)
  printRow({
    what: 'diff of common/domain.o, whole process',
    time,
    against: { what: 'an empty node', time: bare },
    aim: '150 ms',
  })
}

async function allObjects(): Promise<void> {
  const { list, pairs } = await rebuilt()
  const results: { time: number; cpu: number; functions: number; peak: number }[] = []
  for (let count = 0; count < 3; count++) {
    const { output, status } = await timed(process.execPath, [join(checkout, 'bench/all-objects.mjs'), list])
    if (status !== 0) throw new Error(output)
    results.push(JSON.parse(output))
  }
  const [best] = results.sort((a, b) => a.time - b.time)
  if (best === undefined) return
  printRow({
    what: `all ${pairs.length} objects against rebuilt ones with shifted lines (${countDifferent(pairs)} differ), one process`,
    time: best.time,
    against: { what: 'the best peer, on equal objects', time: 2250 },
    aim: '1 s, 400 MB',
    more: `${best.functions} functions differ, ${seconds(best.cpu)} of processor time, ${Math.round(best.peak / 1e6)} MB at peak`,
  })
}

let known: Promise<{ list: string; pairs: Awaited<ReturnType<typeof shiftedObjects>> }> | undefined
function rebuilt() {
  known ??= shiftedObjects(join(work, 'objects'), tree, cacheFolder).then(pairs => {
    const list = join(work, 'pairs.json')
    writeFileSync(list, JSON.stringify(pairs))
    return { list, pairs }
  })
  return known
}

const BENCHES: Readonly<Record<string, () => Promise<void>>> = {
  one: oneUnit,
  many: manyUnits,
  diff: diffOne,
  all: allObjects,
}

const wanted = process.argv.slice(2)
try {
  console.log(`${jobs} processors, Node ${process.version}, ${tree}`)
  for (const [name, bench] of Object.entries(BENCHES)) if (wanted.length === 0 || wanted.includes(name)) await bench()
} finally {
  rmSync(work, { recursive: true, force: true })
}
