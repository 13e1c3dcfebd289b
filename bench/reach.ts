/**
 * Edits of a header that 248 units of Xen read, as whole processes, each the first build ever: with the units that can see
 * them, and beside it, in the same run, with all that read the header. Never a test.
 *
 *   npx tsx bench/reach.ts TREE [--alone] [--against CHECKOUT] [--bare N] [NAME ...]
 *
 * TREE is a built Xen; CHECKOUT a folder of another version of hotsplice that was built, whose build of all is taken for the
 * pair. Without names, all rows; with --alone without the pair, which takes a minute and a half of processor time. With --bare
 * every Nth of the units that read the header is compiled on its own right after, two at once at most, and the time multiplied.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Edit } from '../tests/xen/edits.ts'
import { type Spent, said, timed } from './clock.ts'
import { compileAlone, readersOf, writePatch } from './xen.ts'

const HEADER = 'xen/include/xen/sched.h'

interface Row {
  readonly name: string
  /** Of the time that all readers take. */
  readonly aim: string
  readonly edit: Edit
  readonly lines: 'ignore' | 'auto'
}

const body = (after: string, find: string, put: string): Edit => ({ file: HEADER, after, find, put })
const FEW = body('always_inline bool get_domain(', 'int old, seen', 'unsigned int old, seen')
const SOME = body(
  'always_inline bool hap_enabled(',
  'd->options & XEN_DOMCTL_CDF_hap',
  'd->options & (XEN_DOMCTL_CDF_hap | 0x80u)',
)
const MANY = body('always_inline bool is_control_domain(', '(d->is_privileged)', '(d->is_privileged && d->domain_id)')
/** No type depends on it: what changes asm-offsets.h concerns everybody. */
const MACRO = body('#define cpu_is_haltable(', 'cpu_online(cpu)', '(cpu_online(cpu) & 1)')
const PROTOTYPE = body('void domain_destroy(', 'struct domain *d);', 'struct domain *d); int no_body(int n);')
const moving = (edit: Edit): Edit => ('find' in edit ? { ...edit, put: edit.put.replace(' ', '\n') } : edit)

const ROWS: readonly Row[] = [
  { name: '2-users', aim: '0.06 ×', edit: FEW, lines: 'ignore' },
  { name: '13-users', aim: '0.1 ×', edit: SOME, lines: 'ignore' },
  { name: '98-users', aim: '0.5 ×', edit: MANY, lines: 'ignore' },
  { name: 'macro', aim: '0.1 ×', edit: MACRO, lines: 'ignore' },
  { name: 'comment', aim: '1.5 s', edit: body('bool hap_enabled(', 'rejects HAP', 'refuses HAP'), lines: 'ignore' },
  { name: 'prototype', aim: '1.5 s', edit: PROTOTYPE, lines: 'ignore' },
  { name: '2-users-moving', aim: '0.05 ×', edit: moving(FEW), lines: 'auto' },
  { name: '13-users-moving', aim: '0.1 ×', edit: moving(SOME), lines: 'auto' },
  { name: '98-users-moving', aim: '0.5 ×', edit: moving(MANY), lines: 'auto' },
  {
    name: 'comment-moving',
    aim: '1.5 s',
    edit: body('bool hap_enabled(', 'rejects HAP', 'rejects\n * HAP'),
    lines: 'auto',
  },
]

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { against: { type: 'string' }, alone: { type: 'boolean', default: false }, bare: { type: 'string' } },
})
const [tree, ...names] = positionals
if (tree === undefined) throw new Error('usage: reach TREE [--against CHECKOUT] [NAME ...]')
const here = fileURLToPath(new URL('../', import.meta.url))
const work = mkdtempSync(join(tmpdir(), 'hotsplice-bench-'))

async function build(checkout: string, folder: string, row: Row, more: readonly string[] = []): Promise<Spent> {
  const patch = writePatch(folder, [row.edit], join(work, `${row.name}.patch`))
  const cache = mkdtempSync(join(work, 'cache-'))
  mkdirSync(cache, { recursive: true, mode: 0o700 })
  const args = [
    'build',
    '--tree',
    folder,
    '--patch',
    patch,
    '--lines',
    row.lines,
    '-o',
    join(work, 'x.livepatch'),
    ...more,
  ]
  const env = { ...process.env, HOTSPLICE_CACHE: cache }
  const done = await timed(process.execPath, [join(checkout, 'bin/hotsplice'), ...args], { env })
  rmSync(cache, { recursive: true, force: true })
  if (done.status === 1 || done.status === 70) throw new Error(done.output)
  return done
}

/** The bare compiles of all readers, by a part of them. */
async function bareOf(folder: string, every: number): Promise<Spent> {
  const readers = await readersOf(folder, HEADER, join(work, 'cache-of-tree'))
  const drawn = readers.filter((_, at) => at % every === 0)
  const { time, cpu } = await compileAlone(drawn, Math.min(2, availableParallelism()))
  const times = readers.length / drawn.length
  return { time: time * times, cpu: cpu * times }
}

async function all(folder: string): Promise<void> {
  for (const row of ROWS) {
    if (names.length > 0 && !names.includes(row.name)) continue
    const own = await build(here, folder, row)
    console.log(`${row.name}, ${row.lines}: ${said(own)}; aim ${row.aim}`)
    if (values.bare !== undefined) {
      const bare = await bareOf(folder, Number(values.bare))
      const [clock, cpu] = [own.time / bare.time, own.cpu / bare.cpu].map(ratio => ratio.toFixed(3))
      console.log(
        `    bare compiles of all readers, by every ${values.bare}th: ${said(bare)}: ${clock} × on the clock, ${cpu} × in processor time`,
      )
    }
    if (!values.alone) {
      const other = await build(
        resolve(values.against ?? here),
        folder,
        row,
        values.against === undefined ? ['--compile-all'] : [],
      )
      const [clock, cpu] = [own.time / other.time, own.cpu / other.cpu].map(ratio => ratio.toFixed(3))
      console.log(`    all readers ${said(other)}: ${clock} × on the clock, ${cpu} × in processor time`)
    }
  }
}

all(tree)
  .catch(error => {
    console.error(error)
    process.exitCode = 1
  })
  .finally(() => rmSync(work, { recursive: true, force: true }))
