/**
 * How fast source text is lexed and rewritten: MB/s over all of Xen's C and assembly sources, in processor time.
 *
 *   npx tsx bench/lines.ts
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { lex } from '../src/lines/lexer.ts'
import { neutralize } from '../src/lines/neutral.ts'
import type { NeutralStyle } from '../src/lines/neutral-model.ts'
import { refineLineMap } from '../src/lines/token-map.ts'
import type { TouchedFile } from '../src/source/model.ts'

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
