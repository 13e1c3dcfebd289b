/**
 * What the view of the whole program costs a build: which other units define or refer to the names that a patch is about,
 * asked of all objects of the tree, against nm reading the symbols of the same files.
 *
 *   npx tsx bench/view.ts
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { definersOf, quiet, type Tree } from '../src/trees/index.ts'
import { openTree } from '../tests/support/opened.ts'
import { medianOf, printRow, type Spent, timed } from './clock.ts'

const RUNS = 9
const UNITS = 50
const FUNCTIONS = 20
const ROOT = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'hotsplice-view-'))

try {
  await xen()
  await program()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function xen(): Promise<void> {
  const root = execFileSync(join(ROOT, 'scripts/xen.sh'), ['release'], { encoding: 'utf8' }).trim()
  const tree = await openTree({
    tree: root,
    target: 'xen',
    jobs: 1,
    progress: quiet,
    cacheFolder: join(folder, 'cache'),
  })
  // Names of few and of many users, and one that nobody has.
  const names = ['domain_create', 'printk', 'free_xenheap_pages', 'raise_softirq', 'nobody_has_this']
  await row('the whole view of Xen', tree, { names, aim: '0.3 s' })
}

async function program(): Promise<void> {
  const root = join(folder, 'program')
  mkdirSync(root)
  const commands = Array.from({ length: UNITS }, (_, unit) => {
    const functions = Array.from({ length: FUNCTIONS }, (_unused, at) => {
      const next = `work_${(unit + 1) % UNITS}_${at}`
      return `extern int ${next}(int);\nint work_${unit}_${at}(int n) { return n > ${at} ? ${next}(n - 1) : n; }`
    })
    writeFileSync(join(root, `unit${unit}.c`), `${functions.join('\n')}\n`)
    const words = ['gcc', '-O2', '-ffunction-sections', '-c', `unit${unit}.c`, '-o', `unit${unit}.o`]
    execFileSync('gcc', words.slice(1), { cwd: root })
    return { directory: root, file: `unit${unit}.c`, arguments: words }
  })
  writeFileSync(join(root, 'compile_commands.json'), JSON.stringify(commands))
  const cacheFolder = join(folder, 'cache')
  const tree = await openTree({ tree: root, target: 'process', jobs: 1, progress: quiet, cacheFolder })
  const names = ['work_0_1', 'work_7_3', 'work_20_19', 'nobody_has_this']
  await row(`the whole view of a program of ${UNITS} units`, tree, { names, aim: '50 ms' })
}

interface Asked {
  readonly names: readonly string[]
  readonly aim: string
}

async function row(what: string, tree: Tree, { names, aim }: Asked): Promise<void> {
  const objects = tree.units.flatMap(({ role, object }) => (role === 'embedded' ? [] : (object ?? [])))
  const [own, theirs]: [Spent[], Spent[]] = [[], []]
  let found = 0
  for (let run = 0; run <= RUNS; run++) {
    const [start, used] = [performance.now(), process.cpuUsage()]
    found = definersOf(tree, new Set(names), new Set()).definers.length
    const { user, system } = process.cpuUsage(used)
    const spent = { time: performance.now() - start, cpu: (user + system) / 1000 }
    const nm = await timed('nm', objects)
    // What comes first fills the machine's file cache, and is compiled only then.
    if (run > 0) own.push(spent)
    else console.log(`    the first time: ${Math.round(spent.time)} ms (${Math.round(spent.cpu)} ms of processor time)`)
    if (run > 0) theirs.push(nm)
  }
  const [spent, nm] = [medianOf(own), medianOf(theirs)]
  printRow({
    what: `${what}: ${objects.length} objects, ${names.length} names, ${found} definers`,
    spent,
    against: [{ what: 'nm of the same files', spent: nm, ratio: spent.time / nm.time }],
    aim,
  })
}
