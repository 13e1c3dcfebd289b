/**
 * A call that goes, and is filled with no-operations where it stands, on the real Xen: before, with, and after; and what
 * verify says of such entries that are wrong, beside what Xen does.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeRehearsal, rehearse } from '../../src/hosts/rehearsal/index.ts'
import { readHypervisorSymbols } from '../../src/loaders/xen/symbols.ts'
import { verifyPayload } from '../../src/verify/index.ts'
import { Editor } from '../verify/editor.ts'
import { buildPayload, hotsplice } from './command.ts'
import { type Edit, patchText } from './edits.ts'
import { missingFor, toBootXen, toBuildXen, xenTree } from './tree.ts'

const missing = missingFor(...toBuildXen, ...toBootXen)
const FUNCS = '.livepatch.funcs'

/** What Xen says when it is asked for dom0's registers. */
const QUIET: Edit = {
  file: 'xen/common/keyhandler.c',
  find: `    printk("'%c' pressed -> dumping Dom0's registers\\n", key);\n`,
  put: '',
}
/** The loop that processors are in while a payload is applied. */
const IDLE: Edit = {
  file: 'xen/arch/x86/domain.c',
  after: '/* Livepatch work is always kicked off via a tasklet. */',
  find: '            check_for_livepatch_work();\n',
  put: '',
}
const SAID = "'0' pressed -> dumping Dom0's registers"
const KEY = 'hypercall sysctl { u32:7 u32:0x15 "0" u32:1 zeros:116 }'

describe.skipIf(missing !== '')(`calls that are switched off ${missing}`, () => {
  let folder = ''
  let payload: Uint8Array = new Uint8Array()
  const tree = missing === '' ? xenTree('release') : ''
  const build = async (name: string, edit: Edit, calls: string) => {
    const [patch, own] = [join(folder, `${name}.patch`), join(folder, `${name}-own.c`)]
    writeFileSync(patch, patchText(xenTree('source'), [edit]), 'latin1')
    writeFileSync(own, calls.includes('#include') ? calls : `#include "hotsplice.h"\n${calls}\n`)
    return buildPayload({ tree, patch, folder, name, more: ['--with', own] })
  }
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplice-off-'))
    const call = 'HOTSPLICE_NO_CALL("common/keyhandler.c#dump_hwdom_registers", "printk");'
    const built = await build('quiet', QUIET, call)
    expect([built.report.outcome, built.report.refusals], built.stderr).toEqual(['built', []])
    payload = built.payload ?? payload
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const rehearsed = (bytes: Uint8Array, script: readonly string[], timeoutMs = 120_000) =>
    rehearse({
      hypervisor: join(tree, 'xen/xen'),
      payloads: [{ name: 'fix', bytes }],
      script: script.join('\n'),
      timeoutMs,
    })

  const verified = (edit: (editor: Editor) => unknown) => {
    const editor = new Editor(payload)
    edit(editor)
    const symbols = readHypervisorSymbols(readFileSync(join(tree, 'xen/xen-syms')))
    return {
      bytes: editor.bytes,
      report: verifyPayload({ payload: editor.bytes, symbols, version: '4.17', on: [] }),
    }
  }

  test('nothing is replaced; said before, not with it, and said again', async () => {
    const { report } = verified(() => undefined)
    const bad = report.checks.filter(({ status }) => status === 'failed')
    expect([report.accepted, bad]).toEqual([true, []])
    const result = await rehearsed(payload, ['upload fix', KEY, 'apply fix', KEY, 'revert fix', KEY, 'unload fix'])
    expect(result.outcome, describeRehearsal(result).slice(-3000)).toBe('passed')
    const said = result.operations
      .filter(({ text }) => text === KEY)
      .map(({ console }) => console.join('\n').includes(SAID))
    expect(said).toEqual([true, false, true])
  })

  test('in a loop that never ends, which cannot be replaced', async () => {
    const refused = await build('idle', IDLE, '')
    expect(refused.report.refusals.map(({ code }) => code)).toEqual(['never-returns'])
    const [patch, own] = ['idle.patch', 'idle-assist.c'].map(name => join(folder, name))
    const assisted = await hotsplice(['assist', '--tree', tree, '--patch', patch ?? '', '-o', own ?? ''])
    expect([assisted.status, assisted.stdout.includes('refused all the same')], assisted.stderr).toEqual([0, false])
    const text = readFileSync(own ?? '', 'latin1')
    expect(text).toContain('HOTSPLICE_NO_CALL("arch/x86/domain.c#idle_loop", "check_for_livepatch_work");')
    const { report, stderr } = await build('idle', IDLE, text)
    expect([report.outcome, report.refusals], stderr).toEqual(['built', []])
  })

  const size = (size: number, old: number) => (e: Editor) => e.put(FUNCS, 24, 4, size).put(FUNCS, 28, 4, old)
  test.for([
    { what: 'too many bytes', edit: size(32, 40), errno: 'EOPNOTSUPP', code: 'function-switched-off', result: -95 },
    { what: 'more than the old size', edit: size(6, 5), errno: 'EINVAL', code: 'function-switched-off', result: -22 },
    {
      what: 'other code is expected',
      edit: (e: Editor) => e.put(FUNCS, 74, 1, 0x77),
      errno: 'EINVAL',
      code: 'expectation',
      result: -22,
    },
  ])('$what', async ({ edit, errno, code, result }) => {
    const { report, bytes } = verified(edit)
    expect([report.errno, report.decidedBy]).toEqual([errno, code])
    const refused = code === 'expectation' ? ['upload fix', `! ${result} apply fix`] : [`! ${result} upload fix`]
    const seen = await rehearsed(bytes, [...refused, KEY])
    expect(seen.outcome, describeRehearsal(seen).slice(-3000)).toBe('passed')
  })

  /** Of the entry's old address. */
  const moved = (by: number) => (e: Editor) => {
    const rela = `.rela${FUNCS}`
    const at = Array.from({ length: e.relocationCount(rela) }, (_, index) => index)
    const found = at.find(index => e.relocation(rela, index, 'offset') === 16n) ?? -1
    const addend = e.relocation(rela, found, 'addend')
    e.setRelocation(rela, found, 'addend', by < 0 ? 0n : addend + BigInt(by)).put(FUNCS, 72, 1, 0)
  }
  const both = (one: (e: Editor) => unknown, other: (e: Editor) => unknown) => (e: Editor) => [one(e), other(e)]
  test('half a landing pad: Xen writes over its own memory', async () => {
    const { report, bytes } = verified(both(moved(-1), size(3, 3)))
    expect([report.errno, report.decidedBy]).toEqual(['crash', 'switched-off-landing-pad'])
    // Its own stack is what it writes over: it may die, or never answer again.
    const seen = await rehearsed(bytes, ['upload fix', 'apply fix'], 20_000)
    const { text } = seen.operations.at(-1) ?? {}
    expect([['crashed', 'timeout'].includes(seen.outcome), text], describeRehearsal(seen)).toEqual([true, 'apply fix'])
  })

  test('a part of an instruction', () => {
    for (const [by, length] of [
      [0, 3],
      [1, 4],
    ] as const) {
      const { report } = verified(both(moved(by), size(length, 5)))
      expect([report.errno, report.decidedBy]).toEqual(['crash', 'switched-off-end'])
    }
  })
})
