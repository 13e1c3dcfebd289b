/** What LLVM makes of static variables: paired where each is the same of the same variable, and else refused. */
import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { sampled } from '../support/sampled.ts'
import { patchProgram } from '../support/small-program.ts'

const LAST = 'static struct { unsigned a, b, c; } last;'
const LINES = 'static struct {\n    unsigned a;\n    unsigned b;\n    unsigned c;\n} last;'
const TABLE = 'static unsigned last[4];'
const OUT = 'extern int out(unsigned); extern void keep(void *);\n'
const inside = (variable: string, ...lines: readonly string[]) =>
  `${OUT}unsigned f(unsigned n)\n{\n    ${variable}\n${lines.map(line => `    ${line}\n`).join('')}}\n`
const outside = (variable: string, ...lines: readonly string[]) =>
  `${OUT}${variable}\nunsigned f(unsigned n)\n{\n${lines.map(line => `    ${line}\n`).join('')}}\n`

const BOTH = ['last.a += n; last.b ^= last.a * 5;', 'return last.b + 31;']
const FLAG = ['if (n == 3) mode = 5;', 'out(n);', 'return mode;']
const toB = (lines: readonly string[]) => lines.map(line => line.replaceAll('.b', '.c').replaceAll('.a', '.b'))

const MALLOC = 'static unsigned *table;\nextern void *malloc(unsigned long); extern void free(void *);'
const ONCE = 'void start(void) { out(1); out(2); table = malloc(16 * sizeof *table); out(3); }'
const USE = ['table[n & 15] += n; out(n);', 'return table[n & 15] + 31;']
const ONLY = outside(LAST, 'last.a += n; out(n);', 'return last.a * 3;')
const PLAIN = 'int rx, tx, mode;'
const PLAIN_USE = ['rx += n; tx ^= rx * 5;', ...FLAG.slice(0, 2), 'return rx + tx + mode + 31;']
const TWO = 'static struct { unsigned a, b; } rx, tx;'
const TWO_USE = ['rx.a += n; rx.b ^= rx.a * 5; tx.a -= n; tx.b ^= tx.a * 3;', 'return rx.b + tx.b + 31;']
const MACRO = '#define COUNTERS(p) static unsigned p##_rx, p##_tx; static int p##_mode;\nCOUNTERS(eth)'
const MACRO_USE = PLAIN_USE.map(line => line.replaceAll(/\b(?:rx|tx|mode)\b/g, 'eth_$&'))

// Whoever says where all of it is needs more than 127 bytes.
const NAMES = Array.from({ length: 16 }, (_, at) => `m${at}`)
const MANY = `static struct { int on; unsigned ${NAMES.join(', ')}; } many;`
const MANY_USE = (names: readonly string[], on = 1) => [
  `if (n == 3) many.on = ${on};`,
  ...names.map((name, at) => `if (n == ${at + 10}) many.${name} ^= out(${at}); out(many.${name} + ${at});`),
  'return many.on + 31;',
]
const LEADING = NAMES.slice(0, 14)

const OTHER = (...lines: readonly string[]) =>
  `int g(int n)\n{\n    ${lines.join('\n    ')}\n    return out(n) + out(n * 3);\n}\n`

interface Row {
  readonly name: string
  /** Beside clang-14 -O2. */
  readonly options?: readonly string[]
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
    name: 'two values of a member, and another member',
    before: outside(MANY, ...MANY_USE(['m2'])),
    after: outside(MANY, ...MANY_USE(['m2'])).replace('31', '32'),
  },
  {
    name: 'the second of a member’s two values, and another member',
    before: outside(MANY, ...MANY_USE(['m2'], 5)),
    after: outside(MANY, ...MANY_USE(['m2'], 7)),
    refused: ['ambiguous-static many.0'],
  },
  {
    name: 'two values of a member, and many more members',
    before: outside(MANY, ...MANY_USE(LEADING)),
    after: outside(MANY, ...MANY_USE(LEADING)).replace('31', '32'),
  },
  {
    name: 'the second of a member’s two values, and many more members',
    before: outside(MANY, ...MANY_USE(LEADING, 5)),
    after: outside(MANY, ...MANY_USE(LEADING, 7)),
    refused: ['ambiguous-static many.0'],
  },
  {
    name: 'another member in the place of the last of many',
    before: outside(MANY, ...MANY_USE(LEADING)),
    after: outside(MANY, ...MANY_USE([...LEADING.slice(0, -1), 'm15'])),
    refused: ['ambiguous-static many.14'],
  },
  {
    name: 'what is a truth value by its type',
    before: inside('static _Bool mode;', 'if (n == 3) mode = 1;', 'return mode;'),
    after: inside('static _Bool mode;', 'if (n == 5) mode = 1;', 'return mode;'),
  },
  {
    name: 'another member, and debug information of 64 bits',
    options: ['-gdwarf64'],
    before: ONLY,
    after: ONLY.replaceAll('.a', '.b'),
    refused: ['ambiguous-static last.0'],
  },
  {
    name: 'another value, and debug information of 64 bits',
    options: ['-gdwarf64'],
    before: outside('static int mode;', ...FLAG),
    after: outside('static int mode;', ...FLAG).replace('5', '7'),
    refused: ['ambiguous-static mode'],
  },
  {
    name: 'a byte that only others use, and debug information of 64 bits',
    options: ['-gdwarf64'],
    before: `static _Bool on; void g(int n) { on = n; } int h(void) { return on; }\n${outside('', 'out(n);', 'return n + 31;')}`,
    after: `static _Bool on; void g(int n) { on = n; } int h(void) { return on; }\n${outside('', 'out(n);', 'return n + 32;')}`,
  },
  {
    name: 'another member, and an object that does not say who made it',
    options: ['-fno-addrsig', '-Qn'],
    before: ONLY,
    after: ONLY.replaceAll('.a', '.b'),
    refused: ['ambiguous-static last.0'],
  },
  {
    name: 'both of these',
    options: ['-fno-addrsig', '-Qn', '-gdwarf64'],
    before: ONLY,
    after: ONLY.replaceAll('.a', '.b'),
    refused: ['ambiguous-static last.0'],
  },
  {
    name: 'memory that is given once, and stays so',
    before: outside(`${MALLOC}\n${ONCE}`, ...USE),
    after: outside(`${MALLOC}\n${ONCE}`, ...USE).replace('31', '32'),
  },
  {
    name: 'memory that is given once, and taken back by the patch',
    before: outside(`${MALLOC}\n${ONCE}`, ...USE),
    after: outside(`${MALLOC}\n${ONCE}`, 'if (n == 77) { free(table); table = 0; return 0; }', ...USE),
    // By the one who gives it, and the one who takes it.
    refused: ['ambiguous-static table', 'ambiguous-static table'],
  },
  {
    name: 'memory that is given once by the patch, and was taken back',
    before: outside(`${MALLOC}\n${ONCE}`, 'if (n == 77) { free(table); table = 0; return 0; }', ...USE),
    after: outside(`${MALLOC}\n${ONCE}`, ...USE),
    refused: ['ambiguous-static table.body'],
  },
  {
    name: 'plain variables on the line of one of two values',
    before: outside(`static ${PLAIN}`, ...PLAIN_USE),
    after: outside(`static ${PLAIN}`, ...PLAIN_USE).replace('31', '32'),
  },
  {
    name: 'two structures on one line',
    before: outside(TWO, ...TWO_USE),
    after: outside(TWO, ...TWO_USE).replace('31', '32'),
  },
  {
    name: 'variables out of one macro',
    before: outside(MACRO, ...MACRO_USE),
    after: outside(MACRO, ...MACRO_USE).replace('31', '32'),
  },
  {
    name: 'a declaration that gets a member',
    before: outside(LAST, ...BOTH),
    after: outside(LAST.replace('c;', 'c, d;'), ...BOTH).replace('31', '32'),
    refused: ['ambiguous-static last.0', 'ambiguous-static last.1'],
  },
  {
    name: 'a declaration that gets a comment',
    before: outside('static int mode;', ...FLAG),
    after: outside('static int mode; /* of it */', ...FLAG).replace('out(n)', 'out(n * 9)'),
  },
  {
    name: 'a declaration that gets a member at its end',
    before: outside(LINES, ...BOTH),
    after: outside(LINES.replace('c;', 'c;\n    unsigned d;'), ...BOTH).replace('31', '32'),
  },
  {
    name: 'a declaration that gets a member in the midst',
    before: outside(LINES, ...BOTH),
    after: outside(LINES.replace('a;', 'a;\n    unsigned x;'), 'last.x++;', ...BOTH).replace('31', 'last.x'),
    refused: ['ambiguous-static last.1', 'ambiguous-static last.2'],
  },
  {
    name: 'a declaration that gets a member in the place of another',
    before: outside(LINES, ...BOTH),
    after: outside(LINES.replace('b;', 'x;\n    unsigned b;'), ...BOTH.map(line => line.replaceAll('.b', '.x'))),
    refused: ['ambiguous-static last.1'],
  },
  {
    name: 'a declaration of a function that gets a comment',
    before: inside('static int mode;', ...FLAG),
    after: inside('static int mode; /* of it */', ...FLAG).replace('out(n)', 'out(n * 9)'),
  },
  {
    name: 'a member that is new',
    before: outside(LAST, ...BOTH),
    after: outside(LAST, 'last.c += last.a;', ...BOTH).replace('31', 'last.c'),
    refused: ['ambiguous-static last.2'],
  },
  {
    name: 'an array that gets longer',
    before: outside(TABLE, 'last[0] += n; last[2] ^= last[0] * 5;', 'return last[2] + 31;'),
    after: outside('static unsigned last[8];', 'last[0] += n; last[2] ^= last[0] * 5;', 'return last[2] + 32;'),
    refused: ['ambiguous-static last.0', 'ambiguous-static last.1'],
  },
]

const hasClang = spawnSync('clang-14', ['--version']).status === 0

describe.skipIf(!hasClang)('variables in other forms (with clang-14)', () => {
  test.for(sampled(ROWS))('$name', async ({ before, after, options = [], refused = [] }) => {
    const command = ['clang-14', '-O2', ...options]
    const found = await patchProgram({ files: { 'm.c': before }, command }, { 'm.c': after })
    expect([found.error, found.refused]).toEqual([undefined, refused])
    if (refused.length > 0) return
    expect(found.replaced).toEqual(['f'])
    expect(found.run?.selection.pieces.flatMap(({ role, piece }) => (role === 'new-data' ? piece.name : []))).toEqual(
      [],
    )
  })
})

const FIRST = inside('static int mode;', ...FLAG)
const [NONE, SECOND] = [OTHER(), OTHER('static int mode;', 'if (n == 7) mode = 9;', 'n += mode;')]

describe.skipIf(!hasClang)('another function gets a variable of that name (with clang-14)', () => {
  test.for([
    ['behind it', FIRST + NONE, FIRST + SECOND, []],
    ['before it', NONE + FIRST, SECOND + FIRST, []],
    // Which is which, only the name says.
    [
      'and the old declaration is edited',
      FIRST + NONE,
      FIRST.replace('mode;', 'mode = 0;') + SECOND,
      ['ambiguous-static f.mode', 'ambiguous-static g.mode'],
    ],
  ] as const)('%s', async ([, before, after, refused]) => {
    const found = await patchProgram({ files: { 'm.c': before }, command: ['clang-14', '-O2'] }, { 'm.c': after })
    expect([found.error, found.refused]).toEqual([undefined, refused])
    if (refused.length > 0) return
    expect(found.replaced).toEqual(['g'])
    expect(found.run?.selection.pieces.flatMap(({ role, piece }) => (role === 'new-data' ? piece.name : []))).toEqual([
      'g.mode',
    ])
  })
})
