/** Whom the preprocessed text lets out, and whether gcc agrees: uses are among them that no file has a word for. */
import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { compile, compileAnew, hasGcc, withoutGcc } from '../../../tests/support/gcc.ts'
import { CASES, unitOf } from '../../../tests/support/reach-cases.ts'
import { HIDDEN } from '../../../tests/support/reach-hidden.ts'
import { UNNAMED } from '../../../tests/support/reach-unnamed.ts'
import { sampled } from '../../../tests/support/sampled.ts'
import { liveText } from '../../ctext/live-text.ts'
import { isOrdinary } from './commands.ts'
import { WITHOUT_LINES } from './same-text.ts'

const DECLARATIONS = new Set(['a prototype', 'a prototype that nobody uses', 'a variable', 'inside typeof'])

describe.skipIf(!hasGcc)(`by the preprocessor alone${withoutGcc}`, () => {
  test.for([...sampled([...CASES, ...HIDDEN])])('$name', one => {
    for (const [kind, text] of Object.entries(one.units)) {
      const [before, after] = [one.before, one.after].map(header =>
        live(preprocessed(`${header}${one.beside ?? ''}${text}\n`, one.options)),
      )
      const isSame = before !== undefined && before === after
      // What is another object is another text.
      if (kind === '+' && isOrdinary(unitOf('+.c', one.options ?? []))) expect(isSame).toBe(false)
      // A declaration that changes is compiled, whoever uses it.
      if (kind === '-' && !DECLARATIONS.has(one.name)) expect(isSame).toBe(true)
    }
  })

  test.for([
    ['the end of a string', 'const char *f(void) { return "(2) >= BUGFRAME_NR" ")"; }', true],
    ['a name before a string', '#define STR "s"\nconst char *f(void) { return "a" STR"b"; }', true],
    ['a raw string', 'const char *f(void) { return R"(a")"; }', false],
    ['a raw string of wide characters', 'const void *f(void) { return LR"(a")"; }', false],
    ['a letter in a string', 'void f(int n) { __asm__("" : : "R" (n)); }', true],
    ['a letter in a string, behind another', 'const char *f(void) { return "\\"" "uR" ")"; }', true],
    [
      'a letter in a string, with a raw one',
      'const char *f(int n) { __asm__("" : : "R" (n)); return R"(a")"; }',
      false,
    ],
    ['a raw string behind a string', 'const char *f(void) { return "R"R"(a")"; }', false],
    ['a raw string behind a quote in a pragma', '#pragma say it\'s R"(it\'s)"\nint f(void) { return 1; }', false],
    ['a raw string of UTF-8', 'const char *f(void) { return u8R"(a")"; }', false],
    ['a letter by its number', 'int f(void) { int a\\u00e9 = 1; return a\\u00e9; }', false],
    ['a letter by its number in a string', 'const char *f(void) { return "\\u00e9"; }', true],
    ['a macro in a pragma', '#pragma pack(BYTES)\nint n;', false],
    ['a pragma', '#pragma pack(push, 1)\n#pragma GCC diagnostic ignored "-Wall"\nint n;', true],
    ['attributes for all', '#pragma clang attribute push(__attribute__((used)), apply_to = function)', false],
  ] as const)('%s', ([, text, isTold]) => expect(live(preprocessed(text)) !== undefined).toBe(isTold))

  test.for([
    ['an attribute', 'static inline int get(int p)', 'static __attribute__((cold)) inline int get(int p)', true],
    ['another type', 'static inline int get(int p)', 'static inline long get(int p)', true],
    [
      'an attribute with a list',
      'static inline int get(int p)',
      'static __attribute__((section(".other"), cold)) inline int get(int p)',
      true,
    ],
    [
      'an attribute behind one with a list',
      'static inline int get(int p)',
      'static __attribute__((section(".other"), used)) inline int get(int p)',
      false,
    ],
    [
      'an attribute that keeps it',
      'static inline int get(int p)',
      'static __attribute__((used)) inline int get(int p)',
      false,
    ],
    ['a pragma before it', 'static inline int get(int p)', '#pragma pack(1)\nstatic inline int get(int p)', false],
    ['a variable before it', 'static inline int get(int p)', 'int n; static inline int get(int p)', false],
  ] as const)('%s of a function that nobody uses', ([, before, after, isSame]) => {
    const [one, other] = [before, after].map(head =>
      live(preprocessed(`${head} { return p; }\nstruct t { char c; int i; };\nint f(struct t *t) { return t->i; }\n`)),
    )
    expect(one === other).toBe(isSame)
  })

  test.for([...sampled([...CASES, ...HIDDEN])])(
    '$name: in whatever files it stands',
    ({ before, beside = '', units }) => {
      for (const text of Object.values(units)) {
        const whole = preprocessed(`${before}${beside}${text}\n`)
        const cut = whole.replace(/\n(?!$)/g, '\n# 1 "x.h" 1\n').replace(/(; *)(?=\w)/g, '$1\n# 1 "y\\".h" 2\n')
        expect(live(cut)).toBe(live(whole))
      }
    },
  )

  test.for([
    [
      'another function beside',
      'int n; extern int m;',
      'int n; static inline int get(int p) { return p; } extern int m;',
    ],
    ['lines', 'int n;\n\nint m;', 'int n;\nint m;'],
  ] as const)('%s is the same', ([, before, after]) => {
    expect(live(preprocessed(before))).toBe(live(preprocessed(after)))
  })

  test('a text that does not close is told apart', () => {
    expect(live('int f(void) { return 1;')).not.toBe(live('int f(void) { return 2;'))
  })

  test.for([...sampled(HIDDEN)])(
    '$name: gcc makes another object',
    ({ before, after, beside = '', units, options = [] }) => {
      for (const text of Object.values(units)) {
        const [one, other] = [before, after].map(header =>
          Buffer.from(compile(`${header}${beside}${text}\n`, ['-O0', '-w', '-std=gnu11', ...options])),
        )
        expect(one?.equals(other ?? Buffer.of())).toBe(false)
      }
    },
  )
})

describe.each(['gcc', 'clang-14'])('%s makes the same object of the same live text', compiler => {
  const isHere = spawnSync(compiler, ['--version']).status === 0
  const made = (text: string, options: readonly string[]) => {
    try {
      return Buffer.from(compileAnew(text, ['-w', '-std=gnu11', ...options], 'unit.c', compiler))
    } catch {
      return undefined
    }
  }

  test.skipIf(!isHere).for([...sampled([...CASES, ...HIDDEN]), ...UNNAMED])('$name', one => {
    const options = one.options ?? []
    if (!isOrdinary(unitOf('+.c', options))) return
    for (const text of Object.values(one.units)) {
      const both = [one.before, one.after].map(header => `${header}${one.beside ?? ''}${text}\n`)
      const [before, after] = both.map(each => live(preprocessedBy(compiler, each, options) ?? ''))
      if (before === undefined || before !== after) continue
      for (const level of ['-O0', '-O2']) {
        const [first, second] = both.map(each => made(each, [level, ...options]))
        expect(first?.equals(second ?? Buffer.of())).toBe(first === undefined ? undefined : true)
      }
    }
  })
})

const live = (text: string) => liveText(Buffer.from(text, 'latin1'))

function preprocessed(text: string, options: readonly string[] = []): string {
  const made = preprocessedBy('gcc', text, options)
  expect(made).toBeDefined()
  return made ?? ''
}

/** As units are asked; undefined where it does not preprocess. */
function preprocessedBy(compiler: string, text: string, options: readonly string[]): string | undefined {
  const run = spawnSync(compiler, ['-E', ...WITHOUT_LINES, '-std=gnu11', ...options, '-x', 'c', '-'], {
    input: Buffer.from(text),
    encoding: 'latin1',
  })
  return run.status === 0 ? run.stdout : undefined
}
