/** The store of new members in a program: handlers of signals and children of fork ask it too. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { hasGcc, withoutGcc } from '../support/gcc.ts'

/** Asked while the first value is found, so that the lock is held; who would wait for ever is ended by a signal. */
const PROGRAM = `#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "hotsplice.h"

struct item { int id; };
struct hotsplice_of_item { int uses; };
static struct item one, two, three;
static volatile int in_first, handled, during = -1, go_on;
static void first(const struct item *item, struct hotsplice_of_item *own)
{
    own->uses = 100;
    if (item == &one) { raise(SIGUSR1); during = handled; }
    if (item == &two) { in_first = 1; while (!go_on) usleep(100); }
}
HOTSPLICE_SHADOW(item, first, 8)

static void handler(int number) { (void)number; handled = hotsplice_of_item(&three)->uses; }
static void *ask(void *item) { return hotsplice_of_item(item); }

int main(void)
{
    pthread_t thread;
    int status;
    signal(SIGUSR1, handler);
    alarm(20);
    hotsplice_of_item(&one)->uses++;
    printf("%d %d %d\\n", during, handled, hotsplice_of_item(&one)->uses);
    pthread_create(&thread, NULL, ask, &two);
    while (!in_first) usleep(100);
    pid_t child = fork();
    if (child == 0) {
        alarm(20);
        int kept = hotsplice_of_item(&one)->uses;
        hotsplice_end_of_item(&one);
        go_on = 1;
        _exit(kept == 101 && hotsplice_of_item(&two)->uses == 100 ? 42 : 1);
    }
    waitpid(child, &status, 0);
    printf("%d\\n", WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
    go_on = 1;
    pthread_join(thread, NULL);
    printf("%d\\n", hotsplice_of_item(&one)->uses);
    return 0;
}
`

test.skipIf(!hasGcc).for(['-O0', '-O2'])(`signals and fork, %s${withoutGcc}`, optimized => {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-lock-'))
  try {
    writeFileSync(join(folder, 'program.c'), PROGRAM)
    const include = new URL('../../include', import.meta.url).pathname
    const options = ['-Wall', '-Wextra', '-Werror', '-pthread', '-I', include, 'program.c', '-o', 'program']
    execFileSync('gcc', [optimized, ...options], { cwd: folder })
    const said = execFileSync(join(folder, 'program'), { encoding: 'utf8', timeout: 60_000, killSignal: 'SIGKILL' })
    expect(said).toBe('0 100 101\n42\n101\n')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
