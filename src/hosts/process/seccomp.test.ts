/** Threads under seccomp, from status files as the kernel writes them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { filteredThreads, seccompRefusal } from './seccomp.ts'

let tasks: string
beforeEach(() => {
  tasks = mkdtempSync(join(tmpdir(), 'hotsplice-tasks-'))
})
afterEach(() => rmSync(tasks, { recursive: true }))

const MODES = { none: 0, strict: 1, filter: 2 }
function threads(...lines: readonly string[]) {
  for (const [index, line] of lines.entries()) {
    mkdirSync(join(tasks, String(100 + index)))
    writeFileSync(
      join(tasks, String(100 + index), 'status'),
      `Name:\tdaemon\nSpeculation_x:\t1\n${line}NoNewPrivs:\t0\n`,
    )
  }
}
const line = (mode: keyof typeof MODES) => `Seccomp:\t${MODES[mode]}\nSeccomp_filters:\t1\n`

test.for<[string, readonly string[], RegExp | undefined, RegExp | undefined]>([
  ['no thread', [line('none'), line('none')], undefined, undefined],
  ['a kernel that knows no seccomp', ['', ''], undefined, undefined],
  ['every thread', [line('filter'), line('filter')], /2 threads are .* filter.*--despite-seccomp/, undefined],
  ['the first thread', [line('filter'), line('none')], /thread 100 is .* filter/, undefined],
  ['another thread only', [line('none'), line('filter')], /thread 101 is .* filter/, undefined],
  ['strict mode', [line('filter'), line('strict')], /thread 101 in strict mode/, /thread 101 in strict mode/],
])('%s: refused unless told otherwise, strict mode always', ([, lines, plain, despite]) => {
  threads(...lines)
  const found = filteredThreads(tasks)
  for (const [word, told] of [
    [plain, false],
    [despite, true],
  ] as const) {
    const said = seccompRefusal(found, told)
    if (word === undefined) expect(said).toBeUndefined()
    else expect(said).toMatch(word)
  }
})

test('a process that has ended has no threads', () => {
  expect(filteredThreads(join(tasks, 'gone'))).toBeUndefined()
})
