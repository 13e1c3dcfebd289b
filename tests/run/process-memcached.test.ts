/**
 * A program that nobody here wrote: Debian's memcached, threaded, under a bounded load on loopback. Three hotpatches of
 * different kinds come and go hundreds of times; no request is lost or answered wrongly. A thread that stays inside makes
 * an apply wait; a tool that dies leaves it serving, patched or not.
 */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Host } from '../../src/hosts/host.ts'
import { openProcess } from '../../src/hosts/process/process-host.ts'
import { draws } from '../support/harmless.ts'
import { type Built, buildPayloads, Client, KINDS, type Kind, load, startServer, tree } from './memcached.ts'
import { handPayload, idOf } from './process-daemon.ts'
import { settledState, startTool, writeTool } from './process-tool.ts'

/** More of both: HOTSPLICE_CYCLES=1000 HOTSPLICE_KILLS=500. */
const CYCLES = Number(process.env.HOTSPLICE_CYCLES ?? 100)
const KILLS = Number(process.env.HOTSPLICE_KILLS ?? 10)
const SEED = Number(process.env.HOTSPLICE_SEED ?? 10)
const CLIENTS = 4

describe.skipIf(tree === undefined)('memcached (needs gcc, and Debian’s source package to be had)', () => {
  let folder: string
  let server: ChildProcess
  let port: number
  let host: Host
  let built: Built

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplice-memcached-'))
    built = await buildPayloads(tree ?? '', folder)
    ;({ port, server } = await startServer(built.program, join(folder, 'cache')))
    host = openProcess({ pid: server.pid ?? 0 })
  })

  afterAll(async () => {
    await host?.close()
    server?.kill('SIGKILL')
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  })

  test(`${KINDS.length} kinds of hotpatch, ${CYCLES} times each, and no request is lost or answered wrongly`, async () => {
    const stop = new AbortController()
    const clients = Array.from({ length: CLIENTS }, (_, number) => load(port, number, stop.signal))
    const observer = new Client(port)
    const before = await host.about()
    const ask = async ({ request }: Kind) => {
      await observer.ask('set number 0 0 1\r\n0')
      return observer.ask(request)
    }
    try {
      for (let cycle = 0; cycle < CYCLES; cycle++) {
        for (const [index, kind] of KINDS.entries()) {
          const name = `kind${index}`
          expect(await host.upload({ name, payload: built.payloads[index] ?? new Uint8Array() })).toMatchObject({
            result: 0,
          })
          expect(await ask(kind)).toMatch(kind.before)
          expect(await host.act({ action: 'apply', name, timeoutMs: 10_000 })).toMatchObject({ result: 0 })
          expect(await ask(kind)).toMatch(kind.after)
          expect(await host.act({ action: 'revert', name, timeoutMs: 10_000 })).toMatchObject({ result: 0 })
          expect(await ask(kind)).toMatch(kind.before)
          expect(await host.act({ action: 'unload', name, timeoutMs: 10_000 })).toMatchObject({ result: 0 })
        }
      }
    } finally {
      stop.abort()
      observer.close()
    }
    const loads = await Promise.all(clients)
    expect(loads.flatMap(({ wrong }) => wrong)).toEqual([])
    for (const { right } of loads) expect(right).toBeGreaterThan(CYCLES)
    expect(await host.about()).toEqual(before)
    expect(server.exitCode).toBeNull()
  })

  test('all three at once, one on the other, and off again', async () => {
    const observer = new Client(port)
    try {
      for (let round = 0; round < 20; round++) {
        for (const [index] of KINDS.entries()) {
          await host.upload({ name: `kind${index}`, payload: built.payloads[index] ?? new Uint8Array() })
          // They depend on the program, not on each other; one file's two replace different functions.
          const outcome = await host.act({ action: 'apply', name: `kind${index}`, nodeps: true, timeoutMs: 10_000 })
          expect(outcome).toMatchObject({ result: 0 })
        }
        await observer.ask('set number 0 0 1\r\n0')
        for (const kind of KINDS) expect(await observer.ask(kind.request)).toMatch(kind.after)
        for (const index of [...KINDS.keys()].toReversed()) {
          for (const action of ['revert', 'unload'] as const) {
            expect(await host.act({ action, name: `kind${index}`, timeoutMs: 10_000 })).toMatchObject({ result: 0 })
          }
        }
        await observer.ask('set number 0 0 1\r\n0')
        for (const kind of KINDS) expect(await observer.ask(kind.request)).toMatch(kind.before)
      }
    } finally {
      observer.close()
    }
  })

  test('a thread that stays inside what is replaced makes apply wait, and time out with nothing changed', async () => {
    const gate = join(folder, 'gate')
    const kind = KINDS[1]
    if (kind === undefined) throw new Error('there is no second kind')
    writeFileSync(gate, '')
    // It takes the lock of one item, by a thread of its own, for as long as the gate is there.
    const code = [
      'extern int access(const char *, int), usleep(unsigned), pthread_create(void *, void *, void *, void *);',
      'extern int pthread_sigmask(int, const void *, void *);',
      'extern unsigned (*hash)(const void *, unsigned long);',
      'extern void item_lock(unsigned), item_unlock(unsigned);',
      'static volatile int locked; static unsigned long thread;',
      // A thread has the signals blocked that its parent has, here the agent: all of them.
      'static void *hold(void *nothing) { static unsigned long none[16]; pthread_sigmask(2, none, 0);',
      'unsigned item = hash("held", 4); item_lock(item); locked = 1;',
      `while (access("${gate}", 0) == 0) usleep(1000);`,
      'item_unlock(item); return nothing; }',
      'int start(void) { pthread_create(&thread, 0, hold, 0); while (!locked) usleep(1000); return 0; }',
    ].join('\n')
    const holder = handPayload({ code, hooks: { preapply: ['start'] }, buildId: idOf(77) })
    const observer = new Client(port)
    await observer.ask('set held 0 0 1\r\n5')
    expect(await host.upload({ name: 'holder', payload: holder })).toMatchObject({ result: 0 })
    expect(await host.act({ action: 'apply', name: 'holder', timeoutMs: 10_000 })).toMatchObject({ result: 0 })
    const held = new Client(port)
    const answer = held.ask('incr held 1')
    await sleep(100)
    // One of the four threads is in incr; the others serve.
    const other = new Client(port)
    await host.upload({ name: 'kind1', payload: built.payloads[1] ?? new Uint8Array() })
    const begun = performance.now()
    const outcome = await host.act({ action: 'apply', name: 'kind1', nodeps: true, timeoutMs: 300 })
    expect(performance.now() - begun).toBeGreaterThanOrEqual(300)
    expect([outcome.result, outcome.words.join()]).toEqual([-16, expect.stringMatching(/was in what is replaced/)])
    expect((await host.get('kind1')).status).toEqual({ state: 'CHECKED', rc: -16 })
    expect(await other.ask(kind.request)).toMatch(kind.before)

    const pending = host.act({ action: 'apply', name: 'kind1', nodeps: true, timeoutMs: 60_000 })
    await sleep(100)
    const asking = openProcess({ pid: server.pid ?? 0, lockMs: 0 })
    expect((await asking.get('kind1')).status).toEqual({ state: 'CHECKED', rc: -11 })
    await asking.close()
    expect(await other.ask(kind.request)).toMatch(kind.before)
    rmSync(gate)
    expect(await pending).toMatchObject({ result: 0 })
    expect(await answer).toBe('6')
    expect(await other.ask(kind.request)).toMatch(kind.after)
    for (const name of ['kind1', 'holder']) {
      for (const action of ['revert', 'unload'] as const) {
        expect(await host.act({ action, name, timeoutMs: 10_000 })).toMatchObject({ result: 0 })
      }
    }
    for (const client of [observer, held, other]) client.close()
  })

  test(`a tool killed at ${KILLS} moments drawn from seed ${SEED}: it serves on, and is patched or is not`, async () => {
    const kind = KINDS[2]
    if (kind === undefined) throw new Error('there is no third kind')
    writeFileSync(join(folder, 'fix.livepatch'), built.payloads[2] ?? new Uint8Array())
    const script = writeTool(folder)
    const stop = new AbortController()
    const clients = Array.from({ length: CLIENTS }, (_, number) => load(port, number, stop.signal))
    const observer = new Client(port)
    const before = await host.about()
    const seen = new Map<string, number>()
    const draw = draws(SEED)
    try {
      for (let kill = 0; kill < KILLS; kill++) {
        const tool = await startTool(script, server.pid ?? 0, 'fix')
        await sleep(draw(1200) / 10) // about one round of the tool's
        tool.kill('SIGKILL')
        await once(tool, 'exit')
        const state = await settledState(host, 'fix')
        seen.set(state, (seen.get(state) ?? 0) + 1)
        expect([state, await observer.ask(kind.request)]).toEqual([
          state,
          expect.stringMatching(state === 'APPLIED' ? kind.after : kind.before),
        ])
        for (const action of state === 'APPLIED' ? (['revert', 'unload'] as const) : (['unload'] as const)) {
          const wanted = state === 'absent' ? -2 : 0
          expect(await host.act({ action, name: 'fix', timeoutMs: 10_000 })).toMatchObject({ result: wanted })
        }
        expect(await observer.ask(kind.request)).toMatch(kind.before)
      }
    } finally {
      stop.abort()
      observer.close()
    }
    const loads = await Promise.all(clients)
    expect(loads.flatMap(({ wrong }) => wrong)).toEqual([])
    expect(await host.about()).toEqual(before)
    expect(server.exitCode).toBeNull()
    // Else the kills were all at the same point, and showed nothing; ten may be.
    if (KILLS >= 25) expect(seen.size).toBeGreaterThan(1)
  })
})
