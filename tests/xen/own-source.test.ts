/** Hooks in a source of the user's own, compiled beside Xen's, run on the real Xen as the patch is applied and reverted. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeRehearsal, rehearse } from '../../src/hosts/rehearsal/index.ts'
import { buildPayload, named } from './command.ts'
import { patchText } from './edits.ts'
import { missingFor, toBootXen, toBuildXen, xenTree } from './tree.ts'

const missing = missingFor(...toBuildXen, ...toBootXen)
const HOOKS = `
#include <xen/lib.h>
#include <xen/livepatch_payload.h>
static void begin(void) { printk("own hook: begun\\n"); }
static void end(void) { printk("own hook: ended\\n"); }
LIVEPATCH_LOAD_HOOK(begin);
LIVEPATCH_UNLOAD_HOOK(end);
`

describe.skipIf(missing !== '')(`a source of one's own ${missing}`, () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplice-own-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('its hooks are found, and run', async () => {
    const patch = join(folder, 'fix.patch')
    const hooks = join(folder, 'hooks.c')
    const edit = {
      file: 'xen/common/domain.c',
      after: 'long do_vm_assist(',
      find: 'return -ENOSYS;',
      put: 'return -EOPNOTSUPP;',
    }
    writeFileSync(patch, patchText(xenTree('source'), [edit]), 'latin1')
    writeFileSync(hooks, HOOKS)
    const more = ['--with', `${hooks}@arch/x86/traps.o`]
    const { report, payload, stderr } = await buildPayload({ tree: xenTree('release'), patch, folder, more })
    expect([report.outcome, named(report.functions, 'changed')], stderr).toEqual([
      'built',
      ['common/domain.o do_vm_assist'],
    ])
    expect(named(report.functions, 'new')).toEqual(['arch/x86/hooks.o begin', 'arch/x86/hooks.o end'])
    const result = await rehearse({
      hypervisor: join(xenTree('release'), 'xen/xen'),
      payloads: [{ name: 'fix', bytes: payload ?? new Uint8Array() }],
      script:
        'upload fix\n! -38 hypercall vm_assist 7 3\napply fix\n! -95 hypercall vm_assist 7 3\nrevert fix\n! -38 hypercall vm_assist 7 3',
      timeoutMs: 120_000,
    })
    expect(result.outcome, describeRehearsal(result)).toBe('passed')
    const console = describeRehearsal(result) + JSON.stringify(result)
    expect([/own hook: begun/.test(console), /own hook: ended/.test(console)]).toEqual([true, true])
  })
})
