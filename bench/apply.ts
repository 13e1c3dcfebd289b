/**
 * How long a program is held while a payload is applied, against threads and replaced functions. Prints the table of
 * docs/speed.md; the aim is less than 2 ms for ten functions and ten threads. Never a test: it depends on the machine and its load.
 */
import { openProcess } from '../src/hosts/process/process-host.ts'
import { buildDaemon, handPayload, idOf, RunningDaemon } from '../tests/run/process-daemon.ts'

const FUNCTIONS = [1, 10, 50]
const THREADS = [1, 10, 50]
const ROUNDS = 40

/** Threads that mostly wait, as a server's do, and functions that one of them calls. */
function source(functions: number): string {
  const names = Array.from({ length: functions }, (_, index) => `work${index}`)
  return [
    '#include <pthread.h>',
    '#include <stdio.h>',
    '#include <stdlib.h>',
    '#include <unistd.h>',
    'volatile int sum;',
    ...names.map(name => `__attribute__((noinline)) int ${name}(int x) { sum += x; return sum * 3 + x; }`),
    'static void *wait(void *nothing) { for (;;) {',
    ...names.map(name => `${name}(1);`),
    'usleep(1000); } return nothing; }',
    'int main(int argc, char **argv) { char line[9]; setvbuf(stdout, NULL, _IOLBF, 0);',
    'for (int i = 1; i < atoi(argv[1]); i++) { pthread_t t; pthread_create(&t, NULL, wait, NULL); }',
    'while (fgets(line, sizeof line, stdin)) puts("here"); return argc - 2; }',
  ].join('\n')
}

async function measure(functions: number, threads: number): Promise<number[]> {
  const daemon = buildDaemon(source(functions))
  const running = new RunningDaemon(daemon, { threads })
  try {
    await running.ask('x')
    const host = openProcess({ pid: running.pid })
    const table = Array.from({ length: functions }, (_, index) => index)
    const payload = handPayload({
      code: `extern volatile int sum;\n${table.map(index => `int f${index}(int x) { return sum += x; }`).join('\n')}`,
      functions: table.map(index => ({
        name: `work${index}`,
        oldSize: daemon.sizeOf(`work${index}`),
        by: `f${index}`,
      })),
      buildId: idOf(1),
    })
    const uploaded = await host.upload({ name: 'bench', payload })
    if (uploaded.result !== 0) throw new Error(uploaded.words.join())
    const stands: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      for (const action of ['apply', 'revert'] as const) {
        const { result, numbers, words } = await host.act({ action, name: 'bench', timeoutMs: 10_000 })
        if (result !== 0) throw new Error(words.join())
        stands.push(numbers?.stoodMs ?? Number.NaN)
      }
    }
    await host.close()
    return stands.sort((a, b) => a - b)
  } finally {
    running.stop()
    daemon.remove()
  }
}

const at = (sorted: readonly number[], share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN

console.log('| functions | threads | median | 90 % | longest |')
console.log('|---|---|---|---|---|')
for (const functions of FUNCTIONS) {
  for (const threads of THREADS) {
    const stands = await measure(functions, threads)
    const cells = [0.5, 0.9, 1].map(share => at(stands, share).toFixed(3))
    console.log(`| ${functions} | ${threads} | ${cells.map(cell => `${cell} ms`).join(' | ')} |`)
  }
}
