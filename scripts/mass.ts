/**
 * A payload for each C unit of a tree, through the real Xen: a seeded edit of one line that changes a function, built, and
 * then uploaded, applied, reverted and unloaded, in as few boots as can be.
 *
 *     npx tsx scripts/mass.ts --tree DIR [--seed 1] [--kept FILE] [--seconds S] [--only TEXT]
 *
 * With --kept, answers are lines of that file, and units that are in it are not taken again. Exits 1 where Xen does not
 * take what was built.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { cacheFolder } from '../src/cli/cache-folder.ts'
import { type MassAnswer, massRun } from '../tests/support/mass.ts'

const { values } = parseArgs({
  options: {
    tree: { type: 'string' },
    seed: { type: 'string', default: '1' },
    kept: { type: 'string' },
    seconds: { type: 'string', default: 'Infinity' },
    only: { type: 'string', default: '' },
  },
})
if (values.tree === undefined) {
  console.error('usage: mass.ts --tree DIR [--seed S] [--kept FILE] [--seconds S] [--only TEXT]')
  process.exit(1)
}
const kept: MassAnswer[] =
  values.kept === undefined || !existsSync(values.kept)
    ? []
    : readFileSync(values.kept, 'utf8')
        .split('\n')
        .flatMap(line => (line === '' ? [] : [JSON.parse(line)]))
const answers = [...kept]
const run = massRun({
  tree: values.tree,
  hypervisor: join(values.tree, 'xen/xen'),
  seed: Number(values.seed),
  seconds: Number(values.seconds),
  cacheFolder: cacheFolder(),
  isWanted: unit => unit.includes(values.only) && !kept.some(answer => answer.unit === unit),
})
for await (const answer of run) {
  answers.push(answer)
  if (values.kept !== undefined) appendFileSync(values.kept, `${JSON.stringify(answer)}\n`)
  console.log(`${answer.ended.padEnd(9)} ${answer.unit}: ${answer.told}`)
}
const counts = new Map<string, number>()
for (const { ended } of answers) counts.set(ended, (counts.get(ended) ?? 0) + 1)
console.log(`\n${answers.length} units:`, Object.fromEntries(counts))
process.exitCode = answers.some(({ ended }) => ended === 'not taken') ? 1 : 0
