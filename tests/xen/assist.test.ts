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
/** Boot code that sets a variable under a condition, and code that runs later and reads it. */
const BOOT: readonly Edit[] = [
  { file: 'xen/common/keyhandler.c', find: 'num_present_cpus() > 16', put: 'num_present_cpus() > 0' },
  {
    file: 'xen/common/keyhandler.c',
    find: 'pressed -> using %s key handling',
    put: 'pressed -> now using %s key handling',
  },
]
/** A payload whose hook says what the variable holds, and one that changes it, as somebody at the console might. */
const KEYS = (write: string) => `#include "hotsplice.h"
HOTSPLICE_RUNNING(alternative, "common/keyhandler.c#alt_key_handling");
static void look(void) { ${write} printk("seen: alternative %u\\n", *alternative); }
LIVEPATCH_LOAD_HOOK(look)
`
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

  /** A payload with a source of our own and little else. */
  const hooked = async (name: string, source: string) => {
    writeFileSync(join(folder, `${name}.c`), source)
    const more = ['--with', `${join(folder, `${name}.c`)}@common/domain.o`]
    const { payload, stderr } = await buildPayload({
      tree: xenTree('release'),
      patch: patchOf(name, [OTHER]),
      folder,
      name,
      more,
    })
    if (payload === undefined) throw new Error(stderr)
    return { name, bytes: payload }
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

    const looks = ['apply look nodeps', 'revert look']
    const script = ['upload fix', 'upload look', ...looks, 'apply fix', ...looks, 'revert fix', ...looks, 'unload fix']
    const result = await rehearse({
      hypervisor: join(tree, 'xen/xen'),
      payloads: [{ name: 'fix', bytes: payload ?? new Uint8Array() }, await hooked('look', LOOK)],
      script: script.join('\n'),
      timeoutMs: 120_000,
    })
    expect(result.outcome, describeRehearsal(result)).toBe('passed')
    expect(result.operations.flatMap(seen)).toEqual([OLD, NEW, OLD])
  })

  test('boot code that is left out, and what it would have set', async ({ expect }) => {
    const patch = patchOf('boot', BOOT)
    const tree = xenTree('release')
    const own = join(folder, 'boot-assist.c')
    const build = async (...more: string[]) => await buildPayload({ tree, patch, folder, name: 'boot', more })
    const codes = async (...more: string[]) =>
      (await build(...more)).report.refusals.map(({ code, symbol }) => `${code} ${symbol}`)
    expect(await codes()).toEqual(['init-code initialize_keytable'])
    // What runs later reads what boot code sets.
    expect(await codes('--leave-init', 'all')).toEqual(['init-left-needed do_toggle_alt_key'])
    const { status, stderr } = await hotsplice(['assist', '--tree', tree, '--patch', patch, '-o', own])
    expect(status, stderr).toBe(0)
    const text = readFileSync(own, 'latin1')
    writeFileSync(own, text.replace('FILL_IN_IF_SO ', '').replace('FILL_IN_VETO_OR_LEAVE', 'VETO'), 'latin1')
    const {
      report,
      payload,
      stdout,
      stderr: words,
    } = await build('--leave-init', 'initialize_keytable', '--with', `${own}@common/keyhandler.o`)
    expect([report.outcome, report.refusals], words).toEqual(['built', []])
    expect(stdout).toContain('initialize_keytable of common/keyhandler.o is left out')

    const looks = ['apply look nodeps', 'revert look']
    // Where somebody has changed the value meanwhile, the payload vetoes.
    const script = [
      'upload fix',
      'upload look',
      'upload tamper',
      ...looks,
      'apply fix',
      ...looks,
      'revert fix',
      ...looks,
    ]
    const tampered = ['apply tamper nodeps', 'revert tamper']
    // It is uploaded again first, or Xen would refuse it for having data, whatever the values are.
    const vetoed = ['unload fix', 'upload fix', ...tampered, '! -22 apply fix', ...looks, 'unload fix']
    const result = await rehearse({
      hypervisor: join(tree, 'xen/xen'),
      payloads: [
        { name: 'fix', bytes: payload ?? new Uint8Array() },
        await hooked('look', KEYS('')),
        await hooked('tamper', KEYS('*alternative = 1;')),
      ],
      script: [...script, ...vetoed].join('\n'),
      timeoutMs: 120_000,
    })
    expect(result.outcome, describeRehearsal(result)).toBe('passed')
    const values = result.operations.flatMap(seen).map(line => Number(line.replace(/\D+/g, '')))
    expect(values).toEqual([0, 1, 0, 1, 1])
    expect(result.operations.some(({ console }) => console.some(line => line.includes('is not the old one')))).toBe(
      true,
    )
  })
})

const seen = ({ console }: OperationResult) => console.flatMap(line => /seen: .*/.exec(line)?.[0].trim() ?? [])
