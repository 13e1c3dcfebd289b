/**
 * Values that change in a program that runs on: refused, written by assist, filled in, and looked at before, with, and after;
 * and what becomes of them where somebody has set one meanwhile.
 */
import { join } from 'node:path'
import { createTwoFilesPatch } from 'diff'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { assist } from '../../src/flows/assist/assist.ts'
import { openProcess } from '../../src/hosts/process/process-host.ts'
import { hasGcc } from '../support/gcc.ts'
import { createHotpatch } from '../support/opened.ts'
import { type BuiltDaemon, buildDaemon, RunningDaemon } from './process-daemon.ts'

const possible = hasGcc && process.arch === 'x64' && process.platform === 'linux'

/**
 * A number, a text, and one of a table's functions; `t` sets the number, as somebody at a console might.
 * `z` keeps all of them variable.
 */
const DAEMON = `
#include <stdio.h>

static int limit = 4;
static char greeting[16] = "hello";
static int add(int a, int b) { return a + b; }
static int product(int a, int b) { return a * b; }
static struct { int width; int (*of)(int, int); } steps[2] = { { 1, add }, { 2, product } };

int main(void)
{
    char line[128];
    setvbuf(stdout, NULL, _IOLBF, 0);
    while (fgets(line, sizeof line, stdin)) {
        switch (line[0]) {
        case 'l': printf("%d %s %d %d\\n", limit, greeting, steps[1].width, steps[1].of(3, 4)); break;
        case 't': limit = 77; greeting[0] = 'h'; printf("set\\n"); break;
        case 'z': limit = 4; steps[1].of = product; steps[1].width = 2; printf("back\\n"); break;
        }
    }
    return 0;
}
`
const PATCHED = DAEMON.replace('limit = 4;', 'limit = 5;')
  .replace('greeting[16] = "hello";', 'greeting[16] = "good day";')
  .replace('{ 2, product }', '{ 3, add }')
const OLD = '4 hello 2 12'
const NEW = '5 good day 3 7'
const OTHER = '77 hello 2 12'

type Otherwise = 'VETO' | 'LEAVE'

async function assisted({ folder, buildId }: BuiltDaemon): Promise<Readonly<Record<Otherwise, Uint8Array>>> {
  const patch = { name: 'fix.patch', text: createTwoFilesPatch('a/daemon.c', 'b/daemon.c', DAEMON, PATCHED) }
  const options = {
    ...({ tree: join(folder, 'tree'), target: 'process', jobs: 2, cacheFolder: join(folder, 'cache') } as const),
    ...{ progress: { step: () => undefined, tick: () => undefined }, signal: new AbortController().signal },
    ...{ depends: buildId, xenDepends: buildId, patches: [patch] },
  }
  const plain = await createHotpatch(options)
  expect(plain.refusals.map(({ code, symbol }) => `${code} ${symbol}`).sort()).toEqual([
    'changed-data greeting',
    'changed-data limit',
    'changed-data steps',
  ])
  const { report, source } = await assist({ ...options, version: '0', output: 'own.c' })
  expect([report.outcome, report.remaining, report.unwritten, report.patch]).toEqual(['written', [], [], null])
  const payloadOf = async (otherwise: Otherwise) => {
    const text = source.replace('FILL_IN_VETO_OR_LEAVE', otherwise)
    const run = await createHotpatch({ ...options, sources: [{ name: 'own.c', text, beside: 'daemon.o' }] })
    if (run.payload === undefined) throw new Error(`no payload: ${JSON.stringify(run.refusals)}`)
    return run.payload.bytes
  }
  return { VETO: await payloadOf('VETO'), LEAVE: await payloadOf('LEAVE') }
}

describe.skipIf(!possible)('values in a process (needs gcc on x86-64 Linux)', () => {
  let daemon: BuiltDaemon
  let payloads: Readonly<Record<Otherwise, Uint8Array>>
  beforeAll(async () => {
    daemon = buildDaemon(DAEMON)
    payloads = await assisted(daemon)
  })
  afterAll(() => daemon?.remove())

  test.for(['VETO', 'LEAVE'] as const)('%s', async otherwise => {
    const running = new RunningDaemon(daemon)
    expect(await running.ask('l')).toBe(OLD)
    const host = openProcess({ pid: running.pid })
    const apply = async () => {
      expect((await host.upload({ name: 'fix', payload: payloads[otherwise] })).result).toBe(0)
      return (await host.act({ action: 'apply', name: 'fix', timeoutMs: 5000 })).result
    }
    const take = async (action: 'revert' | 'unload') =>
      expect((await host.act({ action, name: 'fix', timeoutMs: 5000 })).result).toBe(0)
    try {
      for (let round = 0; round < 2; round++) {
        expect(await apply()).toBe(0)
        expect(await running.ask('l')).toBe(NEW)
        await take('revert')
        expect(await running.ask('l')).toBe(OLD)
        await take('unload')
      }
      // Somebody has set one meanwhile.
      await running.ask('t')
      const isApplied = otherwise === 'LEAVE'
      expect((await apply()) === 0).toBe(isApplied)
      expect(await running.ask('l')).toBe(OTHER)
      if (isApplied) await take('revert')
      expect(await running.ask('l')).toBe(OTHER)
    } finally {
      await host.close()
      running.stop()
    }
  })
})
