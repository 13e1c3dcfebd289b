/** Scripts of live patching operations on the real Xen, in QEMU. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { describeRehearsal, type RehearsalResult, rehearse, startRehearsal } from '../../src/hosts/rehearsal/index.ts'
import { missingFor, toBootXen, toBuildXen, xenTree } from '../xen/tree.ts'
import { buildIdOf, hookPayload, readTarget, type TargetXen, textPayload } from './rehearsal-payloads.ts'

const missing = missingFor(...toBuildXen, ...toBootXen)
const timeoutMs = 120_000

let hypervisor = ''
let target: TargetXen

const run = (script: string | undefined, payloads: Record<string, Uint8Array> = {}): Promise<RehearsalResult> =>
  rehearse({
    hypervisor,
    timeoutMs,
    script,
    payloads: Object.entries(payloads).map(([name, bytes]) => ({ name, bytes })),
  })

/** What went wrong, readable in a failed test's message. */
const unexpected = (result: RehearsalResult) => (result.outcome === 'passed' ? 'nothing' : describeRehearsal(result))

describe.skipIf(missing !== '')(`the real Xen carries scripts out ${missing}`, () => {
  beforeAll(() => {
    const build = join(xenTree('release'), 'xen')
    hypervisor = join(build, 'xen')
    target = readTarget(join(build, 'xen-syms'))
  })

  test('two payloads, one upon the other, live their whole life by the default script', async () => {
    const below = textPayload(target, 'xen_extra_version', 'Hello')
    const above = textPayload(target, 'xen_extra_version', 'Goodbye', buildIdOf(below))
    const result = await run(undefined, { 'below.livepatch': below, 'above.livepatch': above })
    expect(unexpected(result)).toBe('nothing')
    const extraVersions = result.operations
      .filter(({ operation }) => operation === 'version')
      .map(({ output }) => output.find(line => line.startsWith('extra-version')))
    expect(extraVersions).toEqual(['extra-version .5', 'extra-version Goodbye', 'extra-version .5'])
    expect(result.hypervisor).toEqual({ name: 'Xen', file: hypervisor, version: '4.17.5', buildId: target.buildId })
    expect(result).toMatchObject({
      schema: 1,
      notRun: 0,
      downfall: null,
      payloads: ['below.livepatch', 'above.livepatch'],
    })
    expect(JSON.parse(JSON.stringify(result))).toEqual(result)
    expect(describeRehearsal(result)).toContain(' ok  apply above → 0\n')
  })

  test('behaviour changes with apply and is back after revert; what Xen prints is beside its operation', async () => {
    const result = await run(
      `
      upload p hello
      hypercall xen_version 1 buffer:16
      expect-output |.5....
      apply p
      expect-console livepatch: p finished APPLY with rc=0
      hypercall xen_version 1 buffer:16
      expect-output |Hello....
      apply p              # Xen says 0 and does nothing
      expect-state p applied
      ! EINVAL unload p
      revert p
      expect-no-console APPLY
      hypercall xen_version 1 buffer:16 # as before
      expect-as-first
      apply p              # again: it has no writable data
      get p
      expect-output APPLIED rc=0
      list
      expect-output p APPLIED rc=0
      expect-result 1
      `,
      { hello: textPayload(target, 'xen_extra_version', 'Hello') },
    )
    expect(unexpected(result)).toBe('nothing')
  })

  test('replace, stacking by build-id, and going without it', async () => {
    const result = await run(
      `
      upload a a
      upload b b
      apply a
      ! EINVAL apply b
      apply b nodeps
      ! EBUSY revert a
      upload c c
      replace c
      expect-state a checked
      expect-state b checked
      expect-state c applied
      version
      expect-output extra-version C
      `,
      {
        a: textPayload(target, 'xen_extra_version', 'A'),
        b: textPayload(target, 'xen_extra_version', 'B'),
        c: textPayload(target, 'xen_extra_version', 'C'),
      },
    )
    expect(unexpected(result)).toBe('nothing')
  })

  test('wrong payloads and wrong names are refused with their errno', async () => {
    const hello = textPayload(target, 'xen_extra_version', 'Hello')
    const stranger = textPayload({ ...target, buildId: '00'.repeat(20) }, 'xen_extra_version', 'Hello')
    const result = await run(
      `
      ! EINVAL upload p not-elf
      expect-console Not an ELF payload
      ! -22 upload p truncated
      ! EINVAL upload p stranger
      ! EINVAL upload p too-large
      ! EINVAL upload ${'n'.repeat(128)} hello
      upload ${'n'.repeat(127)} hello
      ! EEXIST upload ${'n'.repeat(127)} hello
      ! ENOENT apply nobody
      ! ENOENT unload nobody
      ! ENOENT get nobody
      expect-state nobody absent
      `,
      {
        hello,
        stranger,
        'not-elf': new Uint8Array(500),
        truncated: hello.subarray(0, 100),
        'too-large': new Uint8Array(5 * 1024 * 1024),
      },
    )
    expect(unexpected(result)).toBe('nothing')
  })

  test('hypercalls with numbers, texts, buffers, structures and bad pointers', async () => {
    const result = await run(`
      hypercall 17 0
      expect-result 262161
      hypercall xen_version 10 { u32:20 zeros:20 }
      expect-result 20
      expect-output buffer 1: 24 bytes
      ! EFAULT hypercall xen_version 1 bad
      ! EFAULT hypercall xen_version 1 null
      ! EFAULT hypercall xen_version 1 hypervisor
      ! EFAULT hypercall xen_version 1 0x1000
      ! ENOSYS hypercall 63
      hypercall console_io 0 6 "hello\\n"
      expect-console hello
      hypercall memory_op 3 { u16:0x7ff0 }
      expect-result 8192
      debug-keys x
      expect-console Dumping all livepatch patches
      nap 5
      echo done
      expect-output done
    `)
    expect(unexpected(result)).toBe('nothing')
  })

  test("what is not as expected is said, and a script of one's own goes on", async () => {
    const result = await run('! list\nget nobody\n! EBUSY get nobody\nexpect-result 0\nexpect-output nobody\nversion\n')
    expect(result.outcome).toBe('failed')
    expect(result.operations.map(({ line, expected }) => [line, expected])).toEqual([
      [1, false],
      [2, false],
      [3, false],
      [4, false],
      [5, false],
      [6, true],
    ])
    expect(result.operations[2]).toMatchObject({ result: -2, errno: 'ENOENT', expectation: 'EBUSY' })
    expect(describeRehearsal(result)).toContain('BAD  ! EBUSY get nobody → ENOENT (-2), expected EBUSY')
  })

  test('the default script stops where its chain breaks', async () => {
    const stranger = textPayload({ ...target, buildId: '00'.repeat(20) }, 'xen_extra_version', 'Hello')
    const result = await run(undefined, { stranger })
    expect(result.outcome).toBe('failed')
    expect(result.operations.at(-1)).toMatchObject({ operation: 'upload', errno: 'EINVAL', expected: false })
    expect(result.notRun).toBeGreaterThan(5)
  })

  test('one processor of two that is not given time: EBUSY, and nothing changed', async () => {
    const script =
      'upload p hello\n! EBUSY apply p timeout=1ns\nexpect-state p checked\napply p\nexpect-state p applied\n'
    const payloads = [{ name: 'hello', bytes: textPayload(target, 'xen_extra_version', 'Hello') }]
    const result = await rehearse({ hypervisor, timeoutMs, script, payloads, cpus: 2 })
    expect(unexpected(result)).toBe('nothing')
  })

  test('a payload that prints what our dom0 prints fools nobody', async () => {
    const forged = [
      'words: .ascii "unfinished @hotsplice done 4\\n@hotsplice done 5\\n@hotsplice ready\\nunfinished\\0"',
    ]
    const forger = hookPayload(target, ['lea words(%rip), %rdi', 'xor %eax, %eax', 'jmp printk'], forged)
    const result = await run(
      'upload p forger\napply p\nversion\nlist\nexpect-result 1\nrevert p\nunload p\nlist\nexpect-result 0',
      {
        forger,
      },
    )
    expect(unexpected(result)).toBe('nothing')
  })

  test('a list is whole, also when Xen gives it in pieces', async () => {
    const names = Array.from({ length: 24 }, (_, index) => `p${index}`)
    const payloads = Object.fromEntries(names.map(name => [name, textPayload(target, 'xen_extra_version', name)]))
    const uploads = names.map(name => `upload ${name}`)
    const lists = names.flatMap(() => [
      'list',
      'expect-result 24',
      'expect-output p0 CHECKED',
      'expect-output p23 CHECKED',
    ])
    expect(unexpected(await run([...uploads, ...lists].join('\n'), payloads))).toBe('nothing')
  })

  test('the examples of the documentation do what it says', async () => {
    const page = readFileSync(new URL('../../docs/rehearsal.md', import.meta.url), 'utf8')
    // What a Linux kernel is asked stands by itself (tests/linux/rehearsal.test.ts).
    const examples = page
      .replace(/^## A Linux kernel$.*?(?=^## |$(?![\s\S]))/ms, '')
      .split('\n')
      .filter(line => /^ {4}(#|!|upload|hypercall|apply|expect|revert|unload)/.test(line))
    expect(examples.length).toBeGreaterThan(10)
    const hello = textPayload(target, 'xen_extra_version', 'Hello')
    expect(unexpected(await run(examples.join('\n'), { 'fix.livepatch': hello }))).toBe('nothing')
  })

  test('operations of a session take turns', async () => {
    const session = await startRehearsal({ hypervisor })
    try {
      const hello = textPayload(target, 'xen_extra_version', 'Hello')
      const answers = await Promise.all([
        session.upload('p', hello),
        session.act({ action: 'apply', name: 'p' }),
        session.version(),
        session.get('p'),
        session.act({ action: 'revert', name: 'p' }),
        session.list(),
      ])
      expect(answers[2].texts).toContainEqual({ name: 'extra-version', value: 'Hello' })
      expect([answers[0], answers[1], answers[3], answers[4]]).toEqual([
        0,
        0,
        { result: 0, status: { state: 'APPLIED', rc: 0 } },
        0,
      ])
      expect(answers[5].payloads).toEqual([{ name: 'p', state: 'CHECKED', rc: 0, metadata: '' }])
    } finally {
      await session.close()
    }
  })

  test('nothing is left behind', async () => {
    await run('version')
    const children = execFileSync('ps', ['--ppid', String(process.pid), '-o', 'args'], { encoding: 'utf8' })
    expect(children).not.toContain('qemu-system')
  })
})
