/**
 * Judges hotpatches of drawn programs while they run, thousands of them (tests/judge says how):
 *
 *     npx tsx scripts/judge-programs.ts [--seed N] [--from 0] [--count 5000] [--state FILE] [--small] [--keep] [--verbose]
 *
 * With --state it goes on where the last run ended. Exits 1 where a case is wrong, and prints its name: SEED-NUMBER, which
 * `--seed SEED --from NUMBER --count 1 --keep` judges again, leaving its folder.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { runJudge } from '../tests/judge/run-judge.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    count: { type: 'string', default: '5000' },
    state: { type: 'string' },
    small: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
})
const { state, keep, small, verbose } = values
const [seed, start, count] = [Number(values.seed), Number(values.from), Number(values.count)]
/** As the state file has them: a line for each case that is done. */
const done = state !== undefined && existsSync(state) ? readFileSync(state, 'utf8').split('\n') : []
const numbers = done.flatMap(line => (line.startsWith(`${seed}-`) ? [Number(line.split(/[-\t]/)[1])] : []))
const from = Math.max(start, ...numbers.map(number => number + 1))
console.log(`seed ${seed}, cases ${from} to ${start + count - 1}`)
const { counts, faults } = await runJudge({
  seed,
  from,
  isSmall: small,
  count: Math.max(0, start + count - from),
  say: line => {
    if (state !== undefined) appendFileSync(state, `${line.replaceAll('\n', ' ')}\n`)
    if (verbose) console.log(line)
  },
  ...(keep ? { keep: (folder: string) => console.log(`kept ${folder}`) } : {}),
})
console.log([...faults, [...counts].map(([what, times]) => `${what} ${times}`).join(', ')].join('\n'))
process.exitCode = faults.length > 0 ? 1 : 0
