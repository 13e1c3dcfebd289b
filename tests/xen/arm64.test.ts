/** The whole job on the real Xen for AArch64: patches become payloads, and dom0 sees the difference come and go. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeRehearsal, rehearse } from '../../src/hosts/rehearsal/index.ts'
import { inspectPayload } from '../../src/loaders/inspect.ts'
import { sampled } from '../support/sampled.ts'
import type { XenCase } from './case.ts'
import { arm64Cases } from './cases/arm64.ts'
import { type Built, buildPayload, hotsplice, named } from './command.ts'
import { type Edit, patchText } from './edits.ts'
import { disappointments, scriptOf, steps } from './scenario.ts'
import { type Configuration, missingFor, toBootArm64Xen, toBuildArm64Xen, xenTree } from './tree.ts'

const missing = missingFor(...toBuildArm64Xen, ...toBootArm64Xen)

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-arm64-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

async function build(
  name: string,
  edits: readonly Edit[],
  tree: Configuration = 'arm64',
  more: readonly string[] = [],
): Promise<Built> {
  const patch = join(folder, `${name}.patch`)
  writeFileSync(patch, patchText(xenTree('source'), edits), 'latin1')
  return await buildPayload({ tree: xenTree(tree), patch, folder, name, more })
}

const hypervisorOf = ({ tree = 'arm64' }: XenCase) => join(xenTree(tree), 'xen/xen')

describe.skipIf(missing !== '').for([...sampled(arm64Cases)])(`$name: $shows ${missing}`, one => {
  test('Xen applies, reverts and unloads it, and dom0 sees the difference', async () => {
    const built = await build(one.name, one.edits, one.tree)
    expect(built.report, built.stderr).toMatchObject({ outcome: 'built', refusals: [] })
    expect(named(built.report.functions, 'changed')).toEqual([...one.changed].sort())
    expect(named(built.report.functions, 'new')).toEqual([...(one.added ?? [])].sort())
    const data = named(built.report.data, 'new').filter(name => !name.includes(' livepatch_'))
    expect(data).toEqual([...(one.addedData ?? [])].sort())
    const probe = one.probe && (await build(`${one.name}-probe`, one.probe.edits, one.tree))
    const payloads = [built, ...(probe === undefined ? [] : [probe])].map(({ payload = new Uint8Array() }, at) => {
      return { name: at === 0 ? 'fix' : 'probe', bytes: payload }
    })
    for (const { bytes } of payloads) expect(codeOutsideOfEntries(bytes)).toBe(0)
    const list = steps(one)
    const hypervisor = hypervisorOf(one)
    const result = await rehearse({ hypervisor, payloads, script: scriptOf(list), timeoutMs: 60_000 })
    expect(disappointments(list, result).join('\n')).toBe('')
    expect(result.outcome, describeRehearsal(result)).toBe('passed')
    if (one.crash === undefined) return
    const { operation, line } = one.crash
    const script = `! ${operation}\nupload fix\napply fix\n${operation}`
    const crashed = await rehearse({ hypervisor, payloads, script, timeoutMs: 60_000 })
    expect(crashed.outcome).toBe('crashed')
    expect(crashed.downfall?.lines.join('\n')).toMatch(line)
  })
})

/** Bytes of code that no entry of the table of functions spans: Xen would not make them ready to run. */
function codeOutsideOfEntries(payload: Uint8Array): number {
  const { functions, sections } = inspectPayload(payload)
  // Without any, nothing but hooks runs, which make all of it ready.
  if (functions.length === 0) return 0
  const code = sections.find(({ name }) => name === '.text')?.size ?? 0
  return code - functions.reduce((sum, { newSize }) => sum + newSize, 0)
}

describe.skipIf(missing !== '')(`lines on this machine ${missing}`, () => {
  const MOVED: Edit = {
    file: 'xen/common/sched/core.c',
    find: 'sched_poll->nr_ports > 128',
    put: '\n\n\nsched_poll->nr_ports > 64',
  }
  const underWay = async (way: string) => {
    const patch = join(folder, `lines-${way}.patch`)
    writeFileSync(patch, patchText(xenTree('source'), [MOVED]), 'latin1')
    const [payload, json] = [join(folder, `${way}.livepatch`), join(folder, `${way}.json`)]
    const args = ['build', '--tree', xenTree('arm64'), '--patch', patch, '--lines', way, '-o', payload, '--json', json]
    const run = await hotsplice(args, { cwd: folder })
    const report = JSON.parse(readFileSync(json, 'utf8'))
    // What is dragged in may be more than can be replaced.
    if (way !== 'ignore') expect(report.outcome, run.stderr).toBe('built')
    return { report, payload }
  }

  test.for(['mask', 'neutral', 'auto'])('%s: numbers of sixteen bits in code and in frames', async way => {
    const { report } = await underWay(way)
    expect(named(report.functions, 'changed')).toEqual(['common/sched/core.o do_sched_op'])
    const masked = named(report.functions, 'line-only')
    if (way === 'mask') expect(masked.length).toBeGreaterThan(1)
  })

  test('ignore: functions whose lines move are dragged in', async () => {
    const { report } = await underWay('ignore')
    expect(named(report.functions, 'changed').length).toBeGreaterThan(2)
  })

  test('table: numbers of functions that stay are set while the payload is applied', async () => {
    const { report, payload } = await underWay('table')
    expect(named(report.functions, 'changed')).toEqual(['common/sched/core.o do_sched_op'])
    const [told] = report.notices.filter(({ code }: { code: string }) => code === 'line-table')
    const count = Number.parseInt(told?.text ?? '', 10)
    expect(count).toBeGreaterThan(1)
    const hypervisor = join(xenTree('arm64'), 'xen/xen')
    const script = 'upload p table\napply p\nrevert p\napply p\nrevert p\nunload p'
    const payloads = [{ name: 'table', bytes: new Uint8Array(readFileSync(payload)) }]
    const result = await rehearse({ hypervisor, payloads, script, timeoutMs: 60_000 })
    expect(result.outcome, describeRehearsal(result)).toBe('passed')
    const said = result.console.filter(line => line.includes('hotsplice: '))
    expect(said.map(line => line.replace(/^.*hotsplice: /, ''))).toEqual(
      [1, 2].flatMap(() => [`${count} line numbers set`, `${count} line numbers put back`]),
    )
  })
})

describe.skipIf(missing !== '')(`several payloads, several processors ${missing}`, () => {
  const version = (text: string): Edit => ({
    file: 'xen/common/version.c',
    find: 'return XEN_EXTRAVERSION;',
    put: `return XEN_EXTRAVERSION "${text}";`,
  })
  const handlers: Edit = {
    file: 'xen/common/keyhandler.c',
    find: 'showing installed handlers',
    put: 'these are the handlers',
  }

  test('one upon the other, applied and reverted in their order only', async () => {
    const one = await build('one', [version('-one')])
    const two = await build('two', [handlers], 'arm64', ['--depends', one.report.payload?.buildId ?? ''])
    const payloads = Object.entries({ one, two }).map(([name, { payload = new Uint8Array() }]) => ({
      name,
      bytes: payload,
    }))
    const script = `
      upload one one
      upload two two
      ! EINVAL apply two
      apply one
      apply two
      debug-keys h
      expect-console these are the handlers
      ! EBUSY revert one
      revert two
      version
      expect-output extra-version .5-one
      revert one
      version
      expect-output extra-version .5
      unload two
      unload one`
    const hypervisor = join(xenTree('arm64'), 'xen/xen')
    const result = await rehearse({ hypervisor, payloads, script, timeoutMs: 60_000 })
    expect(result.outcome, describeRehearsal(result)).toBe('passed')
  })

  test.for([2, 4])('a full cycle on %d processors', async cpus => {
    const fix = await build(`cpus-${cpus}`, [version('-many')])
    const payloads = [{ name: 'fix', bytes: fix.payload ?? new Uint8Array() }]
    // Xen's own 30 ms for all to come are few for emulated processors that wait for a real one.
    const actions = ['apply p timeout=4s', 'version', 'expect-output extra-version .5-many', 'revert p timeout=4s']
    const script = ['upload p fix', ...actions, 'unload p'].join('\n')
    const hypervisor = join(xenTree('arm64'), 'xen/xen')
    const result = await rehearse({ hypervisor, payloads, script, timeoutMs: 120_000, cpus })
    expect(result.outcome, describeRehearsal(result)).toBe('passed')
  })
})
