/**
 * How fast, as ratios against what was measured in the same run: `make bench`. Prints a table and never fails on a time.
 *
 *   npm run bench -- [NAME ...] [--skip NAME ...]     only these; all but these
 *
 * The names: one, many, declarations, diff, all, broken (a patch that does not compile; these on Debian’s Xen), lines
 * (texts), neutralize (how its time grows), view (of the whole program), apply (a program’s stand),
 * page (in a browser). What cannot be measured, for lack of a tool, is said.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, homedir, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readReport } from '../src/report/schema.ts'
import { inTurn, median, medianOf, printRow, type Spent, said, seconds, timed } from './clock.ts'
import {
  compileAlone,
  compileOf,
  compilesOf,
  countDifferent,
  MANY_DECLARATIONS,
  MANY_UNITS,
  oneUnit,
  shiftedObjects,
  writePatch,
} from './xen.ts'

const checkout = fileURLToPath(new URL('../', import.meta.url))
const command = join(checkout, 'bin/hotsplice')
const work = mkdtempSync(join(tmpdir(), 'hotsplice-bench-'))
const jobs = availableParallelism()
/** Where rebuilt objects stay from run to run. */
const cacheFolder = process.env.HOTSPLICE_CACHE ?? join(homedir(), '.cache/hotsplice')

/** Debian's Xen, built by the first who asks. */
const xenTree = once(async () =>
  execFileSync(join(checkout, 'scripts/xen.sh'), ['release'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim(),
)

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}

/** A build; without a cache of another it is the first of its kind: what is known of compiler and tree is found out too. */
async function build(patch: string, cache = mkdtempSync(join(work, 'cache-'))) {
  const json = join(work, 'report.json')
  const output = join(work, 'x.livepatch')
  const args = [
    'build',
    '--tree',
    await xenTree(),
    '--patch',
    patch,
    '--lines',
    'ignore',
    '--compile-all',
    '-o',
    output,
    '--json',
    json,
  ]
  const run = await timed(process.execPath, [command, ...args], { env: { ...process.env, HOTSPLICE_CACHE: cache } })
  const report = readReport(readFileSync(json, 'utf8'), json)
  if (report.outcome === 'error') throw new Error(run.output)
  return { ...run, report }
}

/** Each build has a patch of its own, so that the unit is really compiled. */
async function buildOne(): Promise<void> {
  const tree = await xenTree()
  let number = 1
  const patch = () => writePatch(tree, oneUnit(number++), join(work, 'one.patch'))
  const cache = mkdtempSync(join(work, 'cache-'))
  const { report, ...first } = await build(patch(), cache)
  const compiles = compilesOf(tree, report.units)
  const found = await inTurn(
    5,
    () => build(patch(), cache),
    () => compileAlone(compiles, jobs),
  )
  printRow({
    what: `build, ${report.units.length} unit (${report.units.map(({ unit }) => unit).join(', ')}), a patch never seen before`,
    spent: found.first,
    against: [{ what: 'its own compile', spent: found.second, ratio: found.ratio }],
    more: `${said(found.more)} more; the first build ever, which learns about compiler and tree: ${said(first)}`,
    aim: `the compile and 0.7 s = ${seconds(found.second.time + 700)}`,
  })
}

/** Minutes of compiling: once, and the compiles alone right after. */
async function manyUnits(edits = MANY_UNITS, name = 'the body of an inline function'): Promise<void> {
  const tree = await xenTree()
  const patch = writePatch(tree, edits, join(work, 'many.patch'))
  const { report, ...run } = await build(patch)
  const alone = await compileAlone(compilesOf(tree, report.units), jobs)
  printRow({
    what: `build, ${report.units.length} units (${name})`,
    spent: run,
    against: [{ what: `their compiles, ${jobs} at once`, spent: alone, ratio: run.time / alone.time }],
    more: `${said({ time: run.time - alone.time, cpu: run.cpu - alone.cpu })} more`,
    aim: `the compiles and 2 s = ${seconds(alone.time + 2000)}`,
  })
}

async function diffOne(): Promise<void> {
  const { pairs } = await rebuilt()
  const pair = pairs.find(({ unit }) => unit === 'common/domain.o')
  if (pair === undefined) throw new Error('the tree has no common/domain.o')
  const run = () => timed(process.execPath, [command, 'diff', pair.original, pair.rebuilt])
  const bare = await inTurn(15, run, () => timed(process.execPath, ['-e', '0']))
  const compile = await domainCompile()
  printRow({
    what: 'diff of common/domain.o, whole process',
    spent: bare.first,
    against: [
      { what: 'an empty node', spent: bare.second, ratio: bare.ratio },
      { what: 'the compile of that unit', spent: compile, ratio: bare.first.time / compile.time },
    ],
    aim: '150 ms',
  })
}

async function allObjects(): Promise<void> {
  const { list, pairs } = await rebuilt()
  const results: (Spent & { main: number; functions: number; peak: number })[] = []
  const run = async (): Promise<Spent> => {
    const { output, status } = await timed(process.execPath, [join(checkout, 'bench/all-objects.mjs'), list])
    if (status !== 0) throw new Error(output)
    const result = JSON.parse(output)
    results.push(result)
    return result
  }
  const files = pairs.flatMap(({ original, rebuilt: other }) => [original, other])
  const found = await inTurn(5, run, () => timed('readelf', ['-SsrW', ...files]))
  const compile = await domainCompile()
  const [last] = results.slice(-1)
  const peak = Math.max(...results.map(result => result.peak))
  printRow({
    what: `all ${pairs.length} objects against rebuilt ones with shifted lines (${countDifferent(pairs)} differ in bytes), one process`,
    spent: found.first,
    against: [
      {
        what: 'readelf of sections, symbols and relocations of the same files',
        spent: found.second,
        ratio: found.ratio,
      },
      { what: 'the compile of common/domain.c', spent: compile, ratio: found.first.time / compile.time },
    ],
    more: `${seconds(median(results.map(({ main }) => main)))} of it in the main thread; ${last?.functions ?? 0} functions differ; ${Math.round(peak / 1e6)} MB at peak`,
    aim: '1 s, 400 MB; the best peer, in C, took 2.25 s for equal objects',
  })
}

const domainCompile = once(async () => {
  const compile = await compileOf(await xenTree(), 'common/domain.o', cacheFolder)
  if (compile === undefined) throw new Error('the tree has no common/domain.o')
  const runs: Spent[] = []
  for (let count = 0; count < 4; count++) runs.push(await compileAlone([compile], jobs))
  return medianOf(runs.slice(1))
})

const rebuilt = once(async () => {
  const pairs = await shiftedObjects(join(work, 'objects'), await xenTree(), cacheFolder)
  const list = join(work, 'pairs.json')
  writeFileSync(list, JSON.stringify(pairs))
  return { list, pairs }
})

const BENCHES: Readonly<Record<string, () => Promise<unknown>>> = {
  one: buildOne,
  many: () => manyUnits(),
  declarations: () => manyUnits(MANY_DECLARATIONS, 'its prototype: types are compared, too'),
  diff: diffOne,
  all: allObjects,
  broken: () => import('./broken.ts'),
  lines: () => import('./lines.ts'),
  neutralize: () => import('./neutralize.ts'),
  view: () => import('./view.ts'),
  apply: () => import('./apply.ts'),
  page: () => import('./page.ts'),
}

function wanted(args: readonly string[]): readonly string[] {
  const at = args.indexOf('--skip')
  const only = at === -1 ? args : args.slice(0, at)
  const skipped = at === -1 ? [] : args.slice(at + 1)
  const unknown = [...only, ...skipped].find(name => !(name in BENCHES))
  if (unknown !== undefined) throw new Error(`there is no bench ${unknown}: ${Object.keys(BENCHES).join(', ')}`)
  return Object.keys(BENCHES).filter(name => (only.length === 0 || only.includes(name)) && !skipped.includes(name))
}

const [processor] = cpus()
try {
  console.log(
    `${jobs} processors (${processor?.model}), ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.version}\n`,
  )
  for (const name of wanted(process.argv.slice(2))) {
    try {
      await BENCHES[name]?.()
    } catch (error) {
      console.log(`${name} could not be measured: ${error instanceof Error ? error.message.trim() : error}`)
    }
    console.log()
  }
} finally {
  rmSync(work, { recursive: true, force: true })
}
