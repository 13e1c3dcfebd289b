/**
 * Judges hotpatches of real programs while they run (tests/real says how), of Debian's source packages:
 *
 *     npx tsx scripts/real-programs.ts [--program lua,onig,snappy,memcached] [--seed 1] [--from 0] [--count 12] [--seconds 300]
 *
 * What is judged is kept by its content, so that the same command goes on where it was stopped; with --seconds it stops by
 * itself. Exits 1 where one is wrong.
 */
import { parseArgs } from 'node:util'
import { cacheFolder } from '../src/cli/cache-folder.ts'
import { judgeReal } from '../tests/real/judge-real.ts'
import { PROGRAMS } from '../tests/real/programs.ts'

const { values } = parseArgs({
  options: {
    program: { type: 'string', default: PROGRAMS.map(({ name }) => name).join(',') },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    count: { type: 'string', default: '12' },
    seconds: { type: 'string', default: '86400' },
  },
})
const [seed, from, count] = [Number(values.seed), Number(values.from), Number(values.count)]
const asked = values.program.split(',')
const end = performance.now() + Number(values.seconds) * 1000
console.log(`seed ${seed}, edits ${from} to ${from + count - 1} of ${asked.join(', ')}`)
const seen = new Map<string, Map<string, number>>()
let isSound = true
for (const program of PROGRAMS.filter(({ name }) => asked.includes(name))) {
  const counts = new Map<string, number>()
  seen.set(program.name, counts)
  for (let number = from; number < from + count && performance.now() < end; number++) {
    const { name, edit, judgement, words } = await judgeReal({ program, seed, number, cache: cacheFolder() })
    counts.set(judgement, (counts.get(judgement) ?? 0) + 1)
    isSound &&= ['right', 'right, and seen', 'refused', 'nothing'].includes(judgement)
    console.log([name, edit, judgement, words].join('\t'))
  }
}
console.table(Object.fromEntries([...seen].map(([name, counts]) => [name, Object.fromEntries(counts)])))
process.exitCode = isSound ? 0 : 1
