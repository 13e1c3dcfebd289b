/**
 * Do the tests notice mistakes? One small mistake at a time is made in the stages that must never call a changed function
 * the same, and the light tests nearest to them are run. Prints the score and what survived.
 *
 *   npx tsx scripts/mutants.ts [--count N] [--seed S] [--area compare,select,correlate,lines] [--file TEXT] [--again] [--near] [--list]
 *
 * Takes the next N mutants (50 unless told) in an order that the seed gives; results are kept in .vitest/mutants.json as
 * long as the file's text stays, so that runs add up. --again asks once more about those that survived, --list asks nothing.
 * --near asks only the tests that are in front, which takes seconds for a mutant; the others take a minute.
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
  compare: [['src/compare/'], ['tests/cases/', 'tests/assemble/'], ['tests/ways/ways.test.ts']],
  correlate: [
    ['src/correlate/', 'src/compare/'],
    ['tests/cases/', 'tests/assemble/'],
  ],
  select: [
    ['src/select/', 'src/loaders/xen/denied.test.ts', 'tests/assemble/assemble.test.ts'],
    ['tests/cases/', 'tests/assemble/property.test.ts', 'src/flows/hotpatch/line-facts.test.ts'],
    ['tests/ways/ways.test.ts', 'tests/shapes/small.test.ts'],
  ],
  lines: [
    ['src/lines/', 'tests/lines/hard-places.test.ts', 'tests/lines/write-patch.test.ts'],
    ['tests/lines/token-map-oracle.test.ts', 'tests/lines/neutral-oracle.test.ts', 'tests/lines/whole-files.test.ts'],
    ['tests/ways/ways.test.ts'],
  ],
}

const TIMEOUT_MS = 240_000
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
    const all = steps.map(places => places.flatMap(filesIn).filter(file => file.endsWith('.test.ts')))
    return [area, values.near ? all.slice(0, 1) : all]
  }),
)

const sha = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16)
const results: Results = readResults()
const tasks = values.area.split(',').flatMap(tasksOf)
const isOpen = ({ key }: Task) => (values.again ? results[key] === null : results[key] === undefined)
const chosen = values.list ? [] : shuffled(tasks.filter(isOpen)).slice(0, Number(values.count))

console.log(`seed ${values.seed}: ${chosen.length} of ${tasks.length} mutants`)
let worker: ChildProcess | undefined
// What fails without a mistake would notice every one.
for (const area of new Set(chosen.map(task => task.area))) {
  const [first] = chosen.filter(task => task.area === area)
  for (const tests of TESTS.get(area) ?? []) {
    const failed = first === undefined ? null : await ask({ file: first.file, text: first.text, tests })
    if (failed !== null) throw new Error(`this fails as things are: ${failed}`)
  }
}
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
report()

function tasksOf(area: string): readonly Task[] {
  if (AREAS[area] === undefined) throw new Error(`no area ${area}; there are ${Object.keys(AREAS).join(', ')}`)
  const files = filesIn(`src/${area}/`).filter(file => !file.endsWith('.test.ts'))
  return files
    .filter(file => file.includes(values.file))
    .sort()
    .flatMap(file => {
      const text = readFileSync(join(ROOT, file), 'utf8')
      return mutantsOf(file, text).map(mutant => {
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
    const killedBy = await ask({ file: task.file, text: applied(task.text, task), tests })
    if (killedBy !== null) return killedBy
  }
  return null
}

async function ask(asked: Asked): Promise<string | null> {
  worker ??= await start()
  const told = next(worker)
  worker.send(asked)
  const answer = await told
  if (answer !== undefined && answer !== 'ready') return answer.killedBy
  const { pid } = worker
  worker = undefined
  // With its own workers: one of them runs in circles.
  if (pid !== undefined && answer === undefined) process.kill(-pid, 'SIGKILL')
  return 'it does not end'
}

async function start(): Promise<ChildProcess> {
  const env = { ...process.env, HOTSPLICE_TEST_OBJECTS: join(ROOT, '.vitest/objects'), HOTSPLICE_MUTATIONS: '300' }
  const execArgv = ['--import', 'tsx']
  const child = fork(join(import.meta.dirname, 'mutants/worker.ts'), { detached: true, execArgv, env })
  if ((await next(child)) !== 'ready') throw new Error('the tests cannot be run')
  return child
}

/** What the worker says next; undefined when it says nothing in time. That it is gone says nothing of the mutant. */
function next(child: ChildProcess): Promise<Told | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, TIMEOUT_MS, undefined)
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

function describe({ file, line, kind, text, start, end, by }: Task): string {
  const short = (words: string) => words.replace(/\s+/g, ' ').slice(0, 70)
  return `${file}:${line} ${kind}: ${short(text.slice(start, end))} -> ${short(by)}`
}

function report(): void {
  const asked = tasks.filter(({ key }) => results[key] !== undefined)
  const survivors = asked.filter(({ key }) => results[key] === null)
  console.log('\nwhat survived:')
  for (const task of survivors) console.log(`  ${describe(task)}`)
  for (const area of values.area.split(',')) {
    const [all, some, left] = [tasks, asked, survivors].map(list => list.filter(task => task.area === area).length)
    console.log(`${area}: ${(some ?? 0) - (left ?? 0)} of ${some} killed; ${all} in all`)
  }
  console.log(
    `score ${((100 * (asked.length - survivors.length)) / Math.max(asked.length, 1)).toFixed(1)} % of ${asked.length} asked, of ${tasks.length}`,
  )
}

function readResults(): Results {
  try {
    return JSON.parse(readFileSync(RESULTS, 'utf8'))
  } catch {
    return {}
  }
}
