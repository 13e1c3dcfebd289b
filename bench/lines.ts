/**
 * How fast source text is lexed and rewritten: MB/s over all of Xen's C and assembly sources, in processor time; and how
 * many compiles each way of treating line numbers costs.
 *
 *   npx tsx bench/lines.ts
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { lex } from '../src/ctext/lexer.ts'
import { neutralize } from '../src/lines/neutral.ts'
import type { NeutralStyle } from '../src/lines/neutral-model.ts'
import { refineLineMap } from '../src/lines/token-map.ts'
import type { Way } from '../src/lines/way.ts'
import type { TouchedFile } from '../src/source/model.ts'
import { quiet } from '../src/trees/index.ts'
import { compilesIn } from '../tests/support/compiles.ts'
import { createHotpatch } from '../tests/support/opened.ts'
import { type Edit, patchText } from '../tests/xen/edits.ts'
import { seconds } from './clock.ts'

const RUNS = 4
const script = fileURLToPath(new URL('../scripts/xen.sh', import.meta.url))
const tree = join(execFileSync(script, ['source'], { encoding: 'utf8' }).trim(), 'xen')
const names = execFileSync('find', [tree, '-type', 'f', '-name', '*.[chS]'], { encoding: 'utf8' }).trim().split('\n')
const texts = names.sort().map(name => readFileSync(name, 'latin1'))
const megabytes = texts.reduce((sum, text) => sum + text.length, 0) / 1e6

/** Every file with two lines more at a third and one line less at two thirds. */
const touched = texts.map((text, index) => touch(text, names[index] ?? ''))

console.log(`${names.length} files, ${megabytes.toFixed(1)} MB`)
measure('lexing', () => texts.reduce((sum, text) => sum + lex(text).tokens.count, 0), 'tokens')
measure(
  'the token line map',
  () => touched.reduce((sum, file) => sum + refineLineMap(file).equalChunks.length, 0),
  'equal chunks',
)
for (const style of ['auto', 'directive', 'reformat'] as const) neutral(style)
await compiles()

function neutral(style: NeutralStyle): void {
  let unsafe = 0
  const insertions = () =>
    touched.reduce((sum, file) => {
      const done = neutralize(file, { style })
      if (done.unsafe.length > 0) unsafe++
      return sum + done.insertions.length + done.reformatted.length
    }, 0)
  measure(`neutralizing all of it, ${style}`, insertions, 'places', 'under 2 s')
  console.log(`  ${Math.round(unsafe / RUNS)} files with unsafe lines`)
}

function touch(oldText: string, name: string): TouchedFile {
  const lines = oldText.split(/(?<=\n)/)
  const count = lines.length
  const [added, removed] = [Math.floor(count / 3), Math.floor((2 * count) / 3)]
  const kept = lines.map((line, index) => ({ line, original: index + 1 }))
  const rows = kept.filter((_, index) => index !== removed || count < 4)
  rows.splice(added, 0, { line: 'int added(void);\n', original: 0 }, { line: '/* words */\n', original: 0 })
  const toOriginal = Int32Array.from([0, ...rows.map(row => row.original)])
  const toPatched = new Int32Array(count + 1)
  for (const [index, { original }] of rows.entries()) if (original > 0) toPatched[original] = index + 1
  const newText = rows.map(row => row.line).join('')
  return {
    oldPath: name,
    newPath: name,
    oldText,
    newText,
    kind: 'edited',
    hunks: [],
    lineMap: { toPatched, toOriginal },
  }
}

/** The first run warms the code up; the best of the others is what the code can do on a busy machine. */
function measure(what: string, run: () => number, counted: string, aim = '20 MB/s or more'): void {
  let best = Number.POSITIVE_INFINITY
  let result = 0
  for (let count = 0; count < RUNS; count++) {
    const start = process.cpuUsage().user
    result = run()
    best = Math.min(best, (process.cpuUsage().user - start) / 1e6)
  }
  console.log(`${what}: ${(megabytes / best).toFixed(1)} MB/s, ${best.toFixed(2)} s; ${result} ${counted}; aim: ${aim}`)
}

/** An inline function of a header that three units of the debug build include, among moved lines. */
async function compiles(): Promise<void> {
  const folder = execFileSync(script, ['debug'], { encoding: 'utf8' }).trim()
  const cacheFolder = mkdtempSync(join(tmpdir(), 'hotsplice-bench-'))
  const file = 'xen/common/event_channel.h'
  const include = '#include <xen/event.h>\n'
  const edits: readonly Edit[] = [
    { file, find: include, put: `/* words */\n${include}` },
    { file, find: 'EVTCHN_FIFO_NR_CHANNELS\n', put: 'EVTCHN_FIFO_NR_CHANNELS - 2\n' },
  ]
  const patches = [{ name: 'edit', text: patchText(folder, edits) }]
  const run = async (lines: Way) => {
    const [before, start] = [compilesIn(cacheFolder), performance.now()]
    const options = { tree: folder, target: 'xen', jobs: 2, progress: quiet, cacheFolder } as const
    const { units } = await createHotpatch({ ...options, lines, patches })
    return { made: compilesIn(cacheFolder) - before, time: performance.now() - start, units: units.length }
  }
  try {
    const show = (what: string, { made, time, units }: Awaited<ReturnType<typeof run>>, aim: string) =>
      console.log(`${what}: ${made} compiles for ${units} units, ${seconds(time)}; aim: ${aim}`)
    show('ignore', await run('ignore'), 'what the others start from')
    show('auto, then', await run('auto'), 'at most two for each unit')
    show('mask, then', await run('mask'), 'at most one for each unit')
    show('auto again', await run('auto'), 'none')
  } finally {
    rmSync(cacheFolder, { recursive: true, force: true })
  }
}
