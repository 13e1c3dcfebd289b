/**
 * Seeded edits that change no code of a Linux kernel: a live patch has nothing to do for any.
 *
 *     npx tsx scripts/linux-harmless.ts --tree DIR --symbols IMAGE [--count 60] [--seed 1] [--folders fs/ext4,kernel,mm] --kept FILE
 *         [--seconds S] [--each S] [--peer PROGRAM]
 *
 * The tree is the prepared source, the image the kernel that boots from it (scripts/linux.sh). FILE has a line for each edit; with
 * it a run goes on where another stopped, by its seed, with what that one compiled (FILE.cache). --each bounds the time of one
 * edit; what takes longer is drawn anew and counted, as what the kernel's configuration leaves out, or puts into a module, is
 * drawn anew and counted. --peer names kpatch's create-diff-object, which is given the same objects, and whose changed functions
 * are counted beside. Prints how many functions `--lines ignore` would have replaced; exits 1 where an edit has something
 * to do.
 */
import { spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { InputError } from '../src/base/errors.ts'
import { createHotpatch } from '../src/flows/hotpatch/hotpatch.ts'
import { createPool, type ObjectPair, openBase, quiet } from '../src/trees/index.ts'
import { type KernelEdit, kernelEdits } from '../tests/support/harmless-kernel.ts'

const { values } = parseArgs({
  options: {
    tree: { type: 'string' },
    symbols: { type: 'string' },
    kept: { type: 'string' },
    count: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    folders: {
      type: 'string',
      default: 'fs,fs/ext4,fs/jbd2,fs/xfs,fs/xfs/libxfs,fs/btrfs,kernel,kernel/time,mm',
    },
    seconds: { type: 'string', default: 'Infinity' },
    each: { type: 'string', default: '600' },
    peer: { type: 'string' },
  },
})

/** An edit's line in the file that is kept. */
interface Row {
  readonly path: string
  readonly kind: string
  /** Functions and refusals; empty where there is nothing to do. */
  readonly auto: readonly string[]
  readonly ignore: number
  /** Functions that kpatch calls changed; -1 where it ends with an error. */
  readonly peer?: number
  /** Why it cannot be asked: the code of an error. */
  readonly skipped?: string
}

/** Files that are no units of the kernel proper in this configuration; make compiles them all the same, or tries to. */
const SKIPPED = new Set([
  'linux/no-command',
  'linux/module-code',
  'linux/included-source',
  'linux/not-kernel-code',
  'linux/not-configured',
  'build/compile-failed',
])

async function main(tree: string, symbols: string, kept: string): Promise<number> {
  const rows = existsSync(kept)
    ? readFileSync(kept, 'utf8')
        .trim()
        .split('\n')
        .map((line): Row => JSON.parse(line))
    : []
  const cacheFolder = `${kept}.cache`
  const pool = createPool(2)
  const until = performance.now() + Number(values.seconds) * 1000
  const base = await openBase({ tree, target: 'linux', cacheFolder }, { pool, progress: quiet, signal: undefined })
  const ask: Ask = async ({ patch }, lines, signal) => {
    const options = { symbols, lines, patches: [{ name: 'edit', text: patch }], payloadName: 'edit.ko' }
    const { selection, refusals, pairs } = await createHotpatch(base, options, { pool, progress: quiet, signal })
    const replaced = selection.replacements.map(({ runningName }) => runningName)
    return { found: [...replaced, ...refusals.map(({ code, text }) => `${code}: ${text}`)], replaced, pairs }
  }
  let at = 0
  for (const edit of kernelEdits(tree, values.folders.split(','), Number(values.seed))) {
    if (rows.filter(({ skipped }) => skipped === undefined).length >= Number(values.count)) break
    if (performance.now() > until) break
    if (at++ < rows.length) continue
    const row = await rowOf(edit, ask)
    rows.push(row)
    appendFileSync(kept, `${JSON.stringify(row)}\n`)
    console.log(`${edit.kind} in ${edit.path}: ${row.skipped ?? `auto ${row.auto.length}, ignore ${row.ignore}`}`)
  }
  const asked = rows.filter(({ skipped }) => skipped === undefined)
  const wrong = asked.filter(({ auto }) => auto.length > 0)
  for (const { path, kind, auto } of wrong) console.log(`${kind} in ${path}: ${auto.join('; ')}`)
  const dragged = asked.reduce((sum, { ignore }) => sum + ignore, 0)
  const counted = asked.flatMap(({ peer }) => peer ?? [])
  const peers = {
    peer: counted.reduce((sum, each) => sum + Math.max(0, each), 0),
    peerFailed: counted.filter(each => each < 0).length,
  }
  console.log({
    edits: asked.length,
    files: new Set(asked.map(({ path }) => path)).size,
    wrong: wrong.length,
    dragged,
    ...(counted.length === 0 ? {} : peers),
  })
  return wrong.length > 0 ? 1 : 0
}

type Ask = (
  edit: KernelEdit,
  lines: 'auto' | 'ignore',
  signal: AbortSignal,
) => Promise<{ found: readonly string[]; replaced: readonly string[]; pairs: readonly ObjectPair[] }>

async function rowOf(edit: KernelEdit, ask: Ask): Promise<Row> {
  const { path, kind } = edit
  const signal = AbortSignal.timeout(Number(values.each) * 1000)
  try {
    const auto = await ask(edit, 'auto', signal)
    const ignore = await ask(edit, 'ignore', signal)
    const peer = values.peer === undefined ? {} : { peer: changedForPeer(values.peer, ignore.pairs) }
    return { path, kind, auto: auto.found, ignore: ignore.replaced.length, ...peer }
  } catch (error) {
    if (signal.aborted) return { path, kind, auto: [], ignore: 0, skipped: 'took too long' }
    if (!(error instanceof InputError) || !SKIPPED.has(error.code)) throw error
    return { path, kind, auto: [], ignore: 0, skipped: error.code }
  }
}

/** Bytes of an entry of each table, which kpatch-build has from the debug information of a kernel 6.1. */
const SIZES = {
  ...process.env,
  ALT_STRUCT_SIZE: '12',
  BUG_STRUCT_SIZE: '12',
  EX_STRUCT_SIZE: '12',
  JUMP_STRUCT_SIZE: '16',
  ORC_STRUCT_SIZE: '6',
  PARA_STRUCT_SIZE: '16',
  PRINTK_INDEX_STRUCT_SIZE: '8',
  STATIC_CALL_STRUCT_SIZE: '8',
}

/** What it says with -d, of names in a table that has the original's own. */
function changedForPeer(program: string, pairs: readonly ObjectPair[]): number {
  const work = mkdtempSync(join(tmpdir(), 'hotsplice-peer-'))
  const at = (name: string) => join(work, name)
  try {
    return pairs.reduce((sum, { original, patched }) => {
      writeFileSync(at('unit.o'), original ?? '')
      writeFileSync(at('patched.o'), patched ?? '')
      writeFileSync(at('names'), spawnSync('readelf', ['-sW', at('unit.o')], { maxBuffer: 1 << 28 }).stdout)
      writeFileSync(at('exports'), '')
      const words = [
        '-d',
        ...['unit.o', 'patched.o'].map(at),
        'vmlinux',
        at('names'),
        at('exports'),
        'edit',
        at('out.o'),
      ]
      const { stdout, stderr, status } = spawnSync(program, words, { encoding: 'utf8', maxBuffer: 1 << 28, env: SIZES })
      const changed = `${stdout}${stderr}`.match(/changed function: /g)?.length ?? 0
      // 3: nothing has changed. An error after what it found is of no matter here.
      return status === 3 || changed > 0 ? sum + changed : -1
    }, 0)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

const { tree, symbols, kept } = values
if (tree === undefined || symbols === undefined || kept === undefined) {
  console.error(
    'usage: linux-harmless.ts --tree DIR --symbols IMAGE --kept FILE [--count N] [--seed S] [--folders A,B] [--seconds S] [--each S]',
  )
  process.exit(1)
}
main(tree, symbols, kept).then(status => {
  process.exitCode = status
})
