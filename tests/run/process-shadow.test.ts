/** New members of structures in a program that runs on: written by assist, filled in, applied and reverted under load. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createTwoFilesPatch } from 'diff'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { assist } from '../../src/flows/assist/assist.ts'
import { openProcess } from '../../src/hosts/process/process-host.ts'
import { hasGcc } from '../support/gcc.ts'
import { createHotpatch } from '../support/opened.ts'
import { times } from '../support/sampled.ts'
import { type BuiltDaemon, buildDaemon, RunningDaemon } from './process-daemon.ts'

const possible = hasGcc && process.arch === 'x64' && process.platform === 'linux'

/** Threads open a session, ask it once, and close it; so does who asks, at leisure. */
const DAEMON = `
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct session { int id;
};
static unsigned long served, wrong;

__attribute__((noinline)) struct session *open_session(int id)
{
    struct session *session = malloc(sizeof *session);
    session->id = id;
    return session;
}

__attribute__((noinline)) int ask_session(struct session *session)
{
    return session->id * 1000;
}

__attribute__((noinline)) void close_session(struct session *session)
{
    session->id = 0;
    free(session);
}

static void *worker(void *nothing)
{
    for (;;) {
        struct session *session = open_session(7);
        int answer = ask_session(session);
        if (answer != 7000 && answer != 7001) __atomic_add_fetch(&wrong, 1, __ATOMIC_RELAXED);
        close_session(session);
        if ((__atomic_add_fetch(&served, 1, __ATOMIC_RELAXED) & 0xf) == 0) usleep(500);
    }
    return nothing;
}

int main(int argc, char **argv)
{
    int threads = argc > 1 ? atoi(argv[1]) : 2, id = 0;
    struct session *session = open_session(id);
    char line[128];
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 0; i < threads; i++) {
        pthread_t t;
        pthread_create(&t, NULL, worker, NULL);
    }
    while (fgets(line, sizeof line, stdin)) {
        switch (line[0]) {
        case 'a': printf("%d\\n", ask_session(session)); break;
        case 'o': close_session(session); session = open_session(++id); printf("%d\\n", id); break;
        case 's': printf("%lu\\n", __atomic_load_n(&served, __ATOMIC_RELAXED)); break;
        case 'w': printf("%lu\\n", __atomic_load_n(&wrong, __ATOMIC_RELAXED)); break;
        }
    }
    return 0;
}
`
const PATCHED = DAEMON.replace('{ int id;\n};', '{ int id;\n    int asked;\n};').replace(
  'return session->id * 1000;',
  'return session->id * 1000 + ++session->asked;',
)

/** Beside what the first patch changed: sessions that are opened from then on. */
const AGAIN = PATCHED.replace('session->id = id;', 'session->id = id + 5;')

interface Both {
  readonly fix: Uint8Array
  /** What comes upon it, and what is said of that with the store's source given again, whatever that is called. */
  readonly upon: Uint8Array
  readonly refused: readonly string[]
}

async function assisted({ folder, buildId }: BuiltDaemon): Promise<Both> {
  const patch = { name: 'fix.patch', text: createTwoFilesPatch('a/daemon.c', 'b/daemon.c', DAEMON, PATCHED) }
  const options = {
    ...({ tree: join(folder, 'tree'), target: 'process', jobs: 2, cacheFolder: join(folder, 'cache') } as const),
    ...{ progress: { step: () => undefined, tick: () => undefined }, signal: new AbortController().signal },
    ...{ depends: buildId, xenDepends: buildId },
  }
  const plain = await createHotpatch({ ...options, patches: [patch] })
  expect(plain.refusals.map(({ code }) => code)).toContain('shape-changed')
  const { report, source, patch: upon } = await assist({ ...options, patches: [patch], version: '0', output: 'own.c' })
  expect([report.outcome, report.remaining, report.unwritten]).toEqual(['written', [], []])
  const own = source.replace(/^ *FILL_IN_(?:first_values|where_it_ends).*\n/gm, '').replace('FILL_IN_how_many', '64')
  const patches = [patch, { name: 'own.patch', text: upon }]
  const sources = (name: string) => [{ name, text: own, beside: 'daemon.o' }]
  const run = await createHotpatch({ ...options, patches, sources: sources('own.c') })
  if (run.payload === undefined) throw new Error(`no payload: ${JSON.stringify(run.refusals)}`)
  expect(run.notices.filter(({ code }) => code === 'shadow-data').map(({ text }) => text)).toEqual([
    expect.stringContaining('all begin anew'),
  ])
  const first = join(folder, 'first.payload')
  writeFileSync(first, run.payload.bytes)
  const text = createTwoFilesPatch('a/daemon.c', 'b/daemon.c', PATCHED, AGAIN, '', '', { context: 1 })
  // What it depends on is the payload below.
  const { depends: _below, ...others } = options
  const more = { ...others, patches: [...patches, { name: 'again.patch', text }], on: [first] }
  const refused: string[] = []
  for (const name of ['own.c', 'renamed.c']) {
    const { refusals } = await createHotpatch({ ...more, sources: sources(name) })
    refused.push(...refusals.map(({ code, symbol }) => `${code} ${symbol}`))
  }
  const second = await createHotpatch(more)
  if (second.payload === undefined) throw new Error(`no payload: ${JSON.stringify(second.refusals)}`)
  expect(second.notices.filter(({ code }) => code === 'shadow-data').map(({ text }) => text)).toEqual([
    expect.stringMatching(/are kept by first.payload$/),
  ])
  // In the second patch of the one below, the member is another number than what that keeps.
  const wider = upon.replace(/^\+\s*int asked;$/m, line => line.replace('int', 'long'))
  expect(wider).not.toBe(upon)
  const other = await createHotpatch({
    ...more,
    patches: [patch, { name: 'own.patch', text: wider }, ...more.patches.slice(2)],
  })
  refused.push(...other.refusals.map(({ code, symbol }) => `${code} ${symbol}`))
  return { fix: run.payload.bytes, upon: second.payload.bytes, refused }
}

describe.skipIf(!possible)('new members in a process (needs gcc on x86-64 Linux)', () => {
  let daemon: BuiltDaemon
  let fix: Uint8Array
  let upon: Uint8Array
  let refused: readonly string[]
  beforeAll(async () => {
    // Else whoever calls knows which registers are left alone, and changes too: loops that never end.
    daemon = buildDaemon(DAEMON, ['-fno-ipa-ra'])
    ;({ fix, upon, refused } = await assisted(daemon))
  })
  afterAll(() => daemon?.remove())

  test('a second payload finds what the first one keeps, and never brings a store of its own', async () => {
    expect(refused).toEqual([
      'shadow-data-below hotsplice_store_of_session',
      'shadow-data-below hotsplice_store_of_session',
      'shadow-data-below struct hotsplice_of_session',
    ])
    const running = new RunningDaemon(daemon)
    await running.ask('s')
    const host = openProcess({ pid: running.pid })
    const apply = async (name: string, payload: Uint8Array) => {
      expect((await host.upload({ name, payload })).result).toBe(0)
      const { result, words } = await host.act({ action: 'apply', name, timeoutMs: 5000 })
      expect([result, result === 0 ? [] : words]).toEqual([0, []])
    }
    try {
      await apply('fix', fix)
      expect([await running.ask('a'), await running.ask('a')]).toEqual(['1', '2'])
      await apply('upon', upon)
      expect(await running.ask('a')).toBe('3')
      await running.ask('o')
      expect([await running.ask('a'), await running.ask('a')]).toEqual(['6001', '6002'])
      expect((await host.act({ action: 'revert', name: 'upon', timeoutMs: 5000 })).result).toBe(0)
      expect(await running.ask('a')).toBe('6003')
    } finally {
      await host.close()
      running.stop()
    }
  })

  test('each session has its own, and none what another had', async () => {
    const running = new RunningDaemon(daemon)
    const asked = async (letters: string) => {
      const answers: string[] = []
      for (const letter of letters) answers.push(await running.ask(letter))
      return answers.join(' ')
    }
    await running.ask('s')
    const host = openProcess({ pid: running.pid })
    try {
      let id = 0
      let served = Number(await running.ask('s'))
      for (let round = 0; round < times(10, 50); round++) {
        expect(await asked('aa')).toBe(`${id * 1000} ${id * 1000}`)
        expect((await host.upload({ name: 'fix', payload: fix })).result).toBe(0)
        const { result, words } = await host.act({ action: 'apply', name: 'fix', timeoutMs: 5000 })
        expect([result, result === 0 ? [] : words]).toEqual([0, []])
        // An object that is older than the payload, and two that are not.
        expect(await asked('aa')).toBe(`${id * 1000 + 1} ${id * 1000 + 2}`)
        for (let more = 0; more < 2; more++) {
          id++
          expect(await asked('oaa')).toBe(`${id} ${id * 1000 + 1} ${id * 1000 + 2}`)
        }
        expect((await host.act({ action: 'revert', name: 'fix', timeoutMs: 5000 })).result).toBe(0)
        expect((await host.act({ action: 'unload', name: 'fix' })).result).toBe(0)
        const now = Number(await running.ask('s'))
        expect(now).toBeGreaterThan(served)
        served = now
      }
      expect(await running.ask('w')).toBe('0')
    } finally {
      await host.close()
      running.stop()
    }
  })
})
