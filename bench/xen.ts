/** Debian's Xen as material: its tree, patches of it, and its objects rebuilt with shifted lines. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { ReportedUnit } from '../src/report/model.ts'
import { compileUnits, quiet, type Tree } from '../src/trees/index.ts'
import { openTree } from '../tests/support/opened.ts'
import { type Edit, patchText } from '../tests/xen/edits.ts'
import { type Spent, timed } from './clock.ts'

/** Each number is another patch, whose text was never compiled. */
export const oneUnit = (number: number): readonly Edit[] => [
  {
    file: 'xen/common/domain.c',
    after: 'long common_vcpu_op(',
    find: 'rc = 0;',
    put: `rc = -${number};`,
  },
]

/** The body of an inline function in a header that about 250 units include. */
export const MANY_UNITS: readonly Edit[] = [
  {
    file: 'xen/include/xen/sched.h',
    after: 'static inline struct vcpu *domain_vcpu(',
    find: 'vcpu_id >= d->max_vcpus ?',
    put: 'vcpu_id + 1 > d->max_vcpus ?',
  },
]

/** Likewise its parameter's type: whether a type changed shape has to be asked in every unit. */
export const MANY_DECLARATIONS: readonly Edit[] = [
  {
    file: 'xen/include/xen/sched.h',
    after: 'static inline struct vcpu *domain_vcpu(',
    find: 'unsigned int vcpu_id)',
    put: 'uint16_t vcpu_id)',
  },
]

export function writePatch(tree: string, edits: readonly Edit[], file: string): string {
  writeFileSync(file, patchText(tree, edits), 'latin1')
  return file
}

/** A command that compiles a unit, and where it runs. */
export interface Compile {
  readonly unit: string
  readonly command: readonly string[]
  readonly folder: string
}

/** What the report says of its units. */
export function compilesOf(tree: string, units: readonly ReportedUnit[]): readonly Compile[] {
  return units.map(({ unit, command }) => ({ unit, command, folder: join(tree, 'xen') }))
}

/** The tree's own compile of one unit. */
export async function compileOf(root: string, name: string, cacheFolder: string): Promise<Compile | undefined> {
  const tree = await open(root, cacheFolder)
  return tree.units.find(({ unit }) => unit === name)
}

/** The tree's own compiles of all units of C that read a file. */
export async function readersOf(root: string, path: string, cacheFolder: string): Promise<readonly Compile[]> {
  const tree = await open(root, cacheFolder)
  return tree.units.filter(({ language, dependencies }) => language === 'c' && dependencies.includes(path))
}

/** Compiles the units as the tree does, on their own, so many at once; the objects are thrown away. */
export async function compileAlone(compiles: readonly Compile[], jobs: number): Promise<Spent> {
  const start = performance.now()
  const queue = [...compiles]
  let cpu = 0
  const worker = async () => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const [compiler = 'gcc', ...args] = next.command
      const run = await timed(compiler, replaceOutput(args), { cwd: next.folder })
      if (run.status !== 0) throw new Error(`${next.unit} does not compile alone:\n${run.output}`)
      cpu += run.cpu
    }
  }
  await Promise.all(Array.from({ length: jobs }, worker))
  return { time: performance.now() - start, cpu }
}

function replaceOutput(args: readonly string[]): readonly string[] {
  const at = args.lastIndexOf('-o')
  return at === -1 ? [...args, '-o', '/dev/null'] : args.with(at + 1, '/dev/null')
}

export interface ObjectFiles {
  readonly unit: string
  readonly original: string
  readonly rebuilt: string
}

const SHIFT = 3

/** Every unit's object (but the 32-bit boot code's), and the same compiled with its lines shifted: as files, in `folder`. */
export async function shiftedObjects(
  folder: string,
  root: string,
  cacheFolder: string,
): Promise<readonly ObjectFiles[]> {
  const tree = await open(root, cacheFolder)
  const units = tree.units.filter(({ role, object }) => role !== 'embedded' && object !== undefined)
  const requests = units.map(unit => {
    const source = unit.dependencies[0] ?? unit.source
    const overlay = new Map([[source, `#line ${1 + SHIFT}\n${tree.reader.read(source) ?? ''}`]])
    return { unit, overlay, label: 'shifted' }
  })
  const compiled = await compileUnits(tree, requests)
  return compiled.map(({ unit, object }, at) => {
    const rebuilt = join(folder, `${at}.o`)
    mkdirSync(folder, { recursive: true })
    writeFileSync(rebuilt, object)
    return { unit: unit.unit, original: unit.object ?? '', rebuilt }
  })
}

function open(tree: string, cacheFolder: string): Promise<Tree> {
  return openTree({ tree, target: 'xen', jobs: availableParallelism(), progress: quiet, cacheFolder })
}

/** How many of the pairs differ in their bytes; the rest proves nothing about speed. */
export function countDifferent(pairs: readonly ObjectFiles[]): number {
  return pairs.filter(({ original, rebuilt }) => !readFileSync(original).equals(readFileSync(rebuilt))).length
}
