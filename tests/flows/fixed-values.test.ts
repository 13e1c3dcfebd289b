/** Variables of which a patch takes every other value away: the compiler drops them, and the running system has them still. */
import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { patchProgram } from '../support/small-program.ts'

const HEAD = 'extern int out(int); extern void note(int);\n'
const file = (...lines: readonly string[]) => `${HEAD}${lines.join('\n')}\n`
const USE = 'int f(int n) { out(n); if (mode) return out(n * 3); return out(n) + 1; }'

interface Row {
  readonly name: string
  readonly before: string
  readonly after: string
  readonly refused?: string
}

const ROWS: readonly Row[] = [
  {
    name: 'a flag that nothing sets any more, and that is read',
    before: file('static int mode;', USE, 'void set(int n) { out(1); mode = n; }'),
    after: file('static int mode;', USE, 'void set(int n) { out(1); out(n); }'),
    refused: 'state-left-behind mode',
  },
  {
    name: 'the same, declared so that its value is read',
    before: file('static int mode;', USE, 'void set(int n) { out(1); mode = n; }'),
    after: file('static volatile int mode;', USE, 'void set(int n) { out(1); out(n); }'),
  },
  {
    name: 'a flag that is gone from the text',
    before: file('static int mode;', USE, 'void set(int n) { out(1); mode = n; }'),
    after: file('int f(int n) { out(n); return out(n) + 1; }', 'void set(int n) { out(1); out(n); }'),
  },
  {
    name: 'a counter that is still counted, and that nobody reads',
    before: file(
      'static int count;',
      'int f(int n) { count = n; return out(n); }',
      'int g(void) { return out(count); }',
    ),
    after: file('static int count;', 'int f(int n) { count = n; return out(n); }', 'int g(void) { return out(0); }'),
  },
  {
    name: 'a variable of a function that keeps its first value',
    before: file('int f(int n) { static int step = 5; if (n > 9) step = n; out(step); return out(n); }'),
    after: file('int f(int n) { static int step = 5; if (n > 9) out(n); out(step); return out(n); }'),
    refused: 'state-left-behind step',
  },
  {
    name: 'one of two functions loses its variable, by name another’s too',
    before: file(
      'int f(int n) { static int step; step += n; return out(step); }',
      'int g(int n) { static int step; step ^= n; return out(step); }',
    ),
    after: file('int f(int n) { return out(n); }', 'int g(int n) { static int step; step ^= n; return out(step); }'),
  },
  {
    name: 'a variable of a function that nobody calls any more',
    before: file(
      'static inline int g(int n) { static int step; step ^= n; return out(step); }',
      'int f(int n) { return g(n); }',
    ),
    after: file(
      'static inline int g(int n) { static int step; step ^= n; return out(step); }',
      'int f(int n) { return out(n); }',
    ),
  },
]

describe.each(['gcc', 'clang-14'])('%s', compiler => {
  const isThere = spawnSync(compiler, ['--version']).status === 0

  test.skipIf(!isThere).each(ROWS)(
    `$name${isThere ? '' : ` (${compiler} is missing)`}`,
    async ({ before, after, refused }) => {
      const outcome = await patchProgram({ files: { 'a.c': before }, command: [compiler, '-O2'] }, { 'a.c': after })
      expect(outcome.error).toBeUndefined()
      // What compilers make of the names of variables of functions: step.0, f.step.
      const plain = outcome.refused.map(each => each.replace(/ f\.|\.\d+$/g, match => (match === ' f.' ? ' ' : '')))
      expect(plain).toEqual(refused === undefined ? [] : [refused])
      if (refused === undefined) expect(outcome.replaced).toBeDefined()
    },
  )
})
