/**
 * Places where an inserted `#line` does harm or nothing, one a row: what is done there, and gcc's word that it compiles,
 * that it is the patched program, and that every unchanged line has its number.
 */
import { describe, expect, test } from 'vitest'
import { neutralize } from '../../src/lines/neutral.ts'
import type { NeutralFile } from '../../src/lines/neutral-model.ts'
import { compile, hasGcc, withoutGcc } from '../support/gcc.ts'
import { faults } from './faults.ts'
import { touched } from './touched.ts'

interface Row {
  readonly name: string
  readonly old: string
  readonly patched: string
  /** Directives, each with the patched line it stands before. */
  readonly directives?: Record<number, string>
  /** What was laid out anew, by its first patched line. */
  readonly reformatted?: Record<number, NeutralFile['reformatted'][number]['how']>
  /** The numbers of added lines, where they get any of their own. */
  readonly numbering?: NeutralFile['numbering']
}

const HEAD = 'extern int g(int, ...); extern int v;\n'

const ROWS: Row[] = [
  {
    name: 'plain code: added lines above the last line, then back',
    old: `${HEAD}int f(void)\n{\n    g(1);\n    return __LINE__;\n}\n`,
    patched: `${HEAD}int f(void)\n{\n    g(1);\n    g(__LINE__);\n    g(3);\n    return __LINE__;\n}\n`,
    directives: { 5: '#line 7', 7: '#line 5' },
    numbering: 'above',
  },
  {
    name: 'lines taken away',
    old: `${HEAD}int f(void)\n{\n    g(1);\n    g(2);\n    return __LINE__;\n}\n`,
    patched: `${HEAD}int f(void)\n{\n    return __LINE__;\n}\n`,
    directives: { 4: '#line 6' },
  },
  {
    name: 'as many lines as before',
    old: `${HEAD}int f(void)\n{\n    g(1);\n    return __LINE__;\n}\n`,
    patched: `${HEAD}int f(void)\n{\n    g(__LINE__);\n    return __LINE__;\n}\n`,
  },
  {
    name: 'a line that moved to where another was: not its number',
    old: `${HEAD}int f(void)\n{\n    g(1, __LINE__);\n    g(2);\n    v++;\n    g(3, __LINE__);\n    return __LINE__;\n}\n`,
    patched: `${HEAD}int f(void)\n{\n    g(2);\n    v++;\n    g(1, __LINE__);\n    return __LINE__;\n}\n`,
    directives: { 4: '#line 5', 6: '#line 10', 7: '#line 8' },
    numbering: 'above',
  },
  {
    name: 'a line that is another one by now, beside equal ones',
    old: `${HEAD}int f(void)\n{\n    g(1, __LINE__);\n    g(2);\n    return 0;\n}\nint h(void)\n{\n    v++;\n    return 0;\n}\n`,
    patched: `${HEAD}int f(void)\n{\n    g(4, __LINE__);\n    g(2);\n    return 0;\n}\nint h(void)\n{\n    v--;\n    return 0;\n}\n`,
  },
  {
    name: 'in the body of a macro with several lines: the directive comes behind it',
    old: `${HEAD}#define TWICE(x) do { \\\n    g(x); \\\n    g(x); \\\n} while ( 0 )\nint f(void) { TWICE(__LINE__); return __LINE__; }\n`,
    patched: `${HEAD}#define TWICE(x) do { \\\n    g(x); \\\n    g(2); \\\n    g(x); \\\n} while ( 0 )\nint f(void) { TWICE(__LINE__); return __LINE__; }\n`,
    directives: { 7: '#line 6' },
  },
  {
    name: 'among the arguments of a call: the added line is joined',
    old: `${HEAD}int f(void)\n{\n    return g(1,\n             __LINE__,\n             3);\n}\n`,
    patched: `${HEAD}int f(void)\n{\n    return g(1,\n             v, // more\n             __LINE__,\n             3);\n}\n`,
    reformatted: { 5: 'joined' },
  },
  {
    name: 'among the arguments of a call: an empty line stands for one taken away',
    old: `${HEAD}int f(void)\n{\n    return g(1,\n             v,\n             __LINE__);\n}\n`,
    patched: `${HEAD}int f(void)\n{\n    return g(1,\n             __LINE__);\n}\n`,
    reformatted: { 5: 'padded' },
  },
  {
    name: 'a call that is split, nothing else: the original lines are put back',
    old: `${HEAD}int f(void)\n{\n    return g(1, v, __LINE__,\n             __LINE__);\n}\n`,
    patched: `${HEAD}int f(void)\n{\n    return g(1,\n             v, __LINE__,\n             __LINE__);\n}\n`,
    reformatted: { 4: 'restored' },
  },
  {
    name: 'a statement that is split where a directive may stand: two lines with the one number',
    old: `${HEAD}int f(void)\n{\n    if ( v ) return __LINE__;\n    return 0;\n}\n`,
    patched: `${HEAD}int f(void)\n{\n    if ( v )\n        return __LINE__;\n    return 0;\n}\n`,
    directives: { 5: '#line 4' },
  },
  {
    name: 'inside a block comment',
    old: `${HEAD}/* one\n   two */ int f(void) { return __LINE__; }\n`,
    patched: `${HEAD}/* one\n   more\n   and more\n   two */ int f(void) { return __LINE__; }\n`,
    reformatted: { 3: 'restored' },
  },
  {
    name: 'inside a block comment, with code behind it at a safe place',
    old: `${HEAD}/* one\n   two */\nint f(void) { return __LINE__; }\n`,
    patched: `${HEAD}/* one\n   more\n   two */\nint f(void) { return __LINE__; }\n`,
    directives: { 5: '#line 4' },
  },
  {
    name: 'inside a string that a backslash continues',
    old: `${HEAD}const char *s = "one \\\ntwo"; int f(void) { return __LINE__; }\nint h(void) { return __LINE__; }\n`,
    patched: `${HEAD}const char *s = "one \\\nmore \\\ntwo"; int f(void) { return __LINE__; }\nint h(void) { return __LINE__; }\n`,
    reformatted: { 3: 'joined' },
  },
  {
    name: 'inside #if 0, where it would be ignored: behind the #endif',
    old: `${HEAD}#if 0\nit is not (\n#endif\nint f(void) { return __LINE__; }\n`,
    patched: `${HEAD}#if 0\nit is not (\nat all\n#endif\nint f(void) { return __LINE__; }\n`,
    directives: { 6: '#line 5' },
  },
  {
    name: 'inside #ifdef: in the group, and behind it for when it is skipped',
    old: `${HEAD}#ifdef X\nint a(void) { return __LINE__; }\n#else\nint b(void) { return __LINE__; }\n#endif\nint f(void) { return __LINE__; }\n`,
    patched: `${HEAD}#ifdef X\n\nint a(void) { return __LINE__; }\n#else\nint b(void) { return __LINE__; }\n#endif\nint f(void) { return __LINE__; }\n`,
    directives: { 4: '#line 3', 6: '#line 5', 8: '#line 7' },
  },
  {
    name: 'a backslash at the end of a statement',
    old: `${HEAD}int f(void) { return v + \\\n    __LINE__; }\nint h(void) { return __LINE__; }\n`,
    patched: `${HEAD}int f(void) { return v + \\\n    2 + \\\n    __LINE__; }\nint h(void) { return __LINE__; }\n`,
    reformatted: { 3: 'joined' },
  },
  {
    name: 'at the last line of the file',
    old: `${HEAD}int f(void) { return __LINE__; }\n`,
    patched: `${HEAD}int f(void) { return __LINE__; }\nint h(void) { return __LINE__; }\n`,
  },
  {
    name: 'at the last line of a file without a line end',
    old: `${HEAD}int f(void) { return __LINE__; }\nint h;`,
    patched: `${HEAD}\nint f(void) { return __LINE__; }\nint h;`,
    directives: { 3: '#line 2' },
  },
  {
    name: 'between if and its body',
    old: `${HEAD}int f(void)\n{\n    if ( v )\n        return __LINE__;\n    return 0;\n}\n`,
    patched: `${HEAD}int f(void)\n{\n    if ( v )\n        /* words */\n        return __LINE__;\n    return 0;\n}\n`,
    directives: { 6: '#line 5' },
  },
  {
    name: 'inside an array initialiser',
    old: `${HEAD}int a[] = {\n    1,\n    __LINE__,\n};\n`,
    patched: `${HEAD}int a[] = {\n    1,\n    2,\n    __LINE__,\n};\n`,
    directives: { 4: '#line 6', 5: '#line 4' },
    numbering: 'above',
  },
  {
    name: 'inside an asm statement',
    old: `${HEAD}int f(void)\n{\n    asm volatile ( "nop\\n"\n                   "nop" :: "i" (__LINE__) );\n    return __LINE__;\n}\n`,
    patched: `${HEAD}int f(void)\n{\n    asm volatile ( "nop\\n"\n                   "nop\\n"\n                   "nop" :: "i" (__LINE__) );\n    return __LINE__;\n}\n`,
    reformatted: { 5: 'joined' },
  },
  {
    name: "between a macro's name and its arguments",
    old: `${HEAD}#define CALL(x) g(x)\nint f(void)\n{\n    return CALL\n        (__LINE__);\n}\n`,
    patched: `${HEAD}#define CALL(x) g(x)\nint f(void)\n{\n    return CALL\n\n        (__LINE__);\n}\n`,
    reformatted: { 6: 'restored' },
  },
  {
    name: 'names pasted from __LINE__: no two alike',
    old: `${HEAD}#define P_(a, b) a##b\n#define P(a, b) P_(a, b)\n#define STOP int P(u, __LINE__)\nint P(w, 1);\nSTOP;\nSTOP;\nSTOP;\n`,
    patched: `${HEAD}#define P_(a, b) a##b\n#define P(a, b) P_(a, b)\n#define STOP int P(u, __LINE__)\nint P(w, 1);\nSTOP = 1;\nSTOP = 2;\nSTOP = 3;\nSTOP;\nSTOP;\nSTOP;\n`,
    directives: { 6: '#line 9', 9: '#line 6' },
    numbering: 'above',
  },
  {
    name: 'a new #if group around lines that stay',
    old: `${HEAD}int a(void) { return __LINE__; }\nint f(void) { return __LINE__; }\n`,
    patched: `${HEAD}#ifndef Y\nint a(void) { return __LINE__; }\n#endif\nint f(void) { return __LINE__; }\n`,
    directives: { 3: '#line 2', 5: '#line 3' },
  },
]

const options = ['-O2', '-Wall', '-Wextra', '-Werror', '-Wno-unused', '-std=gnu99']

describe.skipIf(!hasGcc)(`hard places${withoutGcc}`, () => {
  test.for(ROWS)('$name', row => {
    const change = touched(row.old, row.patched)
    if (change === undefined) throw new Error('the row changes nothing')
    const neutral = neutralize(change, { style: 'auto' })
    expect(Object.fromEntries(neutral.insertions.map(({ patched, directive }) => [patched, directive]))).toEqual(
      row.directives ?? {},
    )
    expect(Object.fromEntries(neutral.reformatted.map(({ patchedFrom, how }) => [patchedFrom, how]))).toEqual(
      row.reformatted ?? {},
    )
    expect(neutral.unsafe).toEqual([])
    expect(neutral.numbering).toBe(row.numbering ?? 'none')
    for (const defined of [[], ['-DX']]) expect(faults(change, neutral, defined)).toEqual([])
    compile(neutral.text, options)
  })

  const OWN = ['#line 100 "grammar.y"', 'int f(void) { return __LINE__; }', 'int h(void) { return __LINE__; }', '']
  const TRIGRAPHS = ['// so it is ??/', 'int f(void) { return 0; }', 'int h(void) { return __LINE__; }', '']
  test.for([
    {
      name: 'a number of its own that changes',
      old: OWN,
      patched: OWN.with(0, '#line 200 "grammar.y"'),
      off: [2, 4],
      because: 'own-numbers',
    },
    {
      name: 'a number of its own that goes',
      old: OWN,
      patched: OWN.with(0, '/* none */'),
      off: [2, 4],
      because: 'own-numbers',
    },
    {
      name: 'a number of its own that comes',
      old: OWN.with(0, '/* none */'),
      patched: OWN,
      off: [2, 4],
      because: 'own-numbers',
    },
    {
      name: 'a number of its own, below a line that changes',
      old: OWN,
      patched: OWN.with(1, 'int f(void) { return 3; }'),
      off: undefined,
      because: '',
    },
    {
      name: 'a line that -trigraphs would make another',
      old: TRIGRAPHS,
      patched: ['int n;', ...TRIGRAPHS],
      off: [3, 5],
      because: 'trigraphs',
    },
    {
      name: 'a directive that only -trigraphs makes one',
      old: ['??=if 0', 'int f(void) { return __LINE__; }', '??=endif', ''],
      patched: ['??=if 0', 'int n;', 'int f(void) { return __LINE__; }', '??=endif', ''],
      off: [3, 5],
      because: 'trigraphs',
    },
    {
      name: 'a question about nothing',
      old: ['// really??', 'int h(void) { return __LINE__; }', ''],
      patched: ['int n;', '// really??', 'int h(void) { return __LINE__; }', ''],
      off: undefined,
      because: '',
    },
  ])('$name', ({ old, patched, off, because }) => {
    const change = touched(old.join('\n'), patched.join('\n'))
    const neutral = change && neutralize(change, { style: 'directive' })
    const found = neutral?.unsafe.map(each => [each.patched, each.patchedEnd, each.because])
    expect(found).toEqual(off === undefined ? [] : [[...off, because]])
    if (off !== undefined) expect(neutral?.insertions).toEqual([])
  })

  test('the same without a place for a directive: says which lines are off, and why', () => {
    const change = touched(
      'int g(int, ...);\nint f(void)\n{\n    return g(1,\n        2,\n        3);\n}\n',
      'int g(int, ...);\nint f(void)\n{\n    return g(1,\n        0,\n        2,\n        3);\n}\n',
    )
    const neutral = change && neutralize(change, { style: 'directive' })
    expect(neutral?.unsafe).toMatchObject([{ patched: 6, patchedEnd: 8, original: 5, because: 'parentheses' }])
    expect(neutral?.insertions).toMatchObject([{ patched: 8, directive: '#line 7' }])
  })
})
