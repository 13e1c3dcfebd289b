/** Programs that are not what they say: agents that make things up, and filters that end the program for a call. */
import { dirname } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { errnoName } from '../../src/hosts/abi/errno.ts'
import type { Host, Outcome } from '../../src/hosts/host.ts'
import { agentSource } from '../../src/hosts/process/agent-file.ts'
import { openProcess } from '../../src/hosts/process/process-host.ts'
import { hasGcc } from '../support/gcc.ts'
import { type BuiltDaemon, buildDaemon, handPayload, idOf, RunningDaemon } from './process-daemon.ts'

const possible = hasGcc && process.arch === 'x64' && process.platform === 'linux'
const HEADERS = ['-I', dirname(agentSource())]
const said = ({ result }: Outcome) => (result < 0 ? errnoName(result) : 'done')

/** Answers `s` and `a`, as the daemon of the other tests does. */
const serving = (before: string, start: string) => `
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
${before}
int limit = 10;
__attribute__((noinline)) int answer(int x)
{
    if (x > limit) return limit;
    return x * 2;
}
int main(int argc, char **argv)
{
    char line[128];
    setvbuf(stdout, NULL, _IOLBF, 0);
    ${start}
    while (fgets(line, sizeof line, stdin)) printf("%d\\n", line[0] == 'a' ? answer(3) : 0);
    return 0;
}`

/** An agent of its own making, sound but for \`LIE\`, whose thread says of every work that it is done. */
const PRETENDER = serving(
  `
#include <sys/mman.h>
#include "hotsplice-agent.h"
#define MIB (1ul << 20)
static struct hs_state *state;
static void *nod(void *nothing)
{
    struct hs_work *w = (void *)((char *)state + 65536);
    for (;; usleep(1000)) if (w->asked != w->done) { w->taken = w->asked; w->result = 0; w->done = w->asked; FORGET; }
    return nothing;
}
static void pretend(void)
{
    extern char __executable_start;
    int file = memfd_create("hotsplice", 0), access[] = {PROT_READ | PROT_EXEC, PROT_READ, PROT_READ | PROT_WRITE};
    if (ftruncate(file, 4 * MIB) != 0) abort();
    char *base = (char *)(((unsigned long)&__executable_start - 256 * MIB) & ~(MIB - 1));
    state = mmap(base, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, file, 0);
    for (int at = 0; at < 3; at++) {
        state->pool[at][0] = (uint64_t)mmap(base + (at + 1) * MIB, MIB, access[at], MAP_PRIVATE | MAP_FIXED, file, (at + 1) * MIB);
        state->pool[at][1] = MIB;
    }
    state->version = HS_VERSION;
    state->process = (uint32_t)getpid();
    state->base = (uint64_t)state;
    state->size = MIB;
    state->slots = HS_SLOTS;
    state->slot_size = sizeof(struct hs_slot);
    state->slots_at = 4096;
    state->work_at = 65536;
    state->work_size = MIB - 65536;
    struct hs_slot *slot = (void *)((char *)state + 4096);
    struct hs_work *work = (void *)((char *)state + 65536);
    (void)slot; (void)work;
    LIE;
    state->magic = HS_MAGIC;
    pthread_t thread;
    pthread_create(&thread, NULL, nod, NULL);
}`,
  'pretend();',
)

/** Puts the threads that there are, or the main one, under a filter that does \`ACTION\` when \`CALL\` is made. */
const FILTERED = serving(
  `
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
static void filter(void)
{
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, CALL, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, ACTION),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof rules / sizeof *rules, rules};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, FLAGS, &program) != 0) abort();
}`,
  'filter();',
)

let daemon: BuiltDaemon
let running: RunningDaemon
let host: Host

async function start(source: string, defines: Readonly<Record<string, string>>, agent: boolean) {
  const words = Object.entries(defines).map(([name, value]) => `-D${name}=${value}`)
  daemon = buildDaemon(source, [...HEADERS, ...words])
  running = new RunningDaemon(daemon, { agent })
  await running.ask('s')
}
const open = (despiteSeccomp = false) => {
  host = openProcess({ pid: running.pid, despiteSeccomp })
  return host
}
const payload = () => {
  const functions = [{ name: 'answer', oldSize: daemon.sizeOf('answer'), by: 'g' }]
  return handPayload({ code: 'int g(int x) { return 77; }', functions, buildId: idOf(7) })
}

describe.skipIf(!possible)('a program that is not what it says (needs gcc on x86-64 Linux)', () => {
  afterEach(async () => {
    await host?.close()
    running?.stop()
    daemon?.remove()
  })

  test.for<[string, string]>([
    ['four thousand million slots', 'state->slots=0xffffffff'],
    ['pools at the end of the address space', 'state->pool[0][0]=0xffffffffff600000;state->pool[0][1]=~0ul>>1'],
    ['pools that are not mapped', 'state->pool[2][1]=64*MIB'],
    ['a work behind its block', 'state->work_at=0xffff0000'],
  ])('an agent with %s is not spoken to', async ([, lie]) => {
    await start(PRETENDER, { LIE: lie, FORGET: '' }, false)
    expect(() => open()).toThrow(expect.objectContaining({ code: 'process/agent-numbers' }))
    expect(await running.ask('a')).toBe('6')
  })

  test.for<[string, string, string]>([
    ['a slot in a state of its own', 'slot->state=77', 'process/agent-numbers'],
    [
      'a description of gigabytes',
      'strcpy(slot->name,"x");slot->state=1;slot->about_length=~0u',
      'process/agent-numbers',
    ],
    [
      'a description that is none',
      'strcpy(slot->name,"x");slot->state=1;slot->about=state->pool[1][0];slot->about_length=9;' +
        'for(int n=0;n<3;n++)slot->area[n][0]=state->pool[n][0]',
      'process/damaged',
    ],
    ['works beyond counting', 'work->asked=work->taken=work->done=~0ul', 'process/agent-numbers'],
  ])('%s is an error of every operation', async ([, lie, code]) => {
    await start(PRETENDER, { LIE: lie, FORGET: '' }, false)
    open()
    const error = expect.objectContaining({ code })
    if (!lie.includes('work->')) await expect(host.list()).rejects.toEqual(error)
    await expect(host.upload({ name: 'fix', payload: payload() }).then(() => host.list())).rejects.toEqual(error)
  })

  test('“done” of an agent that did nothing is an error', async () => {
    await start(PRETENDER, { LIE: '', FORGET: '' }, false)
    open()
    expect(said(await host.upload({ name: 'fix', payload: payload() }))).toBe('done')
    for (const action of ['apply', 'unload'] as const) {
      const error = expect.objectContaining({ code: 'process/agent-untrue' })
      await expect(host.act({ action, name: 'fix' })).rejects.toEqual(error)
    }
    expect(await running.ask('a')).toBe('6')
  })

  test('“done” with the slot’s state set, and no code written, is an error', async () => {
    const pretend = '((struct hs_slot*)((char*)state+4096))->state=2,((struct hs_slot*)((char*)state+4096))->order=1'
    await start(PRETENDER, { LIE: '', FORGET: pretend }, false)
    open()
    expect(said(await host.upload({ name: 'fix', payload: payload() }))).toBe('done')
    const error = expect.objectContaining({
      code: 'process/agent-untrue',
      message: expect.stringContaining('byte at 0x'),
    })
    await expect(host.act({ action: 'apply', name: 'fix' })).rejects.toEqual(error)
  })

  test.for<[string, string, string]>([
    ['ends the program', 'SYS_openat', 'SECCOMP_RET_KILL_PROCESS'],
    ['ends the program when its threads are called', 'SYS_rt_tgsigqueueinfo', 'SECCOMP_RET_KILL_PROCESS'],
    ['says no', 'SYS_openat', 'SECCOMP_RET_ERRNO|1'],
  ])('nothing is sent to a program under a filter that %s', async ([, call, action]) => {
    await start(FILTERED, { CALL: call, ACTION: action, FLAGS: 'SECCOMP_FILTER_FLAG_TSYNC' }, true)
    open()
    for (const dryRun of [true, false]) {
      const outcome = await host.upload({ name: 'fix', payload: payload(), dryRun })
      expect([said(outcome), outcome.words.join()]).toEqual(['EPERM', expect.stringContaining('--despite-seccomp')])
    }
    expect((await host.list()).payloads).toEqual([])
    expect(await running.ask('a')).toBe('6')
  })

  test('a filter of one thread is one', async () => {
    await start(FILTERED, { CALL: 'SYS_futex', ACTION: 'SECCOMP_RET_KILL_PROCESS', FLAGS: '0' }, true)
    expect(said(await open().upload({ name: 'fix', payload: payload() }))).toBe('EPERM')
    expect(await running.ask('a')).toBe('6')
  })

  test('a filter that lets the agent be is no obstacle, by the user’s word', async () => {
    await start(
      FILTERED,
      { CALL: 'SYS_reboot', ACTION: 'SECCOMP_RET_KILL_PROCESS', FLAGS: 'SECCOMP_FILTER_FLAG_TSYNC' },
      true,
    )
    open(true)
    expect(said(await host.upload({ name: 'fix', payload: payload() }))).toBe('done')
    expect(said(await host.act({ action: 'apply', name: 'fix' }))).toBe('done')
    expect(await running.ask('a')).toBe('77')
  })
})
