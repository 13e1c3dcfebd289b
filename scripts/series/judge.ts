/**
 * A second opinion on what was built, which nothing of the product is asked for: all units that read what the fix touches
 * are preprocessed before and after it, with `__LINE__` a constant; those whose texts differ are compiled both ways, and
 * readelf's and objdump's text of each function is compared. Then the payload's functions are held against that.
 */
import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { readObject } from '../../tests/xen/oracle/binutils.ts'
import { type ObjectText, textOf } from '../../tests/xen/oracle/functions.ts'
import { bootFunctions, familyOf, type LineNumbers, unlikeIn, type Wanted } from '../../tests/xen/oracle/payload.ts'
import { dependsOn, inParallel, readUnits, type Unit } from '../../tests/xen/oracle/units.ts'

export interface Judged {
  /** Units that read what is touched, and those of them whose preprocessed texts differ. */
  readonly units: number
  readonly differing: number
  /** Those of them that do not compile with one number for all lines: nothing is said of their functions. */
  readonly unjudged: readonly string[]
  /** Functions that have changed or come, of code that runs after boot. */
  readonly must: readonly string[]
  /** Those of boot code, which no payload brings. */
  readonly boot: readonly string[]
  /** What must be in the payload and is not. */
  readonly missing: readonly string[]
  /** What is in the payload, and is the same before and after. */
  readonly more: readonly string[]
  /** Functions of the payload whose instructions, references, strings or entries are not those of the patched object. */
  readonly unlike: readonly string[]
}

export interface ToJudge {
  /** The folder that holds `xen/`, built. */
  readonly tree: string
  /** Relative to it. */
  readonly touched: readonly string[]
  readonly patches: readonly string[]
  readonly payload: string
  /** As the report has them: `common/domain.o f`. */
  readonly functions: readonly string[]
  /** A folder of its own, on the tree's file system. */
  readonly scratch: string
}

export async function judge(asked: ToJudge): Promise<Judged> {
  const { touched, patches, scratch } = asked
  // A link would be copied as one.
  const tree = realpathSync(asked.tree)
  rmSync(scratch, { recursive: true, force: true })
  mkdirSync(dirname(scratch), { recursive: true })
  // Links are enough: patch writes a new file, and compilers are told where to write.
  execFileSync('cp', ['-al', tree, scratch])
  try {
    for (const file of patches) execFileSync('patch', ['-p1', '-s', '-d', scratch, '-i', file])
    const units = readUnits(join(tree, 'xen')).filter(unit => dependsOn(unit, touched))
    const sides: Sides = [join(tree, 'xen'), join(scratch, 'xen')]
    const pairs = await inParallel(units, unit => textsOf(unit, sides, scratch))
    const differing = pairs.filter(pair => pair !== undefined)
    const unjudged = differing.filter(pair => typeof pair === 'string')
    const judged = differing.filter(pair => typeof pair !== 'string')
    const files = touched.flatMap(file => linesOf(file, sides))
    const shifted = await shiftedTexts(judged, asked, sides[1])
    const held = heldAgainst(judged, unjudged, asked, (words: string) => {
      const text = shifted.get(words)
      return text === undefined ? {} : { lines: { text, shift: SHIFT, mayBe: mayBeLine(files) } }
    })
    return { units: units.length, differing: differing.length, unjudged, ...held }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

type Sides = readonly [before: string, after: string]

interface Pair {
  readonly unit: string
  readonly compiled: Unit
  readonly before: ObjectText
  readonly after: ObjectText
  readonly boot: ReadonlySet<string>
  /** Of the patched text with its own lines. */
  readonly object: string
}

const CONSTANT_LINE = ' -D__LINE__=7'
/** Lines that are told from other numbers are that much greater; a bug frame holds 14 bits. */
const SHIFT = 8000

/** Undefined where both are the same once they are preprocessed; its name where they do not compile so. */
async function textsOf(unit: Unit, [before, after]: Sides, scratch: string): Promise<Pair | string | undefined> {
  const preprocess = (folder: string) => run(folder, commandOf(unit, ' -E -P', '-', CONSTANT_LINE))
  if ((await preprocess(before)) === (await preprocess(after))) return undefined
  const output = (name: string) => join(scratch, `${unit.unit.replaceAll('/', '+')}.${name}.o`)
  const [old, changed, object] = [output('before'), output('after'), output('lines')]
  try {
    await run(before, commandOf(unit, ' -c', old, CONSTANT_LINE))
    await run(after, commandOf(unit, ' -c', changed, CONSTANT_LINE))
  } catch {
    // What has lines in the names of variables (`ignore_param`) would have several of one name.
    return unit.unit
  }
  await run(after, commandOf(unit, ' -c', object, ''))
  const [original, patched] = [readObject(old), readObject(changed)]
  const boot = new Set([...bootFunctions(original), ...bootFunctions(patched)])
  return { unit: unit.unit, compiled: unit, before: textOf(original), after: textOf(patched), boot, object }
}

/** The first command of the line; what objcopy does after it is no matter of code. That `__LINE__` is ours is no error. */
function commandOf({ command }: Unit, how: string, output: string, more: string): string {
  const [first = ''] = command.split(' ; ')
  const bare = first.replace(/ -MMD?\b| -MP\b| -M[FQT] \S+| -Werror(?= )/g, '')
  return `${bare.replace(/ -o \S+/, '').replace(/ -c(?= )/, `${more}${how}`)} -o ${output}`
}

async function run(folder: string, command: string): Promise<string> {
  const options = { cwd: folder, maxBuffer: 1 << 28, encoding: 'latin1' } as const
  return (await promisify(execFile)('sh', ['-c', command], options)).stdout
}

/** Of a touched file: how many lines it had, and for each line that it has now, which of those it was; 0 for one that has come. */
interface FileLines {
  readonly had: number
  readonly was: readonly number[]
}

function linesOf(file: string, [before, after]: Sides): readonly FileLines[] {
  const [old, changed] = [before, after].map(folder => join(folder, '..', file))
  if (old === undefined || changed === undefined || !existsSync(old) || !existsSync(changed)) return []
  const formats = ['--old-line-format=', '--new-line-format=0 ', '--unchanged-line-format=%dn ']
  const { stdout } = spawnSync('diff', [...formats, old, changed], { encoding: 'latin1', maxBuffer: 1 << 28 })
  const was = stdout.trim().split(' ').map(Number)
  return [{ had: readFileSync(old, 'latin1').split('\n').length - 1, was }]
}

/** Kept lines have the number of before, those that have come one behind the file's end: docs/lines.md. */
function mayBeLine(files: readonly FileLines[]): LineNumbers['mayBe'] {
  return (line, own) =>
    files.some(({ had, was }) => {
      const old = was[line - 1]
      return old !== undefined && (old === 0 ? own > had : own === old)
    })
}

/** By unit and name: what the payload's functions are with every line of the touched files shifted. It writes them anew. */
async function shiftedTexts(pairs: readonly Pair[], { touched, functions, scratch }: ToJudge, after: string) {
  for (const file of touched.filter(each => /\.[ch]$/.test(each)).map(each => join(after, '..', each))) {
    if (!existsSync(file)) continue
    const text = readFileSync(file, 'latin1')
    // Another file under its name: this one may be the tree's own.
    rmSync(file)
    writeFileSync(file, `#line ${1 + SHIFT}\n${text}`, 'latin1')
  }
  const taken = pairs.filter(({ unit }) => functions.some(words => words.startsWith(`${unit} `)))
  const texts = await inParallel(taken, async ({ unit, compiled }) => {
    const output = join(scratch, `${unit.replaceAll('/', '+')}.shifted.o`)
    await run(after, commandOf(compiled, ' -c', output, ''))
    return [...textOf(readObject(output)).functions].map(([name, text]) => [`${unit} ${name}`, text] as const)
  })
  return new Map<string, string>(texts.flat())
}

type LinesOf = (words: string) => Pick<Wanted, 'lines'>

function heldAgainst(
  pairs: readonly Pair[],
  unjudged: readonly string[],
  { payload, functions }: ToJudge,
  linesFor: LinesOf,
) {
  const changed = pairs.flatMap(({ unit, before, after, boot }) =>
    [...after.functions].flatMap(([name, text]) =>
      before.functions.get(name) === text ? [] : [{ words: `${unit} ${name}`, isBoot: boot.has(name) }],
    ),
  )
  const must = changed.filter(({ isBoot }) => !isBoot).map(({ words }) => words)
  const unsaid = (words: string) => unjudged.includes(words.split(' ')[0] ?? '')
  const has = new Set(functions.map(inFamily).filter(words => !unsaid(words)))
  const byUnit = new Map(pairs.map(pair => [pair.unit, pair]))
  return {
    must: must.sort(),
    boot: changed.filter(({ isBoot }) => isBoot).map(({ words }) => words),
    missing: must.filter(words => !has.has(words)),
    more: [...has].filter(words => !must.includes(words)),
    unlike: unlikeIn(
      readObject(payload),
      [...has].map(words => ({ ...wantedOf(words, byUnit), ...linesFor(words) })),
    ),
  }
}

function inFamily(words: string): string {
  const [unit = '', name = ''] = words.split(' ')
  return `${unit} ${familyOf(name)}`
}

function wantedOf(words: string, pairs: ReadonlyMap<string, Pair>): Wanted {
  const [unit = '', name = ''] = words.split(' ')
  const pair = pairs.get(unit)
  const kept = [...(pair?.after.data ?? [])].filter(([data, text]) => pair?.before.data.get(data) === text)
  return { unit, name, object: pair?.object, same: new Set(kept.map(([data]) => data)) }
}
