/**
 * Compares every object with its rebuilt one, in this process, and prints of that alone milliseconds, processor time of all
 * threads and of the one that does the work (the others compile and collect garbage beside it), how many functions differ,
 * and the process's peak of memory. Compiled code only: what a user runs.
 *
 *   node bench/all-objects.mjs PAIRS.json
 */
import { readFileSync } from 'node:fs'
import { diff } from '../dist/index.js'

const pairs = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const started = mainThread()
const start = performance.now()
const before = process.cpuUsage()
let functions = 0
for (const { original, rebuilt } of pairs) {
  const report = await diff({ original: readFileSync(original), patched: readFileSync(rebuilt), target: 'xen' })
  functions += report.functions.length
}
const time = performance.now() - start
const { user, system } = process.cpuUsage(before)
console.log(
  JSON.stringify({
    time,
    cpu: (user + system) / 1000,
    main: mainThread() - started,
    functions,
    peak: process.resourceUsage().maxRSS * 1024,
  }),
)

/** Milliseconds that the main thread has run, as Linux counts them. */
function mainThread() {
  return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6
}
