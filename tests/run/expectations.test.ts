/**
 * The old code's first bytes in a payload, and what the real Xen makes of them: it compares them when it applies. Built
 * for a bare hypervisor, for a stack that is known, and for one that is not.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { HotpatchOptions } from '../../src/flows/hotpatch/hotpatch.ts'
import { describeRehearsal, rehearse } from '../../src/hosts/rehearsal/index.ts'
import { inspectPayload } from '../../src/loaders/inspect.ts'
import { quiet } from '../../src/trees/index.ts'
import { createHotpatch } from '../support/opened.ts'
import { type Edit, patchText } from '../xen/edits.ts'
import { missingFor, toBootXen, toBuildXen, xenTree } from '../xen/tree.ts'

const missing = missingFor(...toBuildXen, ...toBootXen)
const file = 'xen/common/version.c'
const VERSION: Edit = { file, find: 'return XEN_EXTRAVERSION;', put: 'return XEN_EXTRAVERSION "-one";' }
const DENY: Edit = { file, find: '"<denied>"', put: '"<no>"' }

describe.skipIf(missing !== '')(`old code that a payload expects ${missing}`, () => {
  let folder = ''
  let one: Uint8Array = new Uint8Array()
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplice-expect-'))
    one = (await build([VERSION])).bytes
    writeFileSync(join(folder, 'one'), one)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const build = async (edits: readonly Edit[], more: Partial<HotpatchOptions> = {}) => {
    const patches = [{ name: 'p', text: patchText(xenTree('source'), edits) }]
    const options = { tree: xenTree('release'), target: 'xen', jobs: 2, progress: quiet, cacheFolder: folder } as const
    const run = await createHotpatch({ ...options, patches, ...more })
    expect(run.refusals).toEqual([])
    const bytes = run.payload?.bytes ?? new Uint8Array()
    const expected = inspectPayload(bytes).functions.map(({ name, expectation }) => [name, expectation !== null])
    return { run, bytes, expected: Object.fromEntries(expected), codes: run.notices.map(({ code }) => code) }
  }
  const boot = async (script: string, payloads: Record<string, Uint8Array>) => {
    const result = await rehearse({
      hypervisor: join(xenTree('release'), 'xen/xen'),
      timeoutMs: 120_000,
      script,
      payloads: Object.entries(payloads).map(([name, bytes]) => ({ name, bytes })),
    })
    expect(result.outcome, describeRehearsal(result)).toBe('passed')
  }

  test('on a bare hypervisor every function, and Xen would not replace another one', async () => {
    const both = await build([VERSION, DENY])
    expect(both.expected).toEqual({ xen_extra_version: true, xen_deny: true })
    // Once the first payload has put its jump there, the code is another, dependencies or not.
    const script = 'upload one one\nupload both both\napply one\n! EINVAL apply both nodeps\nrevert one\napply both'
    await boot(script, { one, both: both.bytes })
  })

  test('none on request', async () => {
    const { expected } = await build([VERSION], { expect: false })
    expect(expected).toEqual({ xen_extra_version: false })
  })

  test('upon a payload that is given: all but what it has replaced, and it knows what it goes on', async () => {
    const top = await build([VERSION, DENY], { on: [join(folder, 'one')] })
    expect(top.expected).toEqual({ xen_extra_version: false, xen_deny: true })
    await boot('upload one one\nupload top top\n! EINVAL apply top\napply one\napply top\nrevert top\nrevert one', {
      one,
      top: top.bytes,
    })
  })

  test('upon something unknown: none, and it is said', async () => {
    const { expected, codes } = await build([VERSION, DENY], { depends: '00'.repeat(20) })
    expect(expected).toEqual({ xen_extra_version: false, xen_deny: false })
    expect(codes).toContain('no-expectations')
  })
})
