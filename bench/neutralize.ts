/**
 * How the time of `hotsplice neutralize` grows with the lines that a patch adds: processor time for each line, as a
 * multiple of that at 2,000 lines in the same run. 1 is linear; a hundred times the lines may cost a few times as much
 * for each where memory is slow.
 *
 *   npx tsx bench/neutralize.ts [LINES ...]
 */
import { neutralPatch } from '../src/flows/neutralize.ts'
import { PROGRAM_PATHS } from '../src/trees/compile-commands/paths.ts'

const SIZES = process.argv
  .slice(2)
  .map(Number)
  .filter(size => size > 0)
const sizes = SIZES.length > 0 ? SIZES : [2_000, 20_000, 200_000]

const LINES_IN_ALL = 200_000

interface Case {
  readonly text: string
  readonly patch: string
}

const numbered = (count: number, line: (at: number) => string) => Array.from({ length: count }, (_, at) => line(at))
const FUNCTION = (at: number) => `int f${at}(int x) { return x + ${at}; }\n`

/** One hunk that puts `added` behind line `at` of a text. */
function oneHunk(lines: readonly string[], at: number, added: readonly string[]): Case {
  const before = lines.slice(Math.max(0, at - 3), at)
  const after = lines.slice(at, at + 3)
  const [count, start] = [before.length + after.length, Math.max(0, at - 3) + 1]
  const sides = [before.map(line => ` ${line}`), added.map(line => `+${line}`), after.map(line => ` ${line}`)]
  const head = `--- a/m.c\n+++ b/m.c\n@@ -${start},${count} +${start},${count + added.length} @@\n`
  return { text: lines.join(''), patch: head + sides.flat().join('') }
}

const CASES: Readonly<Record<string, (count: number) => Case>> = {
  'comments above everything': count =>
    oneHunk(
      numbered(1000, FUNCTION),
      3,
      numbered(count, () => '/**/\n'),
    ),
  'functions in the middle': count =>
    oneHunk(
      numbered(1000, FUNCTION),
      500,
      numbered(count, at => `int g${at};\n`),
    ),
  'a list, where no directive may stand': count => {
    const lines = ['int a[] = { f(\n', '1,\n', '2,\n', '__LINE__,\n', '3,\n', '__LINE__) };\n']
    return oneHunk(
      lines,
      3,
      numbered(count, at => `${at},\n`),
    )
  },
  'a macro': count => {
    const lines = ['#define M \\\n', ' a \\\n', ' b \\\n', ' c \\\n', ' d\n', 'int m = M + __LINE__;\n']
    return oneHunk(
      lines,
      3,
      numbered(count, at => ` a${at} \\\n`),
    )
  },
  'five lines after every fifth': count => {
    const lines = numbered(count, FUNCTION)
    const hunks = numbered(count / 5, at => {
      const [first, second] = [lines[at * 5] ?? '', lines[at * 5 + 1] ?? '']
      const added = numbered(5, each => `+int h${at}_${each};\n`).join('')
      return `@@ -${at * 5 + 1},2 +${at * 10 + 1},7 @@\n ${first}${added} ${second}`
    })
    return { text: lines.join(''), patch: `--- a/m.c\n+++ b/m.c\n${hunks.join('')}` }
  },
}

for (const [name, make] of Object.entries(CASES)) {
  let first: number | undefined
  const told = sizes.map(count => {
    const { text, patch } = make(count)
    // Few lines often, so that what many let the machine clear away counts for them too; the first time is compiling.
    spent(text, patch)
    const runs = Array.from({ length: Math.max(2, LINES_IN_ALL / count) }, () => spent(text, patch))
    const perLine = runs.reduce((sum, run) => sum + run, 0) / runs.length / count
    first ??= perLine
    return `${count} lines: ${(perLine / first).toFixed(2)} (${Math.round(perLine * count)} ms)`
  })
  console.log(`${name}: ${told.join(', ')}`)
}
console.log('    aim: 1 at every size, at most 3')

/** Milliseconds of processor time. */
function spent(text: string, patch: string): number {
  const start = process.cpuUsage()
  neutralPatch(
    [{ name: 'p', text: patch }],
    { read: path => (path === 'm.c' ? text : undefined) },
    {
      style: 'auto',
      paths: PROGRAM_PATHS,
    },
  )
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
}
