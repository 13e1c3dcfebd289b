/**
 * What comes to a structure whose objects live, and a new per-CPU variable: refused, assisted, filled in, built, and looked at
 * on the real Xen before, with, and after; then while domains come and go.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeRehearsal, rehearse } from '../../src/hosts/rehearsal/index.ts'
import { buildPayload, hotsplice } from './command.ts'
import { type Edit, patchText } from './edits.ts'
import { missingFor, toBootXen, toBuildXen, xenTree } from './tree.ts'

const missing = missingFor(...toBuildXen, ...toBootXen)

/** A domain's table of grants counts how often somebody asked for its size, and says so three times. */
const MEMBER: readonly Edit[] = [
  {
    file: 'xen/common/grant_table.c',
    after: '/* Domain to which this struct grant_table belongs. */',
    find: 'struct domain *domain;\n',
    put: 'struct domain *domain;\n    unsigned int queries;\n',
  },
  {
    file: 'xen/common/grant_table.c',
    after: 'if ( xsm_grant_query_size(XSM_TARGET',
    find: 'gt = d->grant_table;\n',
    put: 'gt = d->grant_table;\n    if ( gt->queries >= 3 )\n    {\n        rcu_unlock_domain(d);\n        return -EBUSY;\n    }\n    gt->queries++;\n',
  },
]

/** Each CPU adds its number, and one, to its own. */
const PER_CPU: readonly Edit[] = [
  {
    file: 'xen/common/domain.c',
    find: '#ifdef arch_vm_assist_valid_mask\n',
    put: `static DEFINE_PER_CPU(unsigned int, assists);
static void count_assist(void *unused)
{
    this_cpu(assists) += smp_processor_id() + 1;
}

#ifdef arch_vm_assist_valid_mask
`,
  },
  {
    file: 'xen/common/domain.c',
    after: 'long do_vm_assist(',
    find: '    return -ENOSYS;',
    put: `    on_selected_cpus(&cpu_online_map, count_assist, NULL, 1);
    return -(int)(per_cpu(assists, 0) * 10 + per_cpu(assists, 1));`,
  },
]

/** A file that another one includes once more, for guests of 32 bits. */
const PER_CPU_TWICE: readonly Edit[] = [
  {
    file: 'xen/common/kernel.c',
    find: '#ifndef COMPAT\n',
    put: 'static DEFINE_PER_CPU(unsigned int, asked);\n#ifndef COMPAT\n',
  },
  {
    file: 'xen/common/kernel.c',
    find: 'case XENVER_pagesize:\n',
    put: 'case XENVER_pagesize:\n        this_cpu(asked)++;\n',
  },
]

const domctl = (command: number, domain: number, fields = 'zeros:128') =>
  `hypercall domctl { u32:${command} u32:0x15 u16:${domain} zeros:6 ${fields} }`
/** XEN_DOMCTL_createdomain: a paravirtualised domain of one processor. */
const create = (domain: number) => domctl(1, domain, 'zeros:20 u32:0 u32:0 u32:1 u32:64 u32:4 u32:4 u32:1 zeros:80')
const destroy = (domain: number) => domctl(2, domain)
/** GNTTABOP_query_size */
const query = (domain: number) => `hypercall grant_table_op 6 { u16:${domain} zeros:14 } 1`
const queries = (domain: number, count: number) => Array.from({ length: count }, () => query(domain))
/** What the new code says of a domain that nobody asked about before. */
const asNew = (domain: number) => [...queries(domain, 3), `! EBUSY ${query(domain)}`]

describe.skipIf(missing !== '')(`shadow data ${missing}`, () => {
  let folder = ''
  let fix: Uint8Array = new Uint8Array()
  const tree = missing === '' ? xenTree('release') : ''
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplice-shadow-'))
    fix = await assisted('member', MEMBER, 'common/grant_table.o', 'shape-changed struct grant_table')
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const fileOf = (name: string) => join(folder, name)

  const build = async (name: string, unit: string) => {
    const more = ['--patch', fileOf(`${name}-assist.patch`), '--with', `${fileOf(`${name}-assist.c`)}@${unit}`]
    return buildPayload({ tree, patch: fileOf(`${name}.patch`), folder, name, more: [...more, '--lines', 'auto'] })
  }

  /** Refused, written, not yet compiling, filled in, built. */
  const assisted = async (name: string, edits: readonly Edit[], unit: string, refusal: string) => {
    const patch = fileOf(`${name}.patch`)
    writeFileSync(patch, patchText(xenTree('source'), edits), 'latin1')
    const refused = await buildPayload({ tree, patch, folder, name, more: ['--lines', 'auto'] })
    const refusals = new Set(refused.report.refusals.map(({ code, symbol }) => `${code} ${symbol}`))
    expect([...refusals]).toEqual([refusal])
    const own = fileOf(`${name}-assist.c`)
    const { status, stderr, stdout } = await hotsplice(['assist', '--tree', tree, '--patch', patch, '-o', own])
    expect([status, stdout.includes('refused all the same')], stderr).toEqual([0, false])
    expect((await build(name, unit)).stderr).toContain('FILL_IN_')
    const text = readFileSync(own, 'latin1')
    const filled = text
      .replace(/^ *FILL_IN_(?:first_values|where_it_ends).*\n/gm, '')
      .replace('FILL_IN_how_many', '300')
    writeFileSync(own, filled.replace('FILL_IN_first_value;', '0;'), 'latin1')
    const { report, payload, stderr: words } = await build(name, unit)
    expect([report.outcome, report.refusals], words).toEqual(['built', []])
    return payload ?? new Uint8Array()
  }

  const rehearsed = (payload: Uint8Array, script: readonly string[], cpus = 1) =>
    rehearse({
      hypervisor: join(tree, 'xen/xen'),
      payloads: [{ name: 'fix', bytes: payload }],
      script: script.join('\n'),
      cpus,
      timeoutMs: 240_000,
    })
  const counts = (result: Awaited<ReturnType<typeof rehearsed>>) =>
    result.operations.flatMap(({ console }) =>
      console.flatMap(line => /hotsplice: grant_table: .*/.exec(line)?.[0].trim() ?? []),
    )

  test('before, with, and after; domains come and go, and none has what another had', async () => {
    const domains = Array.from({ length: 200 }, (_, index) => index + 10)
    const script = [
      ...[create(1), ...queries(1, 4), 'upload fix', 'apply fix', ...asNew(1)],
      ...domains.flatMap(domain => [create(domain), ...asNew(domain), destroy(domain), 'nap 1']),
      ...['nap 50', `! EBUSY ${query(1)}`, 'revert fix', ...queries(1, 4), destroy(1), 'unload fix'],
    ]
    const result = await rehearsed(fix, script)
    expect(result.outcome, describeRehearsal(result).slice(-3000)).toBe('passed')
    expect(counts(result)).toEqual(['hotsplice: grant_table: 201 given, 200 ended, 1 left'])
  })

  test('applied and reverted fifty times', async () => {
    const round = ['upload fix', 'apply fix', ...asNew(1), 'revert fix', ...queries(1, 4), 'unload fix']
    const result = await rehearsed(fix, [create(1), ...Array.from({ length: 50 }, () => round).flat()])
    expect(result.outcome, describeRehearsal(result).slice(-3000)).toBe('passed')
    expect(counts(result)).toEqual(Array(50).fill('hotsplice: grant_table: 1 given, 0 ended, 1 left'))
  })

  test('without what an object ends with, another at its address has what it had', async () => {
    const upon = fileOf('member-assist.patch')
    const text = readFileSync(upon, 'latin1')
    writeFileSync(upon, text.replace('(hotsplice_end_of_grant_table(t))', '(t) /* nothing */'), 'latin1')
    const { payload, stderr } = await build('member', 'common/grant_table.o')
    writeFileSync(upon, text, 'latin1')
    if (payload === undefined) throw new Error(stderr)
    const domains = Array.from({ length: 20 }, (_, index) => index + 10)
    const result = await rehearsed(payload, [
      ...['upload fix', 'apply fix'],
      ...domains.flatMap(domain => [create(domain), ...asNew(domain), destroy(domain), 'nap 5']),
    ])
    expect([result.outcome, result.operations.some(({ text, result }) => text === query(11) && result !== 0)]).toEqual([
      'failed',
      true,
    ])
  })

  test('a new per-CPU variable, on two processors', async () => {
    const payload = await assisted('per-cpu', PER_CPU, 'common/domain.o', 'percpu-data per_cpu__assists')
    const unknown = 'hypercall vm_assist 7 3'
    const with_ = [`! -12 ${unknown}`, `! -24 ${unknown}`, `! -36 ${unknown}`]
    const old = `! -38 ${unknown}`
    const once = ['upload fix', old, 'apply fix', ...with_, 'revert fix', old, 'unload fix']
    const result = await rehearsed(payload, [...once, ...once], 2)
    expect(result.outcome, describeRehearsal(result).slice(-3000)).toBe('passed')
  })

  test('a per-CPU variable in a file of which two units are made is not written, and it is said why', async () => {
    const patch = fileOf('twice.patch')
    writeFileSync(patch, patchText(xenTree('source'), PER_CPU_TWICE), 'latin1')
    const json = fileOf('twice.json')
    const args = ['assist', '--tree', tree, '--patch', patch, '-o', fileOf('twice-own.c'), '--json', json]
    const { status, stderr } = await hotsplice(args)
    const { unwritten } = JSON.parse(readFileSync(json, 'utf8'))
    expect(unwritten, stderr).toEqual([
      { symbol: 'asked', why: expect.stringContaining('common/compat/kernel.o and common/kernel.o are made') },
    ])
    expect(status).toBe(2)
  })
})
