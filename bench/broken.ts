/**
 * How soon a patch that does not compile is told: the compiles that `build` makes of the unit, up to the error, against
 * the unit's own compile, in turn. Time and processor time, of this process and of all that it starts.
 *
 *   npx tsx bench/broken.ts [RUNS]
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { InputError } from '../src/base/errors.ts'
import { type CompileRequest, compileUnits, quiet } from '../src/trees/index.ts'
import { openTree } from '../tests/support/opened.ts'
import { median, type Spent, said } from './clock.ts'

const runs = Number(process.argv[2] ?? 7)
const script = fileURLToPath(new URL('../scripts/xen.sh', import.meta.url))
const root = execFileSync(script, ['release'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()
const cacheFolder = mkdtempSync(join(tmpdir(), 'hotsplice-bench-'))

/** What is wrong, and where. */
const FAULTS: Readonly<Record<string, (text: string) => string>> = {
  'a syntax error at the end': text => `${text}\nint x = ;\n`,
  'a name that nobody declared, in the middle': text =>
    text.replace(/\n {4}return rc;\n}\n/, '\n    return nobody;\n}\n'),
  'a header that is not there': text => `#include "nowhere.h"\n${text}`,
}

const UNIT = 'common/domain.o'

try {
  const tree = await openTree({ tree: root, target: 'xen', jobs: availableParallelism(), progress: quiet, cacheFolder })
  const unit = tree.units.find(each => each.unit === UNIT)
  if (unit === undefined) throw new Error(`the tree has no ${UNIT}`)
  const source = unit.dependencies[0] ?? unit.source
  const text = tree.reader.read(source) ?? ''
  let number = 0
  /** Each text is new, so that it is really compiled. */
  const request = (label: string, changed: string): CompileRequest => {
    return { unit, label, overlay: new Map([[source, `${changed}\n/* ${label} ${++number} */\n`]]) }
  }
  for (const [fault, damage] of Object.entries(FAULTS)) {
    const broken = async () => {
      const others = [request('neutral', `${damage(text)}\n`), request('shifted', `#line 4\n${text}`)]
      const words = await compileUnits(tree, [request('patched', damage(text)), ...others]).then(
        () => 'it compiles',
        error => (error instanceof InputError ? error.message : String(error)),
      )
      if (!/does not compile with the patched texts/.test(words)) throw new Error(words)
    }
    const whole = async () => void (await compileUnits(tree, [request('patched', text)]))
    await printed(`${UNIT}, ${fault}`, broken, whole)
  }
  console.log('    aim: 1.5 × at most')
} finally {
  rmSync(cacheFolder, { recursive: true, force: true })
}

/** The median of the ratios of pairs that ran in turn; the first turn fills caches. */
async function printed(what: string, broken: () => Promise<void>, whole: () => Promise<void>): Promise<void> {
  const pairs: { readonly broken: Spent; readonly whole: Spent }[] = []
  for (let turn = 0; turn <= runs; turn++) {
    const pair = { whole: await spent(whole), broken: await spent(broken) }
    if (turn > 0) pairs.push(pair)
  }
  const of = (pick: (spent: Spent) => number) =>
    median(pairs.map(pair => pick(pair.broken) / pick(pair.whole))).toFixed(2)
  const [example] = pairs
  if (example === undefined) return
  console.log(
    `${what}: ${of(({ time }) => time)} × the time, ${of(({ cpu }) => cpu)} × the processor time of its compile`,
  )
  console.log(`    (${said(example.broken)} against ${said(example.whole)})`)
}

async function spent(work: () => Promise<void>): Promise<Spent> {
  const [time, cpu] = [performance.now(), processorTime()]
  await work()
  return { time: performance.now() - time, cpu: processorTime() - cpu }
}

/** Milliseconds that this process and its children that have ended have used. */
function processorTime(): number {
  const stat = readFileSync('/proc/self/stat', 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks) * 10, 0)
}
