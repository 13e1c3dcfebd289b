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

const EDIT = {
  file: 'xen/common/domain.c',
  after: 'long do_vm_assist(',
  find: 'return -ENOSYS;',
  put: 'return -EOPNOTSUPP;',
}
const VETO = `#include "hotsplice.h"
HOTSPLICE_RUNNING(alternative, "common/keyhandler.c#alt_key_handling");
static int keys(void) { return *(volatile bool *)alternative ? -EBUSY : 0; }
HOTSPLICE_VETO(keys)
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
    writeFileSync(patch, patchText(xenTree('source'), [EDIT]), 'latin1')
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

  test('a check of its own says no, as long as something is so', async () => {
    const patch = join(folder, 'veto.patch')
    const hooks = join(folder, 'veto.c')
    writeFileSync(patch, patchText(xenTree('source'), [EDIT]), 'latin1')
    writeFileSync(hooks, VETO)
    const more = ['--with', `${hooks}@common/keyhandler.o`]
    const { report, payload, stderr } = await buildPayload({
      tree: xenTree('release'),
      patch,
      folder,
      name: 'veto',
      more,
    })
    expect([report.outcome, report.refusals], stderr).toEqual(['built', []])
    // The key switches it on and off.
    const key = 'hypercall sysctl { u32:7 u32:0x15 "A" u32:1 zeros:116 }'
    const [old, with_] = ['! -38 hypercall vm_assist 7 3', '! -95 hypercall vm_assist 7 3']
    const result = await rehearse({
      hypervisor: join(xenTree('release'), 'xen/xen'),
      payloads: [{ name: 'fix', bytes: payload ?? new Uint8Array() }],
      script: [
        ...['upload fix', key, '! EBUSY apply fix', old],
        ...[key, 'apply fix', with_, 'revert fix', old],
        ...[key, '! EBUSY apply fix', old, 'unload fix'],
      ].join('\n'),
      timeoutMs: 120_000,
    })
    expect(result.outcome, describeRehearsal(result)).toBe('passed')
    expect(
      result.operations.flatMap(({ console }) => console).some(line => /keys: not applied \(-16\)/.test(line)),
    ).toBe(true)
  })
})
