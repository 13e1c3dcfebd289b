/** Programs that are hard to bring to a stand: each mode of one small program is one difficulty. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { errnoName } from '../../src/hosts/abi/errno.ts'
import type { Host } from '../../src/hosts/host.ts'
import { openProcess } from '../../src/hosts/process/process-host.ts'
import { hasGcc } from '../support/gcc.ts'
import { type BuiltDaemon, buildDaemon, handPayload, idOf, RunningDaemon } from './process-daemon.ts'

const possible = hasGcc && process.arch === 'x64' && process.platform === 'linux'

const CROWD = `
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

volatile unsigned long turns;
volatile int moved, strange, hold = 1;

__attribute__((noinline)) int victim(int x)
{
    for (; hold && x; turns++) usleep(100);
    return x + 1;
}
static int alive;
static void *born(void *nothing)
{
    for (int i = 0; i < 100000; i++) turns++;
    __atomic_sub_fetch(&alive, 1, __ATOMIC_SEQ_CST);
    return nothing;
}
static void *bear(void *nothing)
{
    pthread_t child;
    for (;;) {
        if (__atomic_add_fetch(&alive, 1, __ATOMIC_SEQ_CST) < 20 && pthread_create(&child, NULL, born, NULL) == 0) pthread_detach(child);
        else __atomic_sub_fetch(&alive, 1, __ATOMIC_SEQ_CST);
    }
    return nothing;
}
static void *spin(void *nothing)
{
    for (;;) turns++;
    return nothing;
}
/* The caller's frame lies above a page of another mapping: locked memory is a mapping of its own. */
static void *deep(void *nothing)
{
    volatile char room[65536];
    memset((void *)room, 1, sizeof room);
    mlock((void *)(((unsigned long)room + 32768) & ~4095ul), 4096);
    for (;;) turns++;
    return nothing;
}
static int inside_deep(void *(*f)(void *))
{
    return f(NULL) != NULL;
}
__attribute__((noinline)) int keeper(int x)
{
    return inside_deep(x ? deep : spin) + 1;
}
static void *keep(void *nothing)
{
    return keeper(1) ? nothing : NULL;
}
/* A return address that nobody will go to any more, in a frame that is not written to. */
volatile int wipe;
__attribute__((noinline)) static int beyond(volatile int *x)
{
    return *x + 1;
}
__attribute__((noinline)) int passing(int x)
{
    volatile int room[64];
    room[0] = x;
    return beyond(room) + room[0];
}
__attribute__((noinline)) static void rest(void)
{
    volatile char room[8192];
    room[0] = 1;
    while (!wipe) turns += (unsigned long)room[0];
    memset((void *)room, 1, sizeof room);
    for (;;) turns += (unsigned long)room[1];
}
static void *leave(void *nothing)
{
    moved += passing(0) - 1;
    rest();
    return nothing;
}
static void *wait_for_signals(void *nothing)
{
    sigset_t all;
    int got;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    for (;;) if (sigwait(&all, &got) == 0) strange = got;
    return nothing;
}
static void start(void *(*f)(void *), pthread_attr_t *how)
{
    pthread_t thread;
    if (pthread_create(&thread, how, f, NULL) != 0) abort();
}

int main(void)
{
    const struct rlimit none = {0, 0};
    char line[128];
    pthread_attr_t how;
    setvbuf(stdout, NULL, _IOLBF, 0);
    pthread_attr_init(&how);
    while (fgets(line, sizeof line, stdin)) {
        switch (line[0]) {
        case 'b': for (int i = 0; i < 4; i++) start(bear, NULL); break;
        case 'n': start(spin, NULL); setrlimit(RLIMIT_SIGPENDING, &none); break;
        case 'd': start(keep, NULL); break;
        case 'w': start(wait_for_signals, NULL); break;
        case 'o': start(leave, NULL); break;
        case 'x': wipe = 1; break;
        case 'g': {
            /* A stack with memory above it that is mapped, and cannot be read. */
            char *stack = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            if (madvise(stack + (1 << 19), 1 << 19, 102 /* MADV_GUARD_INSTALL */) != 0) { printf("no guards\\n"); continue; }
            pthread_attr_setstack(&how, stack, 1 << 19);
            start(spin, &how);
            break;
        }
        }
        usleep(20000);
        printf("%d %d\\n", moved, strange);
    }
    return 0;
}
`

describe.skipIf(!possible)('threads that are hard to stop (needs gcc on x86-64 Linux)', () => {
  let crowd: BuiltDaemon
  let running: RunningDaemon
  let host: Host
  const watch = () =>
    handPayload({
      code: `extern volatile unsigned long turns; extern volatile int moved;
        void watch(void *slot) { unsigned long before = turns; for (volatile int i = 0; i < 300000; i++); moved += turns != before; }`,
      hooks: { load: ['watch'] },
      buildId: idOf(1),
    })
  const replacing = (name: string) =>
    handPayload({
      code: 'int fresh(int x) { return x + 2; }',
      functions: [{ name, oldSize: crowd.sizeOf(name), by: 'fresh' }],
      buildId: idOf(2),
    })
  const said = ({ result, words }: { result: number; words: readonly string[] }) =>
    result < 0 ? `${errnoName(result)} ${words.join()}` : 'done'
  const open = async (mode: string, payload: Uint8Array) => {
    running = new RunningDaemon(crowd)
    const answer = await running.ask(mode)
    host = openProcess({ pid: running.pid })
    expect(said(await host.upload({ name: 'p', payload }))).toBe('done')
    return answer
  }
  const apply = async (timeoutMs = 200) => said(await host.act({ action: 'apply', name: 'p', timeoutMs }))

  beforeAll(() => {
    crowd = buildDaemon(CROWD)
  })
  afterEach(async () => {
    await host?.close()
    running?.stop()
  })
  afterAll(() => crowd?.remove())

  test('threads that give birth to threads: none runs while the others stand', async () => {
    await open('b', watch())
    for (let round = 0; round < 12; round++) {
      expect(await apply(20_000)).toBe('done')
      expect(said(await host.act({ action: 'revert', name: 'p', timeoutMs: 20_000 }))).toBe('done')
    }
    expect(await running.ask('?')).toBe('0 0')
  })

  test('a thread that cannot be sent a signal is not taken for one that has ended', async () => {
    await open('n', watch())
    expect(await apply()).toMatch(/^EBUSY thread \d+/)
    expect(await running.ask('?')).toBe('0 0')
  })

  test('a stack of several mappings is looked through to its end', async () => {
    await open('d', replacing('keeper'))
    expect(await apply()).toMatch(/^EBUSY thread \d+ was in what is replaced, .* holds keeper\+0x/)
  })

  test('a word that is left over is told, with what to do about it', async () => {
    await open('o', replacing('passing'))
    const told = await apply(400)
    expect(told).toMatch(
      /^EBUSY thread \d+ was in what is replaced, or would return to it: the word at 0x[0-9a-f]+ of its stack, 0x[0-9a-f]+ above the stack pointer, holds passing\+0x[0-9a-f]+ \(0x[0-9a-f]+\), in the last of \d+ attempts,/,
    )
    expect(told).toMatch(/,the same word in each of the last \d+ attempts: .*let the thread do other work/)
    expect(await running.ask('x')).toBe('0 0')
    expect(await apply(2000)).toBe('done')
  })

  test('a stack below memory that cannot be read', async () => {
    const answer = await open('g', replacing('victim'))
    if (answer === 'no guards') return
    expect(await apply(2000)).toBe('done')
    expect(await running.ask('?')).toBe('0 0')
  })

  test('a thread that waits for all signals is not woken by ours', async () => {
    await open('w', watch())
    expect(await apply()).toMatch(/^EBUSY thread \d+/)
    await sleep(20)
    expect(await running.ask('?')).toBe('0 0')
  })
})
