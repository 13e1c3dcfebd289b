/**
 * Callers in a function's stead, on the real Xen: refused, asked for, built, and looked at before, with the payload, and after
 * it is reverted.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { describeRehearsal, rehearse } from '../../src/hosts/rehearsal/index.ts'
import { buildPayload } from './command.ts'
import { type Edit, patchText } from './edits.ts'
import { missingFor, toBootXen, toBuildXen, xenTree } from './tree.ts'

const missing = missingFor(...toBuildXen, ...toBootXen)

/** Called by a hypercall, its compat twin, a debug key and kexec, each in a unit of its own; and while the system boots. */
const VERSION: Edit = {
  file: 'xen/common/version.c',
  find: 'return XEN_EXTRAVERSION;',
  put: 'return XEN_EXTRAVERSION "-hotfix";',
}
const CALLERS = [
  'arch/x86/x86_64/traps.o print_xen_info',
  'common/compat/kernel.o compat_xen_version',
  'common/kernel.o do_xen_version',
  'common/kexec.o kexec_crash_save_info',
]
/** Two bytes, a trap, called while the system boots only. */
const TRAP: Edit = {
  file: 'xen/arch/x86/mm.c',
  find: 'BUG_ON(idx >= __end_of_fixed_addresses_x || idx <= FIX_X_RESERVED);',
  put: 'if ( idx >= __end_of_fixed_addresses_x || idx <= FIX_X_RESERVED ) return;',
}
/** Its address is in the table of keys. */
const KEY: Edit = {
  file: 'xen/common/keyhandler.c',
  after: 'void cf_check dump_registers(',
  find: "printk(\"'%c' pressed -> dumping registers",
  put: "printk(\"'%c' pressed -> showing registers",
}

describe.skipIf(missing !== '')(`callers in a function’s stead ${missing}`, () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplice-promoted-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const build = (name: string, edit: Edit, ...promote: string[]) => {
    const patch = join(folder, `${name}.patch`)
    writeFileSync(patch, patchText(xenTree('source'), [edit]), 'latin1')
    const more = promote.flatMap(each => ['--promote-callers', each])
    return buildPayload({ tree: xenTree('release'), patch, folder, name, more })
  }
  const refusals = async (...of: Parameters<typeof build>) =>
    (await build(...of)).report.refusals.map(({ code, symbol, text, hint }) => `${code} ${symbol}: ${text} ${hint}`)

  test('where not all of them are known, or none is there: refused', async ({ expect }) => {
    expect(await refusals('trap', TRAP)).toEqual([
      expect.stringMatching(
        /^too-small __set_fixmap_x: .*cannot do that: nothing that stays in the running system calls it$/,
      ),
    ])
    expect(await refusals('key', KEY, 'dump_registers')).toEqual([
      expect.stringMatching(/^callers-unknown dump_registers: .*key_table \(common\/keyhandler\.o\) has its address/),
    ])
  })

  test('four units’ functions go to the new one in the payload, and back', async ({ expect }) => {
    const { report, payload, stderr } = await build('version', VERSION, 'xen_extra_version')
    expect([report.outcome, report.refusals], stderr).toEqual(['built', []])
    const reasons = report.functions.flatMap(({ name, unit, reasons: [first] }) =>
      first?.code === 'promoted-caller' ? [`${unit} ${name}`] : [],
    )
    expect(reasons.sort()).toEqual(CALLERS)
    const result = await rehearse({
      hypervisor: join(xenTree('release'), 'xen/xen'),
      payloads: [{ name: 'fix', bytes: payload ?? new Uint8Array() }],
      script: ['version', 'upload fix', 'apply fix', 'version', 'revert fix', 'version', 'unload fix'].join('\n'),
      timeoutMs: 120_000,
    })
    expect(result.outcome, describeRehearsal(result)).toBe('passed')
    const seen = result.operations.flatMap(({ output }) => output.filter(line => line.startsWith('extra-version')))
    expect(seen).toEqual(['extra-version .5', 'extra-version .5-hotfix', 'extra-version .5'])
  })
})
