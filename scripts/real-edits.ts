/**
 * Seeded edits that change what a line does, among lines that only move, each built under every way:
 *
 *     npx tsx scripts/real-edits.ts --tree DIR [--count 50] [--seed 1] [--seconds S] [--ways auto,mask,neutral,table]
 *
 * Each way must find exactly the functions that objdump shows to differ when nothing moves. Exits 1 when one does not.
 */
import { parseArgs } from 'node:util'
import { cacheFolder } from '../src/cli/cache-folder.ts'
import { runRealEdits } from '../tests/support/real-edits.ts'
import { openOracle } from '../tests/xen/oracle.ts'

const { values } = parseArgs({
  options: {
    tree: { type: 'string' },
    count: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string', default: 'Infinity' },
    ways: { type: 'string', default: 'auto,mask,neutral,table' },
  },
})
if (values.tree === undefined) {
  console.error('usage: real-edits.ts --tree DIR [--count N] [--seed S] [--seconds S] [--ways WAY,…]')
  process.exit(1)
}
const asked = values.ways.split(',')
const oracle = openOracle(values.tree)
const result = await runRealEdits({
  tree: values.tree,
  oracle,
  count: Number(values.count),
  seed: Number(values.seed),
  seconds: Number(values.seconds),
  cacheFolder: cacheFolder(),
  ways: (['auto', 'mask', 'neutral', 'table'] as const).filter(way => asked.includes(way)),
  say: console.log,
}).finally(() => oracle.close())
console.log(result)
process.exitCode = result.wrong.length > 0 ? 1 : 0
