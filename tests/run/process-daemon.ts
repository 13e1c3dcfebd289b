/**
 * A small threaded daemon, written for these tests and compiled by the host's gcc, with what it takes to patch it: its
 * tree for the pipeline, and payloads written by hand where a test needs something that no patch gives.
 */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { debugTwin } from '../../src/assemble/debug-twin.ts'
import { agentFile } from '../../src/hosts/process/agent-file.ts'
import { createHotpatch } from '../support/opened.ts'

const DAEMON = `
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned long served;
int limit = 10;
int hook_calls[8];
volatile int hold;
pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

__attribute__((noinline)) static const char *greeting(unsigned long n)
{
    static char text[64];
    snprintf(text, sizeof text, "hello %lu", n);
    return text;
}

__attribute__((noinline)) int answer(int x)
{
    while (hold) usleep(1000);
    if (x > limit) return limit;
    return x * 2;
}

__attribute__((noinline)) int pair(int x)
{
    return (int)strlen(greeting((unsigned long)x)) + (x & 1) * limit;
}

static void *worker(void *nothing)
{
    unsigned long n = 0;
    for (;;) {
        n += (unsigned long)answer((int)(n & 15));
        if ((n & 0xff) == 0) usleep(100);
        __atomic_add_fetch(&served, 1, __ATOMIC_RELAXED);
    }
    return nothing;
}

int main(int argc, char **argv)
{
    int threads = argc > 1 ? atoi(argv[1]) : 2;
    char line[128];
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 0; i < threads; i++) {
        pthread_t t;
        pthread_create(&t, NULL, worker, NULL);
    }
    while (fgets(line, sizeof line, stdin)) {
        switch (line[0]) {
        case 'g': printf("%s\\n", greeting(7)); break;
        case 'a': printf("%d\\n", answer(3)); break;
        case 'p': printf("%d\\n", pair(2)); break;
        case 'b': printf("%s %d\\n", greeting(1), answer(3)); break;
        case 'h': hold = 1; usleep(20000); printf("held\\n"); break;
        case 'r': hold = 0; printf("released\\n"); break;
        case 's': printf("%lu\\n", __atomic_load_n(&served, __ATOMIC_RELAXED)); break;
        case 'c': for (int i = 0; i < 8; i++) printf("%d%c", hook_calls[i], i == 7 ? '\\n' : ' '); break;
        case 'k': pthread_mutex_lock(&mutex); printf("locked\\n"); break;
        case 'u': pthread_mutex_unlock(&mutex); printf("unlocked\\n"); break;
        case 'f': {
            pid_t child = fork();
            if (child == 0) { for (;;) { sleep(1); if (getppid() == 1) _exit(0); } }
            printf("%d\\n", (int)child);
            break;
        }
        }
    }
    return 0;
}
`

export interface BuiltDaemon {
  readonly folder: string
  readonly program: string
  /** The text of its one file. */
  readonly source: string
  readonly buildId: string
  readonly agent: string
  /** Size of a function in the program. */
  sizeOf(name: string): number
  /** The payload that the pipeline makes of the daemon with these texts exchanged. */
  patched(name: string, ...exchanges: readonly (readonly [string, string])[]): Promise<Uint8Array>
  /** With its debug file, where the daemon was compiled with `-g`. */
  patchedWithDebug(name: string, ...exchanges: readonly (readonly [string, string])[]): Promise<BuiltPayload>
  remove(): void
}

const FLAGS = ['-O2', '-ffunction-sections', '-fdata-sections', '-pthread']

export function buildDaemon(source = DAEMON, flags: readonly string[] = []): BuiltDaemon {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-daemon-'))
  const tree = join(folder, 'tree')
  mkdirSync(tree)
  writeFileSync(join(tree, 'daemon.c'), source)
  const compile = ['gcc', ...FLAGS, ...flags, '-c', 'daemon.c', '-o', 'daemon.o']
  execFileSync('gcc', compile.slice(1), { cwd: tree })
  execFileSync('gcc', ['-pthread', ...flags, '-Wl,--build-id', '-o', 'daemon', 'daemon.o'], { cwd: tree })
  const commands = [{ directory: tree, file: 'daemon.c', output: 'daemon.o', arguments: compile }]
  writeFileSync(join(tree, 'compile_commands.json'), JSON.stringify(commands))
  const program = join(tree, 'daemon')
  const buildId =
    /Build ID: ([0-9a-f]+)/.exec(execFileSync('readelf', ['-n', program], { encoding: 'utf8' }))?.[1] ?? ''
  const names = execFileSync('nm', ['-S', program], { encoding: 'utf8' })
  return {
    folder,
    program,
    source,
    buildId,
    agent: agentFile(join(folder, 'cache')),
    sizeOf: name => Number.parseInt(new RegExp(`^\\S+ (\\S+) [Tt] ${name}$`, 'm').exec(names)?.[1] ?? '0', 16),
    patched: async (name, ...exchanges) =>
      (await pipelinePayload({ folder, tree, source, name, exchanges, buildId })).payload,
    patchedWithDebug: (name, ...exchanges) => pipelinePayload({ folder, tree, source, name, exchanges, buildId }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

interface BuiltPayload {
  readonly payload: Uint8Array
  readonly debugFile: Uint8Array | undefined
}

interface PatchJob {
  readonly folder: string
  readonly tree: string
  readonly source: string
  readonly name: string
  readonly exchanges: readonly (readonly [string, string])[]
  readonly buildId: string
}

async function pipelinePayload({ folder, tree, source, name, exchanges, buildId }: PatchJob): Promise<BuiltPayload> {
  const text = exchanges.reduce((before, [from, to]) => before.replace(from, to), source)
  if (text === source) throw new Error('the exchange found nothing')
  const sides = join(folder, name)
  mkdirSync(join(sides, 'a'), { recursive: true })
  mkdirSync(join(sides, 'b'))
  writeFileSync(join(sides, 'a/daemon.c'), source)
  writeFileSync(join(sides, 'b/daemon.c'), text)
  const patch = diff(sides)
  const run = await createHotpatch({
    tree,
    target: 'process',
    jobs: 2,
    makeArgs: [],
    progress: { step: () => undefined, tick: () => undefined },
    cacheFolder: join(folder, 'cache'),
    patches: [{ name: `${name}.patch`, text: patch }],
    depends: buildId,
    xenDepends: buildId,
    signal: new AbortController().signal,
  })
  if (run.payload === undefined) throw new Error(`no payload: ${JSON.stringify(run.refusals)}`)
  return { payload: run.payload.bytes, debugFile: debugTwin(run.selection, run.payload) }
}

function diff(folder: string): string {
  try {
    execFileSync('diff', ['-u', 'a/daemon.c', 'b/daemon.c'], { cwd: folder, encoding: 'utf8' })
  } catch (error) {
    if (error instanceof Error && 'stdout' in error && typeof error.stdout === 'string') return error.stdout
    throw error
  }
  throw new Error('no difference')
}

export class RunningDaemon {
  readonly pid: number
  readonly child: ChildProcessWithoutNullStreams
  readonly #lines: string[] = []
  #wake: () => void = () => undefined
  #ended = false

  constructor(daemon: BuiltDaemon, options: { threads?: number; agent?: boolean; env?: Record<string, string> } = {}) {
    const { threads = 3, agent = true, env = {} } = options
    const preload = agent ? { LD_PRELOAD: daemon.agent } : {}
    this.child = spawn(daemon.program, [String(threads)], { env: { ...process.env, ...preload, ...env } })
    this.pid = this.child.pid ?? 0
    this.child.stdout.on('data', (chunk: Buffer) => {
      this.#lines.push(...chunk.toString().trimEnd().split('\n'))
      this.#wake()
    })
    this.child.on('exit', () => {
      this.#ended = true
      this.#wake()
    })
  }

  /** Sends one letter and gives the line that comes back. */
  async ask(letter: string): Promise<string> {
    this.child.stdin.write(`${letter}\n`)
    for (;;) {
      const line = this.#lines.shift()
      if (line !== undefined) return line
      if (this.#ended) throw new Error('the daemon has ended')
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
  }

  stop(): void {
    this.child.kill('SIGKILL')
  }
}

export interface HandPayload {
  /** C definitions of the new code and whatever it needs. */
  readonly code?: string
  /** The running function's name, its size there, and the C function that takes its place. */
  readonly functions?: readonly {
    readonly name: string
    readonly oldSize: number
    readonly by: string
    readonly expect?: readonly number[]
    readonly version?: number
  }[]
  /** Hook name without its prefix → C functions. */
  readonly hooks?: Readonly<Record<string, readonly string[]>>
  readonly buildId: string
  readonly depends?: string
  readonly programDepends?: string
}

/** A payload from C by gcc alone; large code model, so that it needs no table of its own. */
export function handPayload(payload: HandPayload): Uint8Array {
  const { code = '', functions = [], hooks = {}, buildId, depends, programDepends } = payload
  const notes = [
    note('.note.gnu.build-id', buildId),
    ...(depends === undefined ? [] : [note('.livepatch.depends', depends)]),
    ...(programDepends === undefined ? [] : [note('.livepatch.xen_depends', programDepends)]),
  ]
  const table = functions.map(({ name, oldSize, by, expect = [], version = 2 }) => {
    const flags = expect.length === 0 ? 0 : 1 | (expect.length << 1)
    const bytes = [flags, ...expect].join(',')
    return `{"${name}", ${by}, 0, SIZE, ${oldSize}, ${version}, {0}, {${bytes}}},`.replace(
      'SIZE',
      by === '0' ? '5' : '1',
    )
  })
  const text = [
    'struct func { const char *name; const void *new_addr; const void *old_addr; unsigned new_size, old_size;',
    '  unsigned char version, pad[39], expect[32]; };',
    code,
    functions.length === 0
      ? ''
      : `__attribute__((section(".livepatch.funcs"), used)) static const struct func table[] asm(".Ltable") = {`,
    ...table,
    functions.length === 0 ? '' : '};',
    ...Object.entries(hooks).map(
      ([name, calls]) =>
        `__attribute__((section(".livepatch.hooks.${name}"), used)) static const void *const hook_${name}[] asm(".Lhook_${name}") = { ${calls.join(', ')} };`,
    ),
    ...notes,
  ].join('\n')
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-hand-'))
  try {
    writeFileSync(join(folder, 'hand.c'), text)
    const flags = ['-O2', '-mcmodel=large', '-fno-pic', '-fno-asynchronous-unwind-tables', '-fno-stack-protector', '-w']
    execFileSync('gcc', [...flags, '-c', 'hand.c', '-o', 'hand.o'], { cwd: folder })
    return new Uint8Array(readFileSync(join(folder, 'hand.o')))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function note(section: string, id: string): string {
  const bytes = (id.match(/../g) ?? []).map(pair => `0x${pair}`).join(',')
  const body = `.long 4, ${id.length / 2}, 3\\n.asciz \\"GNU\\"\\n.byte ${bytes}\\n.balign 4`
  return `asm(".pushsection ${section},\\"a\\",@note\\n${body}\\n.popsection");`
}

/** A build-id made of one byte. */
export const idOf = (byte: number): string => byte.toString(16).padStart(2, '0').repeat(20)
