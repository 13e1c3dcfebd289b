/**
 * Compares every object with its rebuilt one, in this process, and prints milliseconds and processor time (of all threads)
 * of that alone, how many functions differ, and the process's peak of memory. Compiled code only: what a user runs.
 *
 *   node bench/all-objects.mjs PAIRS.json
 */
import { readFileSync } from 'node:fs'
import { diffObjects } from '../dist/index.js'

const pairs = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const start = performance.now()
const before = process.cpuUsage()
let functions = 0
for (const { original, rebuilt } of pairs) {
  const verdicts = diffObjects({ original: readFileSync(original), patched: readFileSync(rebuilt), table: 'xen' })
  functions += verdicts.functions.filter(({ verdict }) => verdict.kind !== 'same').length
}
const time = performance.now() - start
const { user, system } = process.cpuUsage(before)
console.log(
  JSON.stringify({ time, cpu: (user + system) / 1000, functions, peak: process.resourceUsage().maxRSS * 1024 }),
)
