/**
 * Hundreds of seeded edits that change no code, each built under every way of treating line numbers:
 *
 *     npx tsx scripts/harmless.ts --tree DIR [--count 100] [--seed 1] [--seconds S]
 *
 * neutral, mask and auto must find nothing to do (a way that cannot answer says so; auto must). Prints how many
 * functions `ignore` would have dragged in: that is what the ways are worth. Exits 1 when one of them is wrong.
 */
import { parseArgs } from 'node:util'
import { runHarmless } from '../tests/support/run-harmless.ts'

const { values } = parseArgs({
  options: {
    tree: { type: 'string' },
    count: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string', default: 'Infinity' },
    cache: { type: 'string' },
  },
})
if (values.tree === undefined) {
  console.error('usage: harmless.ts --tree DIR [--count N] [--seed S] [--seconds S] [--cache DIR]')
  process.exit(1)
}
const { tree, count, seed, seconds, cache } = values
runHarmless({
  tree,
  count: Number(count),
  seed: Number(seed),
  seconds: Number(seconds),
  ...(cache === undefined ? {} : { cache }),
  say: console.log,
}).then(result => {
  console.log(result)
  process.exitCode = result.wrong.length > 0 ? 1 : 0
})
