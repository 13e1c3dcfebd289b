/** Payloads that bring Xen down, hang it, or are broken: what the rehearsal makes of them. */
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { describeRehearsal, type Judgement, judgePayloads, rehearse } from '../../src/hosts/rehearsal/index.ts'
import { missingFor, toBootXen, toBuildXen, xenTree } from '../xen/tree.ts'
import { hookPayload, readTarget, type TargetXen, textPayload } from './rehearsal-payloads.ts'

const missing = missingFor(...toBuildXen, ...toBootXen)
const timeoutMs = 120_000

let hypervisor = ''
let target: TargetXen

const CRASH = ['ud2']
const FAULT_LOOP = ['xor %esp, %esp', 'push %rax']
const TRIPLE_FAULT = ['lea words(%rip), %rax', 'lidt (%rax)', 'ud2']
const NO_TABLE = ['words: .zero 16']
const HANG = ['1: pause', 'jmp 1b']
const CHATTER = ['1: lea words(%rip), %rdi', 'xor %eax, %eax', 'call printk', 'jmp 1b']
const WORDS = ['words: .asciz "and on and on and on "']

describe.skipIf(missing !== '')(`Xen goes down ${missing}`, () => {
  beforeAll(() => {
    const build = join(xenTree('release'), 'xen')
    hypervisor = join(build, 'xen')
    target = readTarget(join(build, 'xen-syms'))
  })

  const apply = (code: readonly string[], data: readonly string[], patience = timeoutMs) =>
    rehearse({
      hypervisor,
      timeoutMs: patience,
      script: 'upload p p\napply p\nversion\nlist',
      payloads: [{ name: 'p', bytes: hookPayload(target, code, data) }],
    })

  test('a panic ends it at once, with the last lines', async () => {
    const result = await apply(CRASH, [])
    expect(result).toMatchObject({ outcome: 'crashed', notRun: 2, downfall: { kind: 'crashed' } })
    expect(result.operations[1]).toMatchObject({ operation: 'apply', result: null, errno: null, expected: false })
    expect(result.downfall?.lines.join('\n')).toMatch(/FATAL TRAP.*invalid opcode[\s\S]*Reboot in five seconds/)
    expect(describeRehearsal(result)).toMatch(
      /BAD {2}apply p, expected success\n[\s\S]*the machine crashed: [\s\S]*crashed: 2 operations/,
    )
  })

  test('a fault in the fault handler is not listened to for long', async () => {
    const result = await apply(FAULT_LOOP, [])
    expect(result.outcome).toBe('crashed')
    expect(result.downfall?.sign).toContain('DOUBLE FAULT')
    expect(result.console.length).toBeLessThan(1000)
  })

  test('a reset without a word is a crash, too', async () => {
    const result = await apply(TRIPLE_FAULT, NO_TABLE)
    expect(result.outcome).toBe('crashed')
    expect(result.downfall?.sign).toContain('triple fault')
  })

  test('a payload that never returns is a time-out', async () => {
    const result = await apply(HANG, [], 4000)
    expect(result).toMatchObject({ outcome: 'timeout', downfall: { kind: 'hung' } })
    expect(result.operations).toHaveLength(2)
  })

  test('a payload that prints for ever costs bounded memory', async () => {
    const result = await apply(CHATTER, WORDS, 4000)
    expect(result.outcome).toBe('timeout')
    expect(JSON.stringify(result).length).toBeLessThan(3_000_000)
  })

  test("an abort stops it, with the caller's reason", async () => {
    const controller = new AbortController()
    const payloads = [{ name: 'p', bytes: hookPayload(target, HANG) }]
    const script = 'upload p p\napply p\n'
    const onLine = (line: string) => line.includes('Applying') && controller.abort(new Error('enough'))
    await expect(
      rehearse({ hypervisor, timeoutMs, payloads, script, signal: controller.signal, onLine }),
    ).rejects.toThrow('enough')
  })

  test('many payloads are judged in few boots; one that crashes costs only its own', async () => {
    const hello = textPayload(target, 'xen_extra_version', 'Hello')
    const payloads = [
      { name: 'good', bytes: hello },
      { name: 'not ELF', bytes: new Uint8Array(100) },
      { name: 'crash', bytes: hookPayload(target, CRASH) },
      { name: 'hang', bytes: hookPayload(target, HANG) },
      { name: 'good again', bytes: hello },
      { name: 'depends on another', bytes: textPayload(target, 'xen_extra_version', 'Hello', '11'.repeat(20)) },
      { name: 'good at last', bytes: hello },
    ]
    const judgements: Judgement[] = []
    for await (const judgement of judgePayloads({ hypervisor, payloads, through: 'cycle', timeoutMs: 4000 }))
      judgements.push(judgement)
    expect(judgements.map(({ name, verdict, failedAt, errno }) => [name, verdict, failedAt, errno])).toEqual([
      ['good', 'accepted', null, null],
      ['not ELF', 'refused', 'upload', 'EINVAL'],
      ['crash', 'crash', 'apply', null],
      ['hang', 'hang', 'apply', null],
      ['good again', 'accepted', null, null],
      ['depends on another', 'refused', 'apply', 'EINVAL'],
      ['good at last', 'accepted', null, null],
    ])
    expect(judgements[1]?.console.join()).toContain('Not an ELF payload')
  })

  test('payloads can be judged upon others', async () => {
    const below = { name: 'below', bytes: hookPayload(target, ['ret']) }
    const above = { name: 'above', bytes: textPayload(target, 'xen_extra_version', 'Hello') }
    const judged = judgePayloads({ hypervisor, payloads: [above], on: [below], through: 'cycle' })
    const { value } = await judged.next()
    await judged.return()
    expect(value).toMatchObject({ verdict: 'refused', failedAt: 'apply', errno: 'EINVAL' }) // it names Xen as what it is upon
  })
})
