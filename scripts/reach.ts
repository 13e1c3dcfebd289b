/**
 * Drawn edits of headers of a built tree: is the object of a unit that is left out the same from both texts?
 *
 *     npx tsx scripts/reach.ts --tree DIR [--seed 1] [--count 300] [--units 12] [--state FILE] [--minutes N] [--control]
 *     npx tsx scripts/reach.ts --tree DIR --build [--readers 60] [--control]
 *
 * Of each edit's units that are left out, --units are drawn and compiled twice. With --state it goes on where the last
 * run ended. --build builds each edit of a header that no more than --readers units read, with all of them and without
 * those that cannot see it: payload, changes and refusals have to be the same. --control plants a mistake (every reader is
 * left out; with --build the first one), which must be found. Exits 1 where one differs.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { cacheFolder } from '../src/cli/cache-folder.ts'
import { quiet } from '../src/trees/index.ts'
import { type OpenOptions, openTree } from '../tests/support/opened.ts'
import { builtBothWays } from '../tests/support/reach-builds.ts'
import { reachCase } from '../tests/support/reach-edits.ts'

const { values } = parseArgs({
  options: {
    tree: { type: 'string' },
    target: { type: 'string', default: 'xen' },
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '300' },
    units: { type: 'string', default: '12' },
    state: { type: 'string' },
    minutes: { type: 'string', default: '600' },
    control: { type: 'boolean', default: false },
    build: { type: 'boolean', default: false },
    readers: { type: 'string', default: '60' },
  },
})
const { tree, state, control } = values
if (tree === undefined) throw new Error('usage: reach.ts --tree DIR [--seed N] [--count N] [--state FILE]')
const [seed, count, most] = [Number(values.seed), Number(values.count), Number(values.units)]
const lines = state !== undefined && existsSync(state) ? readFileSync(state, 'utf8').split('\n') : []
const done = new Set(lines.map(line => line.split(/[ \t]/)[0]))
const end = Date.now() + Number(values.minutes) * 60_000

function optionsFor(folder: string): OpenOptions {
  const target = values.target === 'process' ? 'process' : 'xen'
  return {
    tree: folder,
    target,
    cacheFolder: cacheFolder(),
    jobs: availableParallelism(),
    progress: quiet,
    signal: undefined,
  }
}

async function judgeBuilds(folder: string): Promise<void> {
  const options = optionsFor(folder)
  const base = await openTree(options)
  let [edits, leftOut, wrong] = [0, 0, 0]
  for (let number = 0; number < count && Date.now() < end; number++) {
    if (done.has(`${seed}-${number}`)) continue
    const one = await builtBothWays(base, options, { seed, number, mostReaders: Number(values.readers), control })
    const said =
      one === undefined
        ? `${seed}-${number} no edit`
        : `${one.name}\t${one.leftOut} of ${one.readers} left out\t${one.ended}\t${one.wrong.join('; ').slice(0, 1000)}`
    if (state !== undefined) appendFileSync(state, `${said}\n`)
    if (one === undefined) continue
    console.log(said)
    edits++
    leftOut += one.leftOut
    wrong += one.wrong.length
  }
  console.log(`${edits} edits built twice, ${leftOut} units left out, ${wrong} differences`)
  process.exitCode = wrong > 0 ? 1 : 0
}

async function judge(folder: string): Promise<void> {
  const base = await openTree(optionsFor(folder))
  let [edits, readers, compiled, asked, wrong] = [0, 0, 0, 0, 0]
  for (let number = 0; number < count && Date.now() < end; number++) {
    if (done.has(`${seed}-${number}`)) continue
    const one = await reachCase(base, { seed, number, most, control })
    const said =
      one === undefined
        ? `${seed}-${number} no edit`
        : `${one.name}\t${one.compiled} of ${one.readers}\t${one.asked} asked\t${one.wrong.join('; ')}`
    if (state !== undefined) appendFileSync(state, `${said}\n`)
    if (one === undefined) continue
    console.log(said)
    edits++
    readers += one.readers
    compiled += one.compiled
    asked += one.asked
    wrong += one.wrong.length
  }
  console.log(
    `${edits} edits, ${readers} readers, ${compiled} compiled; of those left out ${asked} asked, ${wrong} wrong`,
  )
  process.exitCode = wrong > 0 ? 1 : 0
}

const asked = values.build ? judgeBuilds : judge
asked(tree).catch(error => {
  console.error(error)
  process.exitCode = 1
})
