/**
 * Do the tests notice mistakes? One small mistake at a time is made in the stages that must never call a changed function
 * the same, and the light tests nearest to them are run. Prints what survived, and the score of each area.
 *
 *   npx tsx scripts/mutants.ts [--count N] [--seed S] [--area compare,select,correlate,lines] [--file FILE[:LINE]] [--again] [--near|--far] [--list]
 *
 * Takes the next N mutants (50 unless told), from each area in turn, in an order that the seed gives; results are kept in
 * .vitest/mutants.json as long as the file's text stays, so that runs add up. --again asks once more about those that
 * survived, --list asks nothing. The tests that take seconds decide, first the mutated file's own, then those beside it,
 * then those across stages, which --near leaves out. --far asks those too that build whole trees, which takes a minute
 * more for each mutant that survives the others.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { draws } from '../tests/support/harmless.ts'
import type { Asked, Told } from './mutants/messages.ts'
import { applied, type Mutant, mutantsOf } from './mutants/operators.ts'

/** Of each area the tests, those that are asked first in front; a folder is all tests in it. */
const AREAS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  compare: [['src/compare/'], ['tests/cases/', 'tests/assemble/', 'src/pieces/mapping-symbols.test.ts']],
  correlate: [
    ['src/correlate/', 'src/compare/'],
    ['tests/cases/', 'tests/assemble/'],
  ],
  select: [
    ['src/select/', 'src/loaders/xen/denied.test.ts', 'tests/assemble/assemble.test.ts'],
    ['tests/cases/', 'tests/assemble/property.test.ts', 'src/flows/hotpatch/line-facts.test.ts'],
  ],
  lines: [
    ['src/lines/', 'tests/lines/write-patch.test.ts', 'tests/lines/hard-places.test.ts'],
    ['tests/lines/token-map-oracle.test.ts', 'tests/lines/neutral-oracle.test.ts', 'tests/lines/whole-files.test.ts'],
  ],
}
/** These build trees, for every area. */
const FAR: readonly string[] = ['tests/ways/ways.test.ts', 'tests/shapes/small.test.ts']

/** What is added to five times what the tests take without a mistake. */
const PATIENCE_MS = 60_000
const FIRST_MS = 300_000
const ROOT = join(import.meta.dirname, '..')
const RESULTS = join(ROOT, '.vitest/mutants.json')

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    area: { type: 'string', default: Object.keys(AREAS).join(',') },
    file: { type: 'string', default: '' },
    again: { type: 'boolean', default: false },
    near: { type: 'boolean', default: false },
    far: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
  },
})

interface Task extends Mutant {
  readonly area: string
  readonly text: string
  readonly key: string
}

type Results = Record<string, string | null>

/** As they are when the run begins: the worker knows no others. */
const TESTS = new Map(
  Object.entries(AREAS).map(([area, steps]) => {
    const all = values.near ? steps.slice(0, 1) : values.far ? [...steps, FAR] : steps
    return [area, all.map(places => places.flatMap(filesIn).filter(file => file.endsWith('.test.ts')))]
  }),
)

const sha = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16)
const results: Results = readResults()
const tasks = values.area.split(',').flatMap(tasksOf)
const isOpen = ({ key }: Task) => (values.again ? results[key] === null : results[key] === undefined)
const chosen = values.list ? [] : inTurn(shuffled(tasks.filter(isOpen))).slice(0, Number(values.count))

console.log(`seed ${values.seed}: ${chosen.length} of ${tasks.length} mutants`)
let worker: ChildProcess | undefined
/** What tests took that were seen to pass: then it is the mistake that they notice, and no fault of their own. */
const passed = new Map<readonly string[], number>()
const begun = performance.now()
for (const [index, task] of chosen.entries()) {
  const killedBy = await judge(task)
  results[task.key] = killedBy
  mkdirSync(join(ROOT, '.vitest'), { recursive: true })
  writeFileSync(RESULTS, JSON.stringify(results, null, 1))
  console.log(
    `${index + 1}/${chosen.length} ${killedBy === null ? 'SURVIVED' : 'killed'} ${describe(task)}${killedBy === null ? '' : ` (${killedBy})`}`,
  )
}
worker?.disconnect()
worker?.kill()
if (chosen.length > 0) console.log(`${((performance.now() - begun) / 1000 / chosen.length).toFixed(1)} s for each`)
report()

function tasksOf(area: string): readonly Task[] {
  if (AREAS[area] === undefined) throw new Error(`no area ${area}; there are ${Object.keys(AREAS).join(', ')}`)
  const files = filesIn(`src/${area}/`).filter(file => !file.endsWith('.test.ts'))
  return files.sort().flatMap(file => {
    const text = readFileSync(join(ROOT, file), 'utf8')
    const found = mutantsOf(file, text).filter(({ line }) => `${file}:${line}`.includes(values.file))
    return found.map(mutant => {
      const { start, end, by } = mutant
      return { ...mutant, area, text, key: `${file} ${sha(text)} ${start} ${end} ${sha(by)}` }
    })
  })
}

/** The TypeScript of a folder, or the one file. */
function filesIn(place: string): readonly string[] {
  if (!place.endsWith('/')) return [place]
  const files = readdirSync(join(ROOT, place)).filter(file => file.endsWith('.ts'))
  return files.sort().map(file => `${place}${file}`)
}

/** The test that notices; null where none does. */
async function judge(task: Task): Promise<string | null> {
  for (const tests of TESTS.get(task.area) ?? []) {
    const { file, text } = task
    const killedBy = await ask({ file, text: applied(text, task) }, tests)
    if (killedBy === null) continue
    const failed = passed.has(tests) ? null : await ask({ file, text }, tests)
    if (failed !== null) throw new Error(`this fails as things are: ${failed}`)
    return killedBy
  }
  return null
}

async function ask(mutant: Omit<Asked, 'tests'>, tests: readonly string[]): Promise<string | null> {
  worker ??= await start()
  const from = performance.now()
  const took = passed.get(tests)
  const own = mutant.file.replace('.ts', '.test.ts')
  const asked: Asked = {
    ...mutant,
    tests: [...tests.filter(test => test === own), ...tests.filter(test => test !== own)],
  }
  const told = next(worker, took === undefined ? FIRST_MS : PATIENCE_MS + 5 * took)
  worker.send(asked)
  const answer = await told
  if (answer !== undefined && answer !== 'ready') {
    if (answer.killedBy === null) passed.set(tests, performance.now() - from)
    return answer.killedBy
  }
  const { pid } = worker
  worker = undefined
  // With its own workers: one of them runs in circles.
  if (pid !== undefined && answer === undefined) process.kill(-pid, 'SIGKILL')
  return 'it does not end'
}

async function start(): Promise<ChildProcess> {
  const env = { ...process.env, HOTSPLICE_TEST_OBJECTS: join(ROOT, '.vitest/objects'), HOTSPLICE_MUTATIONS: '100' }
  const execArgv = ['--import', 'tsx']
  const child = fork(join(import.meta.dirname, 'mutants/worker.ts'), { detached: true, execArgv, env })
  if ((await next(child, FIRST_MS)) !== 'ready') throw new Error('the tests cannot be run')
  return child
}

/** What the worker says next; undefined when it says nothing in time. That it is gone says nothing of the mutant. */
function next(child: ChildProcess, within: number): Promise<Told | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, within, undefined)
    const done = (told: Told) => {
      clearTimeout(timer)
      child.removeAllListeners('message').removeAllListeners('exit')
      resolve(told)
    }
    child.once('message', (told: Told) => done(told))
    child.once('exit', () => {
      clearTimeout(timer)
      reject(new Error('the tests could not be run'))
    })
  })
}

function shuffled(list: readonly Task[]): Task[] {
  const draw = draws(Number(values.seed))
  return list
    .map(task => ({ task, at: draw(2 ** 30) }))
    .sort((a, b) => a.at - b.at)
    .map(({ task }) => task)
}

/** One of each area, and again, as long as there are any. */
function inTurn(list: readonly Task[]): Task[] {
  const ofArea = Object.keys(AREAS).map(area => list.filter(task => task.area === area))
  const most = Math.max(0, ...ofArea.map(some => some.length))
  return Array.from({ length: most }, (_, at) => ofArea.flatMap(some => some.slice(at, at + 1))).flat()
}

function describe({ file, line, kind, text, start, end, by }: Task): string {
  const short = (words: string) => words.replace(/\s+/g, ' ').slice(0, 70)
  return `${file}:${line} ${kind}: ${short(text.slice(start, end))} -> ${short(by)}`
}

function report(): void {
  const asked = tasks.filter(({ key }) => results[key] !== undefined)
  const survivors = asked.filter(({ key }) => results[key] === null)
  console.log('\nwhat survived:')
  for (const task of survivors) console.log(`  ${describe(task)}`)
  console.log('\narea       asked  killed survived  in all   score')
  for (const area of [...values.area.split(','), 'all']) {
    const [all = 0, some = 0, left = 0] = [tasks, asked, survivors].map(
      list => list.filter(task => area === 'all' || task.area === area).length,
    )
    const score = some === 0 ? '-' : `${((100 * (some - left)) / some).toFixed(1)} %`
    console.log(area.padEnd(9) + [some, some - left, left, all, score].map(each => String(each).padStart(8)).join(''))
  }
}

function readResults(): Results {
  try {
    return JSON.parse(readFileSync(RESULTS, 'utf8'))
  } catch {
    return {}
  }
}
