/**
 * Damages small objects and reads them: `npx tsx scripts/fuzz-elf.ts [--count N] [--seed S] [--only CASE]`
 *
 * Ends with 1 at the first outcome that is neither a model nor an input error. With --only it repeats one case and
 * leaves the damaged object in `fuzz-case.o`.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { damagedCase, exercise, fuzz } from '../tests/fuzz/elf-fuzz.ts'
import { specimens } from '../tests/fuzz/elf-specimens.ts'

const { values } = parseArgs({
  options: { count: { type: 'string' }, seed: { type: 'string' }, only: { type: 'string' } },
})
const seed = Number(values.seed ?? 1)
const count = Number(values.count ?? 100_000)
const all = specimens()

if (values.only !== undefined) {
  const bytes = damagedCase(all, seed, Number(values.only))
  writeFileSync('fuzz-case.o', bytes)
  console.log(`case ${values.only} of seed ${seed}: ${exercise(bytes)}`)
} else {
  const start = performance.now()
  const outcomes = fuzz(all, seed, count)
  for (const [outcome, times] of [...outcomes].sort(([, left], [, right]) => right - left)) {
    console.log(`${String(times).padStart(8)}  ${outcome}`)
  }
  console.log(`${count} damaged objects of seed ${seed} in ${((performance.now() - start) / 1000).toFixed(1)} s`)
}
