/**
 * Two checkouts side by side, as whole processes in turn: is today's build slower than another? Prints for each thing the
 * medians of both and the median of their ratios, pair by pair, on the clock and in processor time, which holds better
 * on a busy machine. Never a test.
 *
 *   npx tsx bench/checkouts.ts FIRST SECOND [--runs N]
 *
 * FIRST and SECOND are folders of checkouts that were built; above 1 the second is the slower one.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { compile, XEN_LIKE } from '../tests/support/gcc.ts'
import { inTurn, median, type Spent, said, timed } from './clock.ts'

const { positionals, values } = parseArgs({ allowPositionals: true, options: { runs: { type: 'string' } } })
const [first, second] = positionals.map(folder => resolve(folder))
if (first === undefined || second === undefined) throw new Error('usage: checkouts FIRST SECOND [--runs N]')
const sides = [first, second] as const
const runs = Number(values.runs ?? 15)
/** Of the unit that is compared and built. */
const FUNCTIONS = 300
const work = mkdtempSync(join(tmpdir(), 'hotsplice-bench-'))

try {
  await compareAll()
} finally {
  rmSync(work, { recursive: true, force: true })
}

async function compareAll(): Promise<void> {
  await row('help', () => ['help'])
  await row('help build', () => ['help', 'build'])
  const objects = ['original.o', 'patched.o'].map((name, change) => {
    writeFileSync(join(work, name), compile(program(change), XEN_LIKE, 'many.c'))
    return join(work, name)
  })
  await row(`diff of two objects of ${FUNCTIONS} functions`, () => ['diff', ...objects])
  const tree = join(work, 'tree')
  mkdirSync(tree)
  writeFileSync(join(tree, 'many.c'), program(0))
  const commands = [
    { directory: tree, file: 'many.c', arguments: ['gcc', ...XEN_LIKE, '-c', 'many.c', '-o', 'many.o'] },
  ]
  writeFileSync(join(tree, 'compile_commands.json'), JSON.stringify(commands))
  await row('build of that unit, a patch never seen before', turn => {
    const patch = join(work, `${turn}.patch`)
    writeFileSync(patch, patchOf(turn + 1))
    return ['build', '--target', 'process', '--tree', tree, '--patch', patch, '-o', join(work, 'x.livepatch')]
  })
}

/** One thing done by both in turn; `args` of the same turn are the same. */
async function row(what: string, args: (turn: number) => readonly string[]): Promise<void> {
  const spent: readonly Spent[][] = [[], []]
  const run = (side: 0 | 1) => async (): Promise<Spent> => {
    const list = spent[side] ?? []
    const cache = join(work, `cache-${side}`)
    mkdirSync(cache, { recursive: true, mode: 0o700 })
    const command = [join(sides[side], 'bin/hotsplice'), ...args(list.length)]
    const done = await timed(process.execPath, command, { env: { ...process.env, HOTSPLICE_CACHE: cache } })
    if (done.status !== 0) throw new Error(`${sides[side]}: ${done.output}`)
    list.push(done)
    return done
  }
  const found = await inTurn(runs, run(0), run(1))
  const [before = [], after = []] = spent
  // The first turn filled the machine's file cache.
  const ratio = (of: (each: Spent) => number) =>
    median(before.map((each, turn) => of(after[turn] ?? each) / of(each)).slice(1))
  console.log(`${what}: ${said(found.first)}, then ${said(found.second)}`)
  console.log(
    `    second = ${ratio(({ time }) => time).toFixed(3)} × first on the clock, ${ratio(({ cpu }) => cpu).toFixed(3)} × in processor time (${runs} pairs)`,
  )
}

/** The constant of the last function is `change`. */
function program(change: number): string {
  const one = (at: number) =>
    `int f${at}(int a, int b)\n{\n    if (a > b + ${at})\n        return say("f${at} of many", a);\n    return a * ${at + 3} - b;\n}\n`
  const functions = Array.from({ length: FUNCTIONS }, (_, at) => one(at))
  return `int say(const char *text, int a);\n${functions.join('')}${lastOf(change)}`
}

function lastOf(change: number): string {
  return `int last(int a)\n{\n    return say("last", a + ${change});\n}\n`
}

function patchOf(change: number): string {
  const [from, to] = [program(0), program(change)].map(text => text.split('\n'))
  const line = (from?.length ?? 0) - 4
  const at = (lines: readonly string[] | undefined, from: number) => lines?.[from - 1] ?? ''
  return [
    '--- a/many.c',
    '+++ b/many.c',
    `@@ -${line},4 +${line},4 @@`,
    ` ${at(from, line)}`,
    ` ${at(from, line + 1)}`,
    `-${at(from, line + 2)}`,
    `+${at(to, line + 2)}`,
    ` ${at(from, line + 3)}`,
    '',
  ].join('\n')
}
