/**
 * One unit of Xen on a known tree, as whole processes: this checkout, another one and the bare compile in turn, so that each
 * stands against what ran in the same minute. Prints medians; in processor time, of the process and all that it starts, what
 * holds on a busy machine. Never a test.
 *
 *   npx tsx bench/one.ts TREE [--against CHECKOUT] [--runs 5]
 *
 * TREE is a built Xen; CHECKOUT a folder of another version of hotsplice that was built.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { median, medianOf, type Spent, said, seconds, timed } from './clock.ts'
import { compileAlone, compileOf, oneUnit, writePatch } from './xen.ts'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { against: { type: 'string' }, runs: { type: 'string', default: '5' } },
})
const [tree] = positionals
if (tree === undefined) throw new Error('usage: one TREE [--against CHECKOUT] [--runs N]')
const here = fileURLToPath(new URL('../', import.meta.url))
const work = mkdtempSync(join(tmpdir(), 'hotsplice-bench-'))
const checkouts = [here, ...(values.against === undefined ? [] : [resolve(values.against)])]

interface Row {
  readonly name: string
  readonly lines: 'ignore' | 'auto'
  /** What is taken off: `again` is not compiled. */
  readonly compiles: boolean
  readonly aim: string
}

const ROWS: readonly Row[] = [
  { name: 'a text never seen before', lines: 'ignore', compiles: true, aim: 'compile + 200 ms' },
  { name: 'a text never seen before', lines: 'auto', compiles: true, aim: 'compile + 300 ms' },
  { name: 'the same text once more', lines: 'ignore', compiles: false, aim: '180 ms' },
]

/** No two builds have the same text, unless that is wanted. */
let number = 1

async function build(folder: string, checkout: number, row: Row): Promise<Spent> {
  const patch = writePatch(folder, oneUnit(row.compiles ? number++ : 1), join(work, 'one.patch'))
  const args = ['build', '--tree', folder, '--patch', patch, '--lines', row.lines, '-o', join(work, 'x.livepatch')]
  const env = { ...process.env, HOTSPLICE_CACHE: caches[checkout] ?? '' }
  const done = await timed(process.execPath, [join(checkouts[checkout] ?? '', 'bin/hotsplice'), ...args], { env })
  if (done.status !== 0) throw new Error(done.output)
  return done
}

const caches = checkouts.map((_, at) => mkdtempSync(join(work, `cache-${at}-`)))

async function all(folder: string): Promise<void> {
  const compile = await compileOf(folder, 'common/domain.o', caches[0] ?? '')
  if (compile === undefined) throw new Error('the tree has no common/domain.o')
  for (const row of ROWS) {
    const spent: Spent[][] = [...checkouts.map(() => []), []]
    // The first turn makes the tree known.
    for (let turn = 0; turn <= Number(values.runs); turn++) {
      for (const at of checkouts.keys()) spent[at]?.push(await build(folder, at, row))
      spent.at(-1)?.push(await compileAlone([compile], availableParallelism()))
    }
    print(
      row,
      spent.map(list => list.slice(1)),
    )
  }
}

function print(row: Row, spent: readonly (readonly Spent[])[]): void {
  const bare = spent.at(-1) ?? []
  console.log(`${row.name}, ${row.lines}; aim ${row.aim}; the bare compile ${said(medianOf(bare))}`)
  for (const [at, list] of spent.slice(0, -1).entries()) {
    const more = (of: (each: Spent) => number) =>
      seconds(median(list.map((each, turn) => of(each) - of(bare[turn] ?? each))))
    const ratio = median(list.map(({ cpu }, turn) => cpu / (spent[0]?.[turn]?.cpu ?? cpu)))
    const beyond = row.compiles ? `; ${more(({ time }) => time)} (${more(({ cpu }) => cpu)}) beyond the compile` : ''
    const other = at === 0 ? '' : `; ${ratio.toFixed(2)} × this checkout’s processor time`
    console.log(`    ${checkouts[at]}: ${said(medianOf(list))}${beyond}${other}`)
  }
}

all(tree)
  .catch(error => {
    console.error(error)
    process.exitCode = 1
  })
  .finally(() => rmSync(work, { recursive: true, force: true }))
