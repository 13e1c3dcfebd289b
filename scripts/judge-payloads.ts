/**
 * Xen is the judge: payloads made wrong on purpose, what verify says of each and what the real Xen does with it.
 *
 *   npx tsx scripts/judge-payloads.ts [--count N] [--seed S] [--only TEXT] [--config release|debug|arm64 | --tree DIR]
 *                                     [--kept FILE] [--seconds S] [--json FILE]
 *
 * --tree is a built tree of another version, for either machine. Without --count all of them, which takes some twenty
 * minutes; --only takes those whose name holds TEXT. With --kept, answers are lines of that file, and what is in it is not
 * asked again: with --seconds, the work is done in parts. Prints what differs and a table by category; exits with 1 when
 * something differs without a known reason.
 */
import { execFileSync } from 'node:child_process'
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import {
  byCategory,
  type Compared,
  compareWithXen,
  describeComparison,
  mutationsFor,
  sampleMutations,
} from '../tests/verify/compare.ts'

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: 'Infinity' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    config: { type: 'string', default: 'release' },
    tree: { type: 'string' },
    kept: { type: 'string' },
    seconds: { type: 'string', default: 'Infinity' },
    json: { type: 'string' },
  },
})

const seed = Number(values.seed)
const script = join(import.meta.dirname, 'xen.sh')
const tree = values.tree ?? execFileSync(script, [values.config], { encoding: 'utf8' }).trim()
const xenSyms = join(tree, 'xen', 'xen-syms')
const all = sampleMutations(Number(values.count), seed, mutationsFor(xenSyms))
const wanted = all.filter(({ name }) => name.includes(values.only))
const kept = keptIn(values.kept)
const mutations = wanted.filter(({ name }) => !kept.some(one => one.name === name))
const started = performance.now()
const compared: Compared[] = kept.filter(({ name }) => wanted.some(one => one.name === name))
for (const one of compared) if (!one.agree) console.log(describeComparison(one))
for await (const one of compareWithXen({ xenSyms, hypervisor: join(tree, 'xen', 'xen'), seed, mutations })) {
  compared.push(one)
  if (values.kept !== undefined) appendFileSync(values.kept, `${JSON.stringify(one)}\n`)
  if (!one.agree) console.log(describeComparison(one))
  if (compared.length % 100 === 0) console.error(`${compared.length} of ${wanted.length}`)
  if (performance.now() - started > Number(values.seconds) * 1000) break
}

console.log('\ncategory       payloads  agree  excused  differ  refused  crash')
for (const [category, group] of byCategory(compared)) {
  const count = (test: (one: Compared) => boolean) => String(group.filter(test).length)
  console.log(
    category.padEnd(14),
    String(group.length).padStart(8),
    count(one => one.agree).padStart(6),
    count(one => one.exception !== undefined).padStart(8),
    count(one => !one.agree && one.exception === undefined).padStart(7),
    count(one => one.xen.errno !== null && one.xen.errno !== 'crash').padStart(8),
    count(one => one.xen.errno === 'crash').padStart(6),
  )
}
const differ = compared.filter(one => !one.agree && one.exception === undefined)
const seconds = Math.round((performance.now() - started) / 1000)
console.log(
  `\n${compared.length} payloads, ${compared.length - differ.length} as verify says or excused, ${differ.length} not; ${seconds} s`,
)
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(compared, null, 1)}\n`)
process.exitCode = differ.length === 0 ? 0 : 1

function keptIn(file: string | undefined): readonly Compared[] {
  if (file === undefined || !existsSync(file)) return []
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap(line => (line === '' ? [] : [JSON.parse(line)]))
}
