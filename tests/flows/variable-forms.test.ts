/** What LLVM makes of static variables: paired where each is the same of the same variable, and else refused. */
import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { sampled } from '../support/sampled.ts'
import { patchProgram } from '../support/small-program.ts'

const LAST = 'static struct { unsigned a, b, c; } last;'
const TABLE = 'static unsigned last[4];'
const OUT = 'extern int out(unsigned); extern void keep(void *);\n'
const inside = (variable: string, ...lines: readonly string[]) =>
  `${OUT}unsigned f(unsigned n)\n{\n    ${variable}\n${lines.map(line => `    ${line}\n`).join('')}}\n`
const outside = (variable: string, ...lines: readonly string[]) =>
  `${OUT}${variable}\nunsigned f(unsigned n)\n{\n${lines.map(line => `    ${line}\n`).join('')}}\n`

const BOTH = ['last.a += n; last.b ^= last.a * 5;', 'return last.b + 31;']
const FLAG = ['if (n == 3) mode = 5;', 'out(n);', 'return mode;']
const toB = (lines: readonly string[]) => lines.map(line => line.replaceAll('.b', '.c').replaceAll('.a', '.b'))

interface Row {
  readonly name: string
  readonly before: string
  readonly after: string
  readonly refused?: readonly string[]
}

const ROWS: readonly Row[] = [
  {
    name: 'a constant beside both members',
    before: inside(LAST, ...BOTH),
    after: inside(LAST, ...BOTH).replace('31', '32'),
  },
  {
    name: 'the same of a variable of the file',
    before: outside(LAST, ...BOTH),
    after: outside(LAST, ...BOTH).replace('31', '32'),
  },
  {
    name: 'an array, and lines before it',
    before: outside(TABLE, 'last[0] += n; last[2] ^= last[0] * 5;', 'return last[2] + 31;'),
    after: outside(`\n\n${TABLE}`, 'out(n);', 'last[0] += n; last[2] ^= last[0] * 5;', 'return last[2] + 31;'),
  },
  {
    name: 'members that change their uses',
    before: inside(LAST, ...BOTH),
    after: inside(LAST, 'last.b += n; last.a ^= last.b * 5;', 'return last.a + 31;'),
  },
  {
    name: 'another member in the place of the only one',
    before: inside(LAST, 'last.a += n;', 'return last.a * 3;'),
    after: inside(LAST, 'last.b += n;', 'return last.b * 3;'),
    refused: ['ambiguous-static f.last.0'],
  },
  {
    name: 'the same of a variable of the file',
    before: outside(LAST, 'last.a += n;', 'return last.a * 3;'),
    after: outside(LAST, 'last.b += n;', 'return last.b * 3;'),
    refused: ['ambiguous-static last.0'],
  },
  {
    name: 'an array’s other element',
    before: outside(TABLE, 'last[1] += n;', 'return last[1] * 3;'),
    after: outside(TABLE, 'last[3] += n;', 'return last[3] * 3;'),
    refused: ['ambiguous-static last.0'],
  },
  {
    name: 'the next two members',
    before: outside(LAST, ...BOTH),
    after: outside(LAST, ...toB(BOTH)),
    refused: ['ambiguous-static last.1'],
  },
  {
    name: 'one that is split no more',
    before: outside(LAST, ...BOTH),
    after: outside(LAST, 'keep(&last);', ...BOTH),
    refused: ['ambiguous-static last'],
  },
  {
    name: 'two values that stay',
    before: outside('static int mode;', ...FLAG),
    after: outside('static int mode;', ...FLAG).replace('out(n)', 'out(n * 9)'),
  },
  {
    name: 'the second of two values',
    before: outside('static int mode;', ...FLAG),
    after: outside('static int mode;', ...FLAG).replace('5', '7'),
    refused: ['ambiguous-static mode'],
  },
  {
    name: 'the same in a function',
    before: inside('static int mode;', ...FLAG),
    after: inside('static int mode;', ...FLAG).replace('out(n)', 'out(n * 9)'),
  },
  {
    name: 'a third value',
    before: inside('static int mode;', ...FLAG),
    after: inside('static int mode;', 'if (n == 4) mode = 9;', ...FLAG),
    refused: ['ambiguous-static f.mode'],
  },
  {
    name: 'what is a truth value by its type',
    before: inside('static _Bool mode;', 'if (n == 3) mode = 1;', 'return mode;'),
    after: inside('static _Bool mode;', 'if (n == 5) mode = 1;', 'return mode;'),
  },
]

const hasClang = spawnSync('clang-14', ['--version']).status === 0

describe.skipIf(!hasClang)('variables in other forms (with clang-14)', () => {
  test.for(sampled(ROWS))('$name', async ({ before, after, refused = [] }) => {
    const command = ['clang-14', '-O2']
    const found = await patchProgram({ files: { 'm.c': before }, command }, { 'm.c': after })
    expect([found.error, found.refused]).toEqual([undefined, refused])
    if (refused.length > 0) return
    expect(found.replaced).toEqual(['f'])
    expect(found.run?.selection.pieces.flatMap(({ role, piece }) => (role === 'new-data' ? piece.name : []))).toEqual(
      [],
    )
  })
})
