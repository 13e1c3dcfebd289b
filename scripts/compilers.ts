/**
 * A base that another compiler made: harmless edits are nothing to do, and a fix of our own goes through the full cycle.
 *
 *   npx tsx scripts/compilers.ts --tree DIR [--toolchain WORDS] [--toolchain-path INSIDE=OUTSIDE]… [--count 12] [--seed 1]
 *                                [--seconds S]
 *
 * DIR is a Xen tree as that compiler built it, here (`make -C xen clang=y CC=clang-19`) or in another root, with LIVEPATCH=y;
 * of another root, HOTSPLICE_CACHE is a folder in it. Prints a row of docs/toolchain.md: the compiler, as the hypervisor
 * itself says it, Xen's version, edits, functions of the fix, and whether dom0 saw it come and go. Exits 1 where something is
 * wrong. Needs `npm run build`, and what it takes to rehearse.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { rehearse } from '../src/hosts/rehearsal/index.ts'
import type { RunReport } from '../src/report/model.ts'
import { runHarmless } from '../tests/support/run-harmless.ts'
import { readIf } from './series/base.ts'
import { looksAt } from './series/behaviours.ts'
import { RELEASE_BEHAVIOUR, releasePatch } from './series/releases.ts'
import { PATIENCE_MS } from './series/take.ts'

const { values } = parseArgs({
  options: {
    tree: { type: 'string', default: '' },
    toolchain: { type: 'string' },
    'toolchain-path': { type: 'string', multiple: true, default: [] },
    count: { type: 'string', default: '12' },
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string', default: 'Infinity' },
  },
})
const { tree, toolchain, 'toolchain-path': toolchainPath } = values
if (tree === '') {
  console.error('usage: compilers.ts --tree DIR [--toolchain WORDS] [--toolchain-path INSIDE=OUTSIDE]… [--count N]')
  process.exit(1)
}
const hypervisor = join(tree, 'xen/xen')
const ROUTE = [
  ...(toolchain === undefined ? [] : ['--toolchain', toolchain]),
  ...toolchainPath.flatMap(each => ['--toolchain-path', each]),
]

const folder = mkdtempSync(join(tmpdir(), 'hotsplice-compilers-'))
try {
  const { edits, wrong } = await runHarmless({
    tree,
    count: Number(values.count),
    seed: Number(values.seed),
    seconds: Number(values.seconds),
    // What compiles in another root must be seen there.
    ...(toolchain === undefined ? {} : { toolchain, toolchainPath, cache: process.env.HOTSPLICE_CACHE ?? '' }),
    say: console.error,
  })
  for (const each of wrong) console.error(each)
  const { functions, compiler, version, isSeen } = await fixed()
  const cells = [compiler, version, `${edits - wrong.length} of ${edits}`, functions, isSeen ? 'yes' : 'no']
  console.log(`| ${cells.join(' | ')} |`)
  process.exitCode = wrong.length > 0 || !isSeen ? 1 : 0
} finally {
  rmSync(folder, { recursive: true })
}

/** Built and verified, applied and reverted. */
async function fixed() {
  const at = (name: string) => join(folder, name)
  const [patch, payload, report] = [at('fix.patch'), at('fix.livepatch'), at('report.json')]
  writeFileSync(
    patch,
    releasePatch(path => readIf(join(tree, path))),
  )
  hotsplice('build', '--tree', tree, ...ROUTE, '--without-ibt', '--patch', patch, '-o', payload, '--json', report)
  hotsplice('verify', payload, '--symbols', join(tree, 'xen/xen-syms'), '--tree', tree, ...ROUTE, '--without-ibt')
  const payloads = [{ name: 'fix.livepatch', bytes: readFileSync(payload) }]
  const script = ['version', ...looksAt(RELEASE_BEHAVIOUR, '').map(each => each.script)].join('\n')
  const { outcome, operations } = await rehearse({ hypervisor, payloads, timeoutMs: PATIENCE_MS, script })
  const said = new Map(operations[0]?.output.map(line => [line.split(' ')[0] ?? '', line.replace(/^\S+ /, '')]))
  const built: RunReport = JSON.parse(readFileSync(report, 'utf8'))
  return {
    functions: built.functions.filter(({ included }) => included).length,
    compiler: said.get('compiler') ?? '',
    version: `${said.get('version')}${said.get('extra-version')}`,
    isSeen: outcome === 'passed',
  }
}

function hotsplice(...args: readonly string[]): void {
  const { status } = spawnSync(join(import.meta.dirname, '../bin/hotsplice'), args, { stdio: ['ignore', 2, 2] })
  if (status !== 0) throw new Error(`hotsplice ${args[0]} ended with ${status}`)
}
