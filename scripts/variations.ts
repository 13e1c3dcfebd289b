/**
 * Judges each kind of tests/variations with drawn compilers, options and units, in programs that run:
 *
 *     npx tsx scripts/variations.ts [--seed 1] [--each 5] [--only WORDS] [--state FILE]
 *
 * With --state it goes on where the last run ended. Exits 1 where a case is wrong; it is named by its kind and seed.
 */
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { agentFile } from '../src/hosts/process/agent-file.ts'
import { judgeObject } from '../tests/variations/judge-object.ts'
import { judgeVariation } from '../tests/variations/judge-variation.ts'
import { KINDS } from '../tests/variations/kinds.ts'
import { OBJECT_KINDS } from '../tests/variations/object-kinds.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    each: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
    state: { type: 'string' },
  },
})
const { state, only } = values
const [first, each] = [Number(values.seed), Number(values.each)]
const done = new Set(
  state !== undefined && existsSync(state)
    ? readFileSync(state, 'utf8')
        .split('\n')
        .map(line => line.split('\t').slice(0, 2).join('\t'))
    : [],
)
const cache = mkdtempSync(join(tmpdir(), 'hotsplice-variations-'))
const counts = new Map<string, number>()
console.log(`seeds ${first} to ${first + each - 1}, ${KINDS.length + OBJECT_KINDS.length} kinds`)
try {
  const agent = agentFile(cache)
  const judges = [
    ...KINDS.map(kind => ({
      name: kind.name,
      judge: (seed: number) => judgeVariation(kind, seed, agent, cache),
    })),
    ...OBJECT_KINDS.map(kind => ({ name: kind.name, judge: (seed: number) => judgeObject(kind, seed) })),
  ]
  for (let seed = first; seed < first + each; seed++) {
    for (const { name, judge } of judges.filter(({ name }) => name.includes(only))) {
      if (done.has(`${seed}\t${name}`)) continue
      const { ended, words, options } = await judge(seed)
      counts.set(ended, (counts.get(ended) ?? 0) + 1)
      const line = [seed, name, ended, options, words.replaceAll('\n', ' ')].join('\t')
      if (state !== undefined) appendFileSync(state, `${line}\n`)
      if (ended === 'wrong') console.log(line)
    }
  }
} finally {
  rmSync(cache, { recursive: true, force: true })
}
console.log([...counts].map(([ended, count]) => `${ended} ${count}`).join(', '))
process.exitCode = counts.has('wrong') ? 1 : 0
