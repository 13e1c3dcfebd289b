/**
 * The whole job on the real Xen: each case's patch becomes a payload with exactly the functions that the oracle names, and
 * the running hypervisor behaves as patched while it is applied, and as before when it is reverted.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeRehearsal, type RehearsalResult, rehearse } from '../../src/hosts/rehearsal/index.ts'
import { sampled } from '../support/sampled.ts'
import type { XenCase } from './case.ts'
import { allCases } from './cases/all.ts'
import { type Built, buildPayload, named } from './command.ts'
import { type Edit, patchText } from './edits.ts'
import { disappointments, scriptOf, steps } from './scenario.ts'
import { missingFor, toBootXen, toBuildXen, xenTree } from './tree.ts'

const missing = missingFor(...toBuildXen, ...toBootXen)

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-payloads-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const treeOf = ({ tree = 'release' }: XenCase) => xenTree(tree)

async function build(one: XenCase, edits: readonly Edit[], name: string): Promise<Built> {
  const patch = join(folder, `${name}.patch`)
  writeFileSync(patch, patchText(xenTree('source'), edits), 'latin1')
  return await buildPayload({ tree: treeOf(one), patch, folder, name })
}

function boot(one: XenCase, script: string, fix: Built, probe?: Built): Promise<RehearsalResult> {
  const payload = (name: string, built: Built | undefined) =>
    built?.payload === undefined ? [] : [{ name, bytes: built.payload }]
  return rehearse({
    hypervisor: join(treeOf(one), 'xen/xen'),
    payloads: [...payload('fix', fix), ...payload('probe', probe)],
    script,
    timeoutMs: 120_000,
  })
}

describe.skipIf(missing !== '').for([...sampled(allCases)])(`$name: $shows ${missing}`, one => {
  let built: Built

  test('the payload holds exactly the functions that changed', async () => {
    built = await build(one, one.edits, one.name)
    const { report, status, stderr } = built
    expect({ status, outcome: report.outcome, refusals: report.refusals, stderr }).toMatchObject({
      status: 0,
      outcome: 'built',
      refusals: [],
    })
    expect(named(report.functions, 'changed')).toEqual([...one.changed].sort())
    expect(named(report.functions, 'new')).toEqual([...(one.added ?? [])].sort())
    expect(report.functions.filter(({ included }) => !included)).toEqual([])
    // The pointers that the hook macros make become the payload's hook tables.
    const data = named(report.data, 'new').filter(name => !name.includes(' livepatch_'))
    expect(data).toEqual([...(one.addedData ?? [])].sort())
    for (const { reasons } of [...report.functions, ...report.data]) expect(reasons).not.toEqual([])
  })

  test('Xen applies, reverts and unloads it, and dom0 sees the difference', async () => {
    const probe = one.probe && (await build(one, one.probe.edits, `${one.name}-probe`))
    const list = steps(one)
    const result = await boot(one, scriptOf(list), built, probe)
    expect(disappointments(list, result).join('\n')).toBe('')
    expect(result.outcome, describeRehearsal(result)).toBe('passed')
  })

  const { crash } = one
  if (crash === undefined) return
  test('what brings Xen down is found in the payload’s own tables', async () => {
    const result = await boot(one, `! ${crash.operation}\nupload fix\napply fix\n${crash.operation}`, built)
    expect(result.outcome).toBe('crashed')
    expect(result.downfall?.lines.join('\n')).toMatch(crash.line)
  })
})
