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
import {
  type Configuration,
  missingFor,
  toBootArm64Xen,
  toBootXen,
  toBuildArm64Xen,
  toBuildXen,
  xenTree,
} from './tree.ts'

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

/** One kind of Xen, and what is made for it. */
class Bench {
  readonly tree: string
  readonly #folder: string

  constructor(configuration: Configuration) {
    this.tree = xenTree(configuration)
    this.#folder = mkdtempSync(join(tmpdir(), 'hotsplice-shadow-'))
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  fileOf(name: string): string {
    return join(this.#folder, name)
  }

  async build(name: string, unit: string) {
    const [patch, own] = [`${name}-assist.patch`, `${name}-assist.c`].map(each => this.fileOf(each))
    return this.#built(name, ['--patch', `${patch}`, '--with', `${own}@${unit}`])
  }

  #built(name: string, more: readonly string[]) {
    const options = { tree: this.tree, patch: this.fileOf(`${name}.patch`), folder: this.#folder, name }
    return buildPayload({ ...options, more: [...more, '--lines', 'auto'] })
  }

  /** Refused, written, not yet compiling, filled in, built. */
  async assisted(name: string, edits: readonly Edit[], unit: string, refusal: string): Promise<Uint8Array> {
    const patch = this.fileOf(`${name}.patch`)
    writeFileSync(patch, patchText(xenTree('source'), edits), 'latin1')
    const refused = await this.#built(name, [])
    const refusals = new Set(refused.report.refusals.map(({ code, symbol }) => `${code} ${symbol}`))
    expect([...refusals]).toEqual([refusal])
    const own = this.fileOf(`${name}-assist.c`)
    const { status, stderr, stdout } = await hotsplice(['assist', '--tree', this.tree, '--patch', patch, '-o', own])
    expect([status, stdout.includes('refused all the same')], stderr).toEqual([0, false])
    expect((await this.build(name, unit)).stderr).toContain('FILL_IN_')
    const text = readFileSync(own, 'latin1')
    const filled = text
      .replace(/^ *FILL_IN_(?:first_values|where_it_ends).*\n/gm, '')
      .replace('FILL_IN_how_many', '300')
    writeFileSync(own, filled.replace('FILL_IN_first_value;', '0;'), 'latin1')
    const { report, payload, stderr: words } = await this.build(name, unit)
    expect([report.outcome, report.refusals], words).toEqual(['built', []])
    return payload ?? new Uint8Array()
  }

  rehearsed(payload: Uint8Array, script: readonly string[], cpus = 1) {
    return rehearse({
      hypervisor: join(this.tree, 'xen/xen'),
      payloads: [{ name: 'fix', bytes: payload }],
      script: script.join('\n'),
      cpus,
      timeoutMs: 240_000,
    })
  }
}

const memberOf = (bench: Bench) =>
  bench.assisted('member', MEMBER, 'common/grant_table.o', 'shape-changed struct grant_table')
const counts = ({ operations }: Awaited<ReturnType<Bench['rehearsed']>>) =>
  operations.flatMap(({ console }) =>
    console.flatMap(line => /hotsplice: grant_table: .*/.exec(line)?.[0].trim() ?? []),
  )
const rounds = (domain: number, count: number) =>
  Array.from({ length: count }, () => [
    ...['upload fix', 'apply fix', ...asNew(domain), 'revert fix', ...queries(domain, 4), 'unload fix'],
  ]).flat()

const missingOnArm = missingFor(...toBuildArm64Xen, ...toBootArm64Xen)

test.skipIf(missingOnArm !== '')(`on AArch64: dom0's own table, before, with, and after ${missingOnArm}`, async () => {
  const bench = new Bench('arm64')
  try {
    const result = await bench.rehearsed(await memberOf(bench), [...queries(0, 4), ...rounds(0, 3)])
    expect(result.outcome, describeRehearsal(result).slice(-3000)).toBe('passed')
    expect(counts(result)).toEqual(Array(3).fill('hotsplice: grant_table: 1 given, 0 ended, 1 left'))
  } finally {
    bench.remove()
  }
})

describe.skipIf(missing !== '')(`shadow data ${missing}`, () => {
  let bench: Bench
  let fix: Uint8Array = new Uint8Array()
  beforeAll(async () => {
    bench = new Bench('release')
    fix = await memberOf(bench)
  })
  afterAll(() => bench?.remove())

  test('before, with, and after; domains come and go, and none has what another had', async () => {
    const domains = Array.from({ length: 200 }, (_, index) => index + 10)
    const script = [
      ...[create(1), ...queries(1, 4), 'upload fix', 'apply fix', ...asNew(1)],
      ...domains.flatMap(domain => [create(domain), ...asNew(domain), destroy(domain), 'nap 1']),
      ...['nap 50', `! EBUSY ${query(1)}`, 'revert fix', ...queries(1, 4), destroy(1), 'unload fix'],
    ]
    const result = await bench.rehearsed(fix, script)
    expect(result.outcome, describeRehearsal(result).slice(-3000)).toBe('passed')
    expect(counts(result)).toEqual(['hotsplice: grant_table: 201 given, 200 ended, 1 left'])
  })

  test('applied and reverted fifty times', async () => {
    const result = await bench.rehearsed(fix, [create(1), ...rounds(1, 50)])
    expect(result.outcome, describeRehearsal(result).slice(-3000)).toBe('passed')
    expect(counts(result)).toEqual(Array(50).fill('hotsplice: grant_table: 1 given, 0 ended, 1 left'))
  })

  test('without what an object ends with, another at its address has what it had', async () => {
    const upon = bench.fileOf('member-assist.patch')
    const text = readFileSync(upon, 'latin1')
    writeFileSync(upon, text.replace('(hotsplice_end_of_grant_table(t))', '(t) /* nothing */'), 'latin1')
    const { payload, stderr } = await bench.build('member', 'common/grant_table.o')
    writeFileSync(upon, text, 'latin1')
    if (payload === undefined) throw new Error(stderr)
    const domains = Array.from({ length: 20 }, (_, index) => index + 10)
    const result = await bench.rehearsed(payload, [
      ...['upload fix', 'apply fix'],
      ...domains.flatMap(domain => [create(domain), ...asNew(domain), destroy(domain), 'nap 5']),
    ])
    expect([result.outcome, result.operations.some(({ text, result }) => text === query(11) && result !== 0)]).toEqual([
      'failed',
      true,
    ])
  })

  test('a new per-CPU variable, on two processors', async () => {
    const payload = await bench.assisted('per-cpu', PER_CPU, 'common/domain.o', 'percpu-data per_cpu__assists')
    const unknown = 'hypercall vm_assist 7 3'
    const with_ = [`! -12 ${unknown}`, `! -24 ${unknown}`, `! -36 ${unknown}`]
    const old = `! -38 ${unknown}`
    const once = ['upload fix', old, 'apply fix', ...with_, 'revert fix', old, 'unload fix']
    const result = await bench.rehearsed(payload, [...once, ...once], 2)
    expect(result.outcome, describeRehearsal(result).slice(-3000)).toBe('passed')
  })

  test('a per-CPU variable in a file of which two units are made is not written, and it is said why', async () => {
    const patch = bench.fileOf('twice.patch')
    writeFileSync(patch, patchText(xenTree('source'), PER_CPU_TWICE), 'latin1')
    const json = bench.fileOf('twice.json')
    const args = ['assist', '--tree', bench.tree, '--patch', patch, '-o', bench.fileOf('twice-own.c'), '--json', json]
    const { status, stderr } = await hotsplice(args)
    const { unwritten } = JSON.parse(readFileSync(json, 'utf8'))
    expect(unwritten, stderr).toEqual([
      { symbol: 'asked', why: expect.stringContaining('common/compat/kernel.o and common/kernel.o are made') },
    ])
    expect(status).toBe(2)
  })
})
