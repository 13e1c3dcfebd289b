/** The whole job on the real Xen for AArch64: patches become payloads, and dom0 sees the difference come and go. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeRehearsal, rehearse } from '../../src/hosts/rehearsal/index.ts'
import { inspectPayload } from '../../src/loaders/inspect.ts'
import { sampled } from '../support/sampled.ts'
import type { XenCase } from './case.ts'
import { allCases } from './cases/all.ts'
import { type Built, buildPayload, hotsplice, named } from './command.ts'
import { type Edit, patchText } from './edits.ts'
import { disappointments, scriptOf, steps } from './scenario.ts'
import { missingFor, toBootArm64Xen, toBuildArm64Xen, xenTree } from './tree.ts'

const missing = missingFor(...toBuildArm64Xen, ...toBootArm64Xen)

/** Of the cases for x86, those of which all is the same; gcc puts do_poll into its caller here. */
const SHARED: Readonly<Record<string, Partial<XenCase>>> = {
  'global-function': {},
  'static-function': { changed: ['common/sched/core.o do_sched_op'] },
  'static-locals': {},
  'library-unit': {},
  'bug-frame': {},
  'warn-frame': {},
}
const CASES: readonly XenCase[] = allCases.flatMap(one => {
  const own = SHARED[one.name]
  return own === undefined ? [] : [{ ...one, ...own }]
})
/** On this machine a payload of hooks alone is refused: a probe brings a function along. */
const COMPANION: Edit = { file: 'xen/common/version.c', find: 'return "<denied>";', put: 'return "<denied!>";' }

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-arm64-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

async function build(name: string, edits: readonly Edit[], more: readonly string[] = []): Promise<Built> {
  const patch = join(folder, `${name}.patch`)
  writeFileSync(patch, patchText(xenTree('source'), edits), 'latin1')
  return await buildPayload({ tree: xenTree('arm64'), patch, folder, name, more })
}

describe.skipIf(missing !== '').for([...sampled(CASES)])(`$name: $shows ${missing}`, one => {
  test('Xen applies, reverts and unloads it, and dom0 sees the difference', { timeout: 120_000 }, async () => {
    const built = await build(one.name, one.edits)
    expect(built.report, built.stderr).toMatchObject({ outcome: 'built', refusals: [] })
    expect(named(built.report.functions, 'changed')).toEqual([...one.changed].sort())
    const probe = one.probe && (await build(`${one.name}-probe`, [...one.probe.edits, COMPANION]))
    const payloads = [built, ...(probe === undefined ? [] : [probe])].map(({ payload = new Uint8Array() }, at) => {
      return { name: at === 0 ? 'fix' : 'probe', bytes: payload }
    })
    for (const { bytes } of payloads) expect(codeOutsideOfEntries(bytes)).toBe(0)
    const list = steps(one)
    const hypervisor = join(xenTree('arm64'), 'xen/xen')
    const result = await rehearse({ hypervisor, payloads, script: scriptOf(list), timeoutMs: 60_000 })
    expect(disappointments(list, result).join('\n')).toBe('')
    expect(result.outcome, describeRehearsal(result)).toBe('passed')
  })
})

/** Bytes of code that no entry of the table of functions spans: Xen would not make them ready to run. */
function codeOutsideOfEntries(payload: Uint8Array): number {
  const { functions, sections } = inspectPayload(payload)
  const code = sections.find(({ name }) => name === '.text')?.size ?? 0
  return code - functions.reduce((sum, { newSize }) => sum + newSize, 0)
}

describe.skipIf(missing !== '')(`what this machine refuses ${missing}`, () => {
  test('a payload of hooks alone, whose code nothing makes ready to run', async () => {
    const hooks = allCases.find(({ name }) => name === 'apply-and-revert-hooks')
    const { report } = await build('hooks', hooks?.edits ?? [])
    expect(report.refusals.map(({ code }) => code)).toEqual(['code-not-ready'])
  })

  test('lines that move are masked: numbers of sixteen bits in code and in frames', async () => {
    const patch = join(folder, 'lines.patch')
    const edit: Edit = {
      file: 'xen/common/sched/core.c',
      find: 'sched_poll->nr_ports > 128',
      put: '\n\n\nsched_poll->nr_ports > 64',
    }
    writeFileSync(patch, patchText(xenTree('source'), [edit]), 'latin1')
    const json = join(folder, 'lines.json')
    const args = ['build', '--tree', xenTree('arm64'), '--patch', patch, '--lines', 'mask']
    const run = await hotsplice([...args, '-o', join(folder, 'lines.livepatch'), '--json', json], { cwd: folder })
    const report = JSON.parse(readFileSync(json, 'utf8'))
    expect(report.outcome, run.stderr).toBe('built')
    expect(named(report.functions, 'changed')).toEqual(['common/sched/core.o do_sched_op'])
    expect(named(report.functions, 'line-only').length).toBeGreaterThan(1)
  })
})
