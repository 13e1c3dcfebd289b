/** Payloads on a running process: a threaded daemon that serves throughout. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { errnoName } from '../../src/hosts/abi/errno.ts'
import type { Host, Outcome } from '../../src/hosts/host.ts'
import { agentSource } from '../../src/hosts/process/agent-file.ts'
import { openProcess } from '../../src/hosts/process/process-host.ts'
import { hasGcc } from '../support/gcc.ts'
import { times } from '../support/sampled.ts'
import { type BuiltDaemon, buildDaemon, handPayload, idOf, RunningDaemon } from './process-daemon.ts'

const possible = hasGcc && process.arch === 'x64' && process.platform === 'linux'
let daemon: BuiltDaemon
let fix: Uint8Array
let running: RunningDaemon
let host: Host

const start = (options?: ConstructorParameters<typeof RunningDaemon>[1]) => {
  running = new RunningDaemon(daemon, options)
}
async function open(options?: ConstructorParameters<typeof RunningDaemon>[1]) {
  start(options)
  await running.ask('s')
  host = openProcess({ pid: running.pid })
}
const said = ({ result }: Outcome) => (result < 0 ? errnoName(result) : 'done')
const act = async (action: 'apply' | 'revert' | 'replace' | 'unload', name: string, timeoutMs?: number) =>
  said(await host.act({ action, name, timeoutMs }))
const upload = async (name: string, payload: Uint8Array) => said(await host.upload({ name, payload }))
const states = async () => (await host.list()).payloads.map(({ name, state, rc }) => `${name} ${state} ${rc}`)

describe.skipIf(!possible)('a running process (needs gcc on x86-64 Linux)', () => {
  beforeAll(async () => {
    daemon = buildDaemon()
    fix = await daemon.patched('fix', ['"hello %lu", n', '"good day %lu of %s", n, "new"'], ['x * 2', 'x * 3'])
  })
  afterEach(async () => {
    await host?.close()
    running?.stop()
  })
  afterAll(() => daemon?.remove())

  test('runs the new functions after apply and the old ones after revert', async () => {
    await open()
    expect([await running.ask('g'), await running.ask('a')]).toEqual(['hello 7', '6'])
    const before = await host.about()
    expect(await upload('fix', fix)).toBe('done')
    expect(await running.ask('a')).toBe('6')
    expect(await act('apply', 'fix')).toBe('done')
    expect([await running.ask('g'), await running.ask('a')]).toEqual(['good day 7 of new', '9'])
    expect(await states()).toEqual(['fix APPLIED 0'])
    expect(await act('revert', 'fix')).toBe('done')
    expect([await running.ask('g'), await running.ask('a')]).toEqual(['hello 7', '6'])
    expect(await act('unload', 'fix')).toBe('done')
    expect(await states()).toEqual([])
    expect(await host.about()).toEqual(before)
  })

  test('serves through many cycles, and every answer is one of the right ones', async () => {
    await open()
    await upload('fix', fix)
    let served = Number(await running.ask('s'))
    for (let cycle = 0; cycle < times(60, 300); cycle++) {
      expect(await act('apply', 'fix', 5000)).toBe('done')
      expect(await running.ask('b')).toBe('good day 1 of new 9')
      expect(await act('revert', 'fix', 5000)).toBe('done')
      expect(await running.ask('b')).toBe('hello 1 6')
      if (cycle % 20 === 0) {
        const now = Number(await running.ask('s'))
        expect(now).toBeGreaterThan(served)
        served = now
      }
    }
  })

  test('comes, works and goes many times, and takes no more room than before', async () => {
    await open()
    const before = await host.about()
    for (let cycle = 0; cycle < times(20, 100); cycle++) {
      expect(await upload(`fix${cycle}`, fix)).toBe('done')
      expect(await act('apply', `fix${cycle}`, 5000)).toBe('done')
      expect(await running.ask('b')).toBe('good day 1 of new 9')
      expect(await act('revert', `fix${cycle}`, 5000)).toBe('done')
      expect(await act('unload', `fix${cycle}`, 5000)).toBe('done')
    }
    expect(await host.about()).toEqual(before)
  })

  test('gives up when a thread stays inside, with nothing changed', async () => {
    await open()
    await upload('fix', fix)
    expect(await running.ask('h')).toBe('held')
    const outcome = await host.act({ action: 'apply', name: 'fix', timeoutMs: 200 })
    expect(said(outcome)).toBe('EBUSY')
    expect(outcome.words.join()).toMatch(/thread \d+ was in what is replaced, .* answer\+0x\w+ \(0x\w+\), in/)
    expect(await states()).toEqual(['fix CHECKED -16'])
    expect(await running.ask('g')).toBe('hello 7')
    expect(await running.ask('r')).toBe('released')
    expect(await act('apply', 'fix')).toBe('done')
    expect(await running.ask('g')).toBe('good day 7 of new')
  })

  test('waits for a thread that leaves in time, and answers questions meanwhile', async () => {
    await open()
    await upload('fix', fix)
    await running.ask('h')
    const pending = act('apply', 'fix', 30_000)
    await sleep(100)
    const other = openProcess({ pid: running.pid, lockMs: 0 })
    expect((await other.get('fix')).status).toEqual({ state: 'CHECKED', rc: -11 })
    expect(said(await other.act({ action: 'unload', name: 'fix' }))).toBe('EBUSY')
    await other.close()
    await running.ask('r')
    expect(await pending).toBe('done')
    expect(await running.ask('a')).toBe('9')
  })

  test('a revert, too, waits until no thread is in the new code', async () => {
    await open()
    await upload('fix', fix)
    await act('apply', 'fix')
    await running.ask('h')
    const { words } = await host.act({ action: 'revert', name: 'fix', timeoutMs: 100 })
    expect(words.join()).toMatch(/^thread .* the new answer\+0x[0-9a-f]+ /)
    expect(await running.ask('g')).toBe('good day 7 of new')
    await running.ask('r')
    expect(await act('revert', 'fix')).toBe('done')
  })

  test('stacks, and takes off only from the top', async () => {
    await open()
    const size = daemon.sizeOf('answer')
    const answering = (number: number, id: number, depends: string) =>
      handPayload({
        code: `int f${id}(int x) { return ${number}; }`,
        functions: [{ name: 'answer', oldSize: size, by: `f${id}` }],
        buildId: idOf(id),
        depends,
      })
    expect(await upload('one', answering(41, 1, daemon.buildId))).toBe('done')
    expect(await upload('two', answering(42, 2, idOf(1)))).toBe('done')
    expect(await upload('three', answering(43, 3, daemon.buildId))).toBe('done')
    expect(await act('apply', 'two')).toBe('EINVAL')
    expect(await act('apply', 'one')).toBe('done')
    expect(await act('apply', 'two')).toBe('done')
    expect(await running.ask('a')).toBe('42')
    expect(await act('revert', 'one')).toBe('EBUSY')
    expect(await act('unload', 'one')).toBe('EINVAL')
    expect((await host.act({ action: 'apply', name: 'three' })).words.join()).toContain('with --on and the file of two')
    expect(said(await host.act({ action: 'apply', name: 'three', nodeps: true }))).toBe('done')
    expect(await act('revert', 'three')).toBe('done')
    expect(await running.ask('a')).toBe('42')
    expect(await act('replace', 'three')).toBe('done')
    expect(await running.ask('a')).toBe('43')
    expect(await states()).toEqual(['one CHECKED 0', 'two CHECKED 0', 'three APPLIED 0'])
    expect(await act('revert', 'three')).toBe('done')
    expect(await running.ask('a')).toBe('6')
  })

  test('starts writable data afresh when it is applied again', async () => {
    await open()
    const code = 'static int count = 100; int f(int x) { return x == 3 ? ++count : 0; }'
    const functions = [{ name: 'answer', oldSize: daemon.sizeOf('answer'), by: 'f' }]
    await upload('counter', handPayload({ code, functions, buildId: idOf(9) }))
    for (let round = 0; round < 3; round++) {
      expect(await act('apply', 'counter')).toBe('done')
      expect(Number(await running.ask('a'))).toBeGreaterThan(100)
      const first = Number(await running.ask('a'))
      expect(first).toBeLessThan(2 ** 30)
      expect(await act('revert', 'counter')).toBe('done')
    }
  })

  test('calls hooks in their order, and one that says no ends it', async () => {
    await open()
    const hook = (name: string, at: number, result = 'void') =>
      `${result} ${name}(void) { extern int hook_calls[8]; static int n; hook_calls[${at}]++; ${result === 'int' ? 'return 0;' : ''} }`
    const code = [
      hook('pre', 0, 'int'),
      hook('load', 1),
      hook('post', 2),
      hook('prer', 3, 'int'),
      hook('unl', 4),
      hook('postr', 5),
      'extern int hook_calls[8];',
      'int no(void) { return hook_calls[7] == 0 ? -13 : 0; }',
    ].join('\n')
    const functions = [{ name: 'answer', oldSize: daemon.sizeOf('answer'), by: 'g' }]
    const all = { preapply: ['pre'], load: ['load'], postapply: ['post'] }
    const more = { prerevert: ['prer'], unload: ['unl'], postrevert: ['postr'] }
    const body = `int g(int x) { return 77; }\n${code}`
    await upload('hooks', handPayload({ code: body, functions, hooks: { ...all, ...more }, buildId: idOf(5) }))
    expect(await act('apply', 'hooks')).toBe('done')
    expect(await running.ask('c')).toBe('1 1 1 0 0 0 0 0')
    expect(await act('revert', 'hooks')).toBe('done')
    expect(await running.ask('c')).toBe('1 1 1 1 1 1 0 0')
    expect(await act('replace', 'hooks')).toBe('EOPNOTSUPP')
    await act('unload', 'hooks')
    for (const [index, name] of ['preapply', 'apply'].entries()) {
      const veto = handPayload({ code: body, functions, hooks: { [name]: ['no'] }, buildId: idOf(6 + index) })
      await upload(name, veto)
      expect(await act('apply', name)).toBe('EACCES')
      expect(await running.ask('a')).toBe('6')
      await act('unload', name)
    }
  })

  test('a hook that waits for a thread that stands does not hang the process', async () => {
    await open()
    const code = [
      'extern int pthread_mutex_lock(void *), pthread_mutex_unlock(void *); extern char mutex[40];',
      'int g(int x) { return 77; }',
      'void slow(void) { pthread_mutex_lock(mutex); pthread_mutex_unlock(mutex); }',
    ].join('\n')
    const functions = [{ name: 'answer', oldSize: daemon.sizeOf('answer'), by: 'g' }]
    await upload('slow', handPayload({ code, functions, hooks: { load: ['slow'] }, buildId: idOf(5) }))
    expect(await running.ask('k')).toBe('locked')
    const pending = host.act({ action: 'apply', name: 'slow' })
    await sleep(200)
    expect(await running.ask('u')).toBe('unlocked')
    expect(said(await pending)).toBe('ETIME')
    expect(await running.ask('a')).toBe('6')
    expect(await states()).toEqual(['slow CHECKED -62'])
  })

  test('refuses what does not fit, each with its own errno, and the process is untouched', async () => {
    await open({ env: { HOTSPLICE_POOL_MIB: '1' } })
    const size = daemon.sizeOf('answer')
    const by = { code: 'int g(int x) { return 77; }', buildId: idOf(7) }
    const one = (name: string, oldSize: number) => ({ ...by, functions: [{ name, oldSize, by: 'g' }] })
    const cases: readonly (readonly [string | null, Uint8Array])[] = [
      ['EINVAL', new Uint8Array()],
      ['EINVAL', new Uint8Array(100)],
      ['EINVAL', handPayload({ ...one('answer', size + 1) })],
      ['EINVAL', handPayload({ ...one('answer', size), programDepends: idOf(8) })],
      ['ENOENT', handPayload({ ...one('nobody', size) })],
      ['EOPNOTSUPP', handPayload({ ...one('puts', size) })],
      ['ENOENT', handPayload({ ...one('daemon.c#nobody', size) })],
      ['ENOENT', handPayload({ ...one('answer', size), code: 'int none(void); int g(int x) { return none(); }' })],
      ['ENOMEM', handPayload({ ...one('answer', size), code: 'char much[1500000]; int g(int x) { return much[x]; }' })],
      [
        'EOPNOTSUPP',
        handPayload({ ...one('answer', size), code: 'static __thread int t; int g(int x) { return t++; }' }),
      ],
      ['EINVAL', handPayload({ code: 'int g(int x) { return 77; }', buildId: idOf(7) })],
      ['EEXIST', handPayload({ ...one('answer', size), code: 'int limit; int g(int x) { return limit; }' })],
    ]
    for (const [errno, payload] of cases) {
      const outcome = await host.upload({ name: 'wrong', payload })
      expect([errno, said(outcome)]).toEqual([errno, errno])
      expect(outcome.words.join()).not.toBe('')
    }
    const [helper, both] = ['int helper(int x) { return x; }', 'int calls; int helper(int x) { return x; }']
    const again = [helper, helper, 'extern int helper(int);', both, both]
    for (const [at, errno] of ['done', 'done', 'EINVAL', 'done', 'EEXIST'].entries()) {
      const bring = { code: `${again[at]} int g(int x) { return helper(x); }`, buildId: idOf(21 + at) }
      const told = await host.upload({ name: `${at}`, payload: handPayload({ ...one('answer', size), ...bring }) })
      expect([said(told), `${told.words}`]).toEqual([errno, expect.stringMatching(errno === 'EEXIST' ? /--on/ : '')])
    }
    for (const name of ['0', '1', '3']) await act('unload', name)
    expect(await upload('', fix)).toBe('EINVAL')
    expect(await upload('n'.repeat(128), fix)).toBe('EINVAL')
    expect(await upload('n'.repeat(127), fix)).toBe('done')
    expect(await upload('n'.repeat(127), fix)).toBe('EEXIST')
    expect(await upload('other', fix)).toBe('EEXIST')
    expect(await states()).toEqual([`${'n'.repeat(127)} CHECKED 0`])
    expect(await running.ask('b')).toBe('hello 1 6')
  })

  test('functions of shared libraries are called; one to be replaced is refused by its library’s name', async () => {
    await open()
    const replace = (name: string, oldSize: number, code: string, programDepends = daemon.buildId) =>
      handPayload({ code, functions: [{ name, oldSize, by: 'g' }], buildId: idOf(7), programDepends })
    const calls = 'extern int abs(int), atoi(const char *); int g(int x) { return abs(-40) + atoi("2"); }'
    expect(await upload('calls', replace('answer', daemon.sizeOf('answer'), calls))).toBe('done')
    expect(await act('apply', 'calls')).toBe('done')
    expect(await running.ask('a')).toBe('42')
    expect(await act('revert', 'calls')).toBe('done')
    expect(await act('unload', 'calls')).toBe('done')
    const answer = 'int g(int x) { return 77; }'
    const maps = readFileSync(`/proc/${running.pid}/maps`, 'latin1')
    const libc = /(\/\S*libc\.so\S*)/.exec(maps)?.[1] ?? ''
    const notes = execFileSync('readelf', ['-n', libc]).toString()
    const libcId = /Build ID: ([0-9a-f]+)/.exec(notes)?.[1] ?? ''
    for (const payload of [replace('atoi', 20, answer), replace('answer', daemon.sizeOf('answer'), answer, libcId)]) {
      const outcome = await host.upload({ name: 'library', payload })
      expect(said(outcome)).toBe('EOPNOTSUPP')
      expect(outcome.words.join()).toContain(`the shared library ${libc}`)
      expect(outcome.words.join()).toContain('replace the functions of the program that call it')
    }
    expect(await states()).toEqual([])
    expect(await running.ask('b')).toBe('hello 1 6')
  })

  test('expectations are compared when it is applied', async () => {
    await open()
    const oldSize = daemon.sizeOf('answer')
    const code = 'int g(int x) { return 77; }'
    const wrong = { code, functions: [{ name: 'answer', oldSize, by: 'g', expect: [1, 2, 3] }], buildId: idOf(7) }
    expect(await upload('wrong', handPayload(wrong))).toBe('done')
    expect(await act('apply', 'wrong')).toBe('EINVAL')
    expect(await running.ask('a')).toBe('6')
  })

  test('a child of fork has an agent of its own', async () => {
    await open()
    await upload('fix', fix)
    const child = Number(await running.ask('f'))
    const other = openProcess({ pid: child })
    try {
      expect((await other.list()).payloads.map(({ state }) => state)).toEqual(['CHECKED'])
      expect(said(await other.act({ action: 'apply', name: 'fix' }))).toBe('done')
      expect(await running.ask('a')).toBe('6')
      expect(await states()).toEqual(['fix CHECKED 0'])
    } finally {
      await other.close()
      process.kill(child, 'SIGKILL')
    }
  })

  test('says clearly that there is no agent, no process, or another one', async () => {
    start({ agent: false })
    await running.ask('s')
    expect(() => openProcess({ pid: running.pid })).toThrow(/has no hotsplice agent/)
    expect(() => openProcess({ pid: running.pid, started: '1' })).toThrow(/was reused: it began at/)
    expect(() => openProcess({ pid: 2 ** 22 + 1 })).toThrow(/no process/)
    expect(await running.ask('a')).toBe('6')
  })

  test('a process that has ended meanwhile is noticed', async () => {
    await open()
    running.stop()
    await new Promise(done => running.child.on('exit', done))
    await expect(host.upload({ name: 'fix', payload: fix })).rejects.toThrow(/has ended|no process/)
  })
})

describe.skipIf(!possible)('other programs (need gcc on x86-64 Linux)', () => {
  const cycle = async (built: BuiltDaemon, env: Record<string, string>, symbols?: string) => {
    const other = new RunningDaemon(built, { agent: env.LD_PRELOAD !== undefined, env })
    try {
      await other.ask('s')
      const there = openProcess({ pid: other.pid, symbols })
      const payload = handPayload({
        code: 'extern int limit; int g(int x) { return x + limit; }',
        functions: [{ name: 'answer', oldSize: built.sizeOf('answer'), by: 'g' }],
        buildId: idOf(3),
        programDepends: built.buildId,
      })
      const outcomes = [await there.upload({ name: 'g', payload })]
      outcomes.push(await there.act({ action: 'apply', name: 'g' }))
      const answer = await other.ask('a')
      if (outcomes.every(({ result }) => result === 0)) outcomes.push(await there.act({ action: 'revert', name: 'g' }))
      await there.close()
      return [...outcomes.map(said), answer, await other.ask('a')]
    } finally {
      other.stop()
    }
  }

  test('one at fixed addresses, without PIE', async () => {
    const built = buildDaemon(undefined, ['-no-pie', '-fno-pie'])
    try {
      expect(await cycle(built, { LD_PRELOAD: built.agent })).toEqual(['done', 'done', 'done', '13', '6'])
    } finally {
      built.remove()
    }
  })

  test('one that has the agent linked in', async () => {
    const built = buildDaemon()
    try {
      execFileSync('gcc', ['-O2', '-pthread', '-Wl,--build-id', '-o', built.program, 'daemon.o', agentSource()], {
        cwd: dirname(built.program),
      })
      const buildId = /Build ID: ([0-9a-f]+)/.exec(execFileSync('readelf', ['-n', built.program]).toString())?.[1] ?? ''
      expect(await cycle({ ...built, buildId }, {})).toEqual(['done', 'done', 'done', '13', '6'])
    } finally {
      built.remove()
    }
  })

  test('one that was stripped needs its symbols, and only its own', async () => {
    const built = buildDaemon()
    const symbols = `${built.program}.symbols`
    try {
      copyFileSync(built.program, symbols)
      execFileSync('strip', [built.program])
      const env = { LD_PRELOAD: built.agent }
      expect(await cycle(built, env)).toEqual(['ENOENT', 'ENOENT', '6', '6'])
      expect(await cycle(built, env, symbols)).toEqual(['done', 'done', 'done', '13', '6'])
      await expect(cycle(built, env, process.execPath)).rejects.toThrow(/has build-id/)
    } finally {
      built.remove()
    }
  })
})
