/**
 * Refused, assisted, filled in, built, and looked at on the real Xen: before, with the payload, and after it is reverted. What
 * is looked at are the variables themselves, printed by the hook of another payload.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { describeRehearsal, type OperationResult, rehearse } from '../../src/hosts/rehearsal/index.ts'
import { buildPayload, hotsplice } from './command.ts'
import { type Edit, patchText } from './edits.ts'
import { missingFor, toBootXen, toBuildXen, xenTree } from './tree.ts'

const missing = missingFor(...toBuildXen, ...toBootXen)

/** A variable, a static local that had no value, a constant that other units read, and a table of functions. */
const VALUES: readonly Edit[] = [
  { file: 'xen/common/grant_table.c', find: 'opt_transitive_grants = true;', put: 'opt_transitive_grants = false;' },
  { file: 'xen/common/keyhandler.c', find: 'static u32 count = 0;', put: 'static u32 count = 7;' },
  {
    file: 'xen/arch/x86/cpu-policy.c',
    find: 'known_features[] = INIT_KNOWN_FEATURES;',
    put: 'known_features[] = { 0x12345678 };',
  },
  {
    file: 'xen/common/keyhandler.c',
    find: "KEYHANDLER('h', show_handlers, ",
    put: "KEYHANDLER('h', dump_hwdom_registers, ",
  },
  {
    file: 'xen/common/keyhandler.c',
    find: "KEYHANDLER('0', dump_hwdom_registers, ",
    put: "KEYHANDLER('0', show_handlers, ",
  },
]
/** Another payload, whose hook says what the variables hold. */
const LOOK = `#include "hotsplice.h"
HOTSPLICE_RUNNING(grants, "common/grant_table.c#opt_transitive_grants");
HOTSPLICE_RUNNING(features, "known_features");
HOTSPLICE_RUNNING(keys, "common/keyhandler.c#key_table");
static void look(void)
{
    printk("seen: grants %u, features %#x, h %ps\\n", *grants, *(unsigned int *)features, *(void **)(keys + 'h' * 24));
}
LIVEPATCH_LOAD_HOOK(look)
`
const OTHER: Edit = {
  file: 'xen/common/domain.c',
  after: 'long do_vm_assist(',
  find: 'return -ENOSYS;',
  put: 'return -EOPNOTSUPP;',
}
const OLD = 'seen: grants 1, features 0xbfebfbff, h common/keyhandler.c#show_handlers'
const NEW = 'seen: grants 0, features 0x12345678, h common/keyhandler.c#dump_hwdom_registers'

describe.skipIf(missing !== '')(`assist ${missing}`, () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplice-assist-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const patchOf = (name: string, edits: readonly Edit[]) => {
    const file = join(folder, `${name}.patch`)
    writeFileSync(file, patchText(xenTree('source'), edits), 'latin1')
    return file
  }

  const look = async () => {
    writeFileSync(join(folder, 'look.c'), LOOK)
    const request = { tree: xenTree('release'), patch: patchOf('look', [OTHER]), folder, name: 'look' }
    return await buildPayload({ ...request, more: ['--with', `${join(folder, 'look.c')}@common/domain.o`] })
  }

  test.for(['VETO', 'LEAVE'])('values that change, with %s', async (otherwise, { expect }) => {
    const patch = patchOf('values', VALUES)
    const tree = xenTree('release')
    const own = join(folder, `values-${otherwise}.c`)
    const refused = await buildPayload({ tree, patch, folder, name: otherwise })
    expect(refused.report.refusals.map(({ code }) => code).sort()).toEqual([
      'changed-constant',
      'changed-data',
      'changed-data',
      'data-layout',
    ])
    const { status, stderr } = await hotsplice(['assist', '--tree', tree, '--patch', patch, '-o', own])
    expect(status, stderr).toBe(0)
    const more = ['--with', `${own}@common/keyhandler.o`]
    expect((await buildPayload({ tree, patch, folder, name: otherwise, more })).stderr).toContain('VETO or LEAVE')
    writeFileSync(own, readFileSync(own, 'latin1').replace('FILL_IN_VETO_OR_LEAVE', otherwise), 'latin1')
    const { report, payload, stderr: words } = await buildPayload({ tree, patch, folder, name: otherwise, more })
    expect([report.outcome, report.refusals], words).toEqual(['built', []])

    const { payload: looking, stderr: why } = await look()
    expect(looking, why).toBeDefined()
    const looks = ['apply look nodeps', 'revert look']
    const script = ['upload fix', 'upload look', ...looks, 'apply fix', ...looks, 'revert fix', ...looks, 'unload fix']
    const result = await rehearse({
      hypervisor: join(tree, 'xen/xen'),
      payloads: [
        { name: 'fix', bytes: payload ?? new Uint8Array() },
        { name: 'look', bytes: looking ?? new Uint8Array() },
      ],
      script: script.join('\n'),
      timeoutMs: 120_000,
    })
    expect(result.outcome, describeRehearsal(result)).toBe('passed')
    expect(result.operations.flatMap(seen)).toEqual([OLD, NEW, OLD])
  })
})

const seen = ({ console }: OperationResult) => console.flatMap(line => /seen: .*/.exec(line)?.[0].trim() ?? [])
