/**
 * What it costs to compare the types of a patch, against compiling the same units as the tree does, and with `-g`: for
 * one unit and for many, without and with a type that changed. Processor time is what counts; each figure is a process of
 * its own with an empty cache.
 *
 *   npx tsx bench/shapes.ts [how many of the 250 units that read a header; 40]
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { XEN } from '../src/loaders/xen/xen.ts'
import { applyPatches } from '../src/source/apply-patches.ts'
import { affectedUnits, compileUnits, declarationsOf, overlayOf, quiet } from '../src/trees/index.ts'
import { Shapes } from '../src/type-layouts/shapes.ts'
import { openTree } from '../tests/support/opened.ts'
import { type Edit, patchText } from '../tests/xen/edits.ts'
import { type Spent, said, timed } from './clock.ts'

const root = fileURLToPath(new URL('../', import.meta.url))

const PATCHES: Readonly<Record<string, Edit>> = {
  'one unit, code only': {
    file: 'xen/common/domain.c',
    after: 'long common_vcpu_op(',
    find: 'rc = 0;',
    put: 'rc = -1;',
  },
  'one unit, a type': {
    file: 'xen/common/rangeset.c',
    find: 'long             nr_ranges;',
    put: 'long             nr_ranges, more;',
  },
  'many units, code only': {
    file: 'xen/include/xen/sched.h',
    after: 'static inline struct vcpu *domain_vcpu(',
    find: 'return vcpu_id >= d->max_vcpus',
    put: 'return vcpu_id + 1 > d->max_vcpus',
  },
  'many units, a type': {
    file: 'xen/arch/x86/include/asm/hvm/domain.h',
    find: 'bool                   is_s3_suspended;',
    put: 'uint64_t more; bool is_s3_suspended;',
  },
}

const [what, ...rest] = process.argv.slice(2)
const MODES = ['open', 'compile', 'debug', 'shapes']
if (what !== undefined && MODES.includes(what)) await work(what, rest)
else await all(Number(what ?? 40))

/** One figure: what is asked for, of the first so many units that the patch concerns. */
async function work(mode: string, [patch = '', count = '1', cacheFolder = '']: readonly string[]): Promise<void> {
  const edit = PATCHES[patch]
  if (edit === undefined) throw new Error(`there is no patch ${patch}`)
  const folder = execFileSync(join(root, 'scripts/xen.sh'), ['release'], { encoding: 'utf8' }).trim()
  const tree = await openTree({ tree: folder, target: 'xen', jobs: 2, progress: quiet, cacheFolder })
  const change = applyPatches([{ name: 'bench.patch', text: patchText(folder, [edit]) }], tree.reader)
  const dependents = await affectedUnits(tree, change)
  const ordinary = dependents.affected.filter(({ unit }) => unit.language === 'c' && unit.role !== 'embedded')
  const affected = { ...dependents, affected: ordinary.slice(0, Number(count)) }
  if (mode === 'compile' || mode === 'debug') {
    const overlay = overlayOf(change, affected)
    const extraFlags = mode === 'debug' ? ['-g'] : []
    await compileUnits(
      tree,
      affected.affected.map(({ unit }) => ({ unit, overlay, label: mode, extraFlags })),
    )
  }
  if (mode === 'shapes') {
    const { compared, same } = await declarationsOf(tree, affected, { change })
    const nothing = { kept: new Set<string>(['']), replaced: new Set<string>(), statics: new Set<string>() }
    const units = compared.map(each => ({ ...each, ...nothing, unit: each.unit.unit, referredTo: () => [] }))
    const { refusals } = new Shapes(units).judge([], {
      ways: XEN.waysOut,
      textOf: () => undefined,
      referrersOf: () => [],
    })
    const memory = Math.round(process.resourceUsage().maxRSS / 1024)
    console.log(`${compared.length} compared, ${same.length} same by text, ${refusals.length} refused, ${memory} MB`)
  }
  console.log(affected.affected.length)
}

async function all(many: number): Promise<void> {
  for (const [patch, { file }] of Object.entries(PATCHES)) {
    const count = String(patch.startsWith('many') ? many : 1)
    const spent = new Map<string, Spent>()
    let [found, units] = ['', '']
    for (const mode of MODES) {
      const cache = mkdtempSync(join(tmpdir(), 'hotsplice-bench-'))
      const args = ['--import', 'tsx', fileURLToPath(import.meta.url), mode, patch, count, cache]
      const run = await timed(process.execPath, args, { cwd: root })
      rmSync(cache, { recursive: true, force: true })
      if (run.status !== 0) throw new Error(run.output)
      const lines = run.output.split('\n').filter(line => /^\d+/.test(line))
      if (mode === 'shapes') found = lines[0] ?? ''
      units = lines.at(-1) ?? ''
      spent.set(mode, run)
    }
    const open = spent.get('open') ?? { time: 0, cpu: 0 }
    const net = (mode: string): Spent => {
      const { time, cpu } = spent.get(mode) ?? open
      return { time: time - open.time, cpu: cpu - open.cpu }
    }
    console.log(`${patch} (${units} × ${file}): ${found}`)
    console.log(`    comparing types ${said(net('shapes'))}`)
    console.log(`    compiling the patched text ${said(net('compile'))}, with -g ${said(net('debug'))}`)
    console.log(`    = ${(net('shapes').cpu / (2 * net('debug').cpu)).toFixed(2)} × both texts with -g; aim: at most 1`)
  }
}
