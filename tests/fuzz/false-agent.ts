/**
 * A program that says that it has an agent, and whose state holds whatever is written there: what a tool that is root's
 * may meet in a program that is anybody's. Fields are put as `OFFSET VALUE` in hexadecimal, over a sound state.
 */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What the tool has written down beside the one payload that is there, whose name acts on a terminal. */
const ABOUT = JSON.stringify({
  format: 1,
  uploaded: '',
  buildId: null,
  depends: null,
  programDepends: null,
  functions: [],
  hooks: {},
  symbols: {},
  metadata: 'a\u001b[31m',
  saved: 'ADDRESS',
  pristine: 'ADDRESS',
})

const SOURCE = `#define _GNU_SOURCE
#include "hotsplice-agent.h"
#include <stdio.h>
#include <string.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#define ABOUT ${JSON.stringify(ABOUT.replaceAll('"ADDRESS"', '%lu'))}
static void sound(char *b)
{
    struct hs_state *s = (void *)b;
    memset(b, 0, 1 << 20);
    s->version = 1; s->process = getpid(); s->base = (uint64_t)b; s->size = 1 << 20;
    s->slots = 8; s->slot_size = 256; s->slots_at = 4096; s->work_at = 65536; s->work_size = 1 << 16;
    for (int i = 0; i < 3; i++) { s->pool[i][0] = (uint64_t)b + (2 << 20) + (i << 20); s->pool[i][1] = 1 << 20; }
    s->magic = HS_MAGIC;
    strcpy(b + 4096, "fix");
    *(uint32_t *)(b + 4096 + 128) = 1;
    for (int i = 0; i < 3; i++) *(uint64_t *)(b + 4096 + 144 + 16 * i) = s->pool[i][0];
    char *about = (char *)s->pool[1][0];
    uint64_t kept = s->pool[1][0] + 4096;
    // The description and what is kept beside it are the payload's own read-only area.
    sprintf(about, ABOUT, kept, kept);
    *(uint64_t *)(b + 4096 + 144 + 16) = kept;
    *(uint64_t *)(b + 4096 + 192) = s->pool[1][0];
    *(uint32_t *)(b + 4096 + 200) = strlen(about);
}
int main(void)
{
    int fd = syscall(SYS_memfd_create, "hotsplice", 0);
    if (ftruncate(fd, 8 << 20)) return 2;
    char line[256], *b = mmap(0, 8 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    unsigned long at, value;
    sound(b);
    if (mprotect(b + (2 << 20), 1 << 20, PROT_READ | PROT_EXEC)) return 2;
    while (puts("ready"), fflush(stdout), fgets(line, sizeof line, stdin)) {
        sound(b);
        do {
            if (line[0] == '.') break;
            if (sscanf(line, "%lx %lx", &at, &value) == 2 && at < (1 << 20)) memcpy(b + at, &value, 8);
        } while (fgets(line, sizeof line, stdin));
    }
    return 0;
}
`

export class FalseAgent {
  readonly host: string
  readonly #child: ChildProcessWithoutNullStreams
  readonly #ready: AsyncIterator<unknown>

  private constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child
    this.host = `process:${child.pid}`
    this.#ready = child.stdout[Symbol.asyncIterator]()
  }

  static async start(folder: string): Promise<FalseAgent> {
    const [source, program] = [join(folder, 'false-agent.c'), join(folder, 'false-agent')]
    writeFileSync(source, SOURCE)
    const include = fileURLToPath(new URL('../../agent', import.meta.url))
    execFileSync('gcc', ['-O1', '-w', '-Wl,--build-id', `-I${include}`, '-o', program, source])
    const agent = new FalseAgent(spawn(program, { stdio: 'pipe' }))
    await agent.#ready.next()
    return agent
  }

  async put(fields: readonly string[]): Promise<void> {
    this.#child.stdin.write(`${[...fields, '.'].join('\n')}\n`)
    await this.#ready.next()
  }

  stop(): void {
    this.#child.kill('SIGKILL')
  }
}
