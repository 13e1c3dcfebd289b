/** A function that goes from one file to another: one thing of the program, by its global name. */
import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { hasGcc, withoutGcc } from '../support/gcc.ts'
import { sampled } from '../support/sampled.ts'
import { patchProgram, type SmallProgram } from '../support/small-program.ts'

const F = '__attribute__((noinline)) int f(int i) { return out(i) * 7 + 3; }\n'
const NEW_F = F.replace('* 7', '* 9')
const HEAD = 'extern int out(int); int f(int);\n'
const ONE = `${HEAD}int first(int i) { return out(i + 1); }\n`
const TWO = `${HEAD}int second(int i) { return out(i + 2); }\n`
const CALLER = 'int caller(int i) { return f(i) + out(i); }\n'
const HOLDER = 'extern void keep(int (*)(int));\nvoid holder(void) { keep(f); out(1); }\n'

interface Row {
  readonly name: string
  /** Texts before and after, by file. */
  readonly files: Readonly<Record<string, readonly [string, string]>>
  readonly command?: readonly string[]
  readonly built?: true
  readonly refused?: readonly string[]
  readonly replaced?: readonly string[]
}

const ROWS: readonly Row[] = [
  {
    name: 'called from a third file',
    files: { 'a.c': [ONE + F, ONE], 'b.c': [TWO, TWO + NEW_F], 'c.c': [HEAD + CALLER, HEAD + CALLER] },
    replaced: ['f'],
  },
  {
    name: 'called in the file that loses it',
    files: { 'a.c': [ONE + F + CALLER, ONE + CALLER], 'b.c': [TWO, TWO + NEW_F] },
    replaced: ['f'],
  },
  {
    name: 'called in the file that gets it',
    files: { 'a.c': [ONE + F, ONE], 'b.c': [TWO + CALLER, TWO + NEW_F + CALLER] },
    replaced: ['f'],
  },
  {
    name: 'without optimisation',
    command: ['gcc', '-O0', '-g'],
    files: { 'a.c': [ONE + F + CALLER, ONE + CALLER], 'b.c': [TWO, TWO + NEW_F] },
    replaced: ['f'],
  },
  {
    name: 'in sections of their own',
    command: ['gcc', '-O2', '-ffunction-sections', '-fno-pie', '-fcf-protection=none'],
    files: { 'a.c': [ONE + F + CALLER + HOLDER, ONE + CALLER + HOLDER], 'b.c': [TWO, TWO + NEW_F] },
    replaced: ['f'],
  },
  {
    name: 'its address is in a table',
    files: {
      'a.c': [`${ONE}${F}int (*const table[])(int) = { f, out };\n`, `${ONE}int (*const table[])(int) = { f, out };\n`],
      'b.c': [TWO, TWO + NEW_F],
    },
    replaced: ['f'],
  },
  {
    name: 'with an out-of-line part',
    files: { 'a.c': [ONE + cold(7), ONE], 'b.c': [TWO, TWO + cold(9)] },
    replaced: ['f'],
  },
  {
    name: 'with a helper of its own',
    files: { 'a.c': [`${ONE}${helped()}`, ONE], 'b.c': [TWO, `${TWO}${helped()}`.replace('* 7', '* 9')] },
    replaced: ['f'],
  },
  {
    name: 'two that call each other',
    files: { 'a.c': [ONE + pair(7), ONE], 'b.c': [TWO, TWO + pair(9)] },
    replaced: ['g', 'f'],
  },
  {
    name: 'one each way',
    files: {
      'a.c': [ONE + F, ONE + F.replace('f(', 'g(').replace('* 7', '* 5')],
      'b.c': [TWO + F.replace('f(', 'g('), TWO + NEW_F],
    },
    replaced: ['g', 'f'],
  },
  { name: 'and nothing else of it changes', files: { 'a.c': [ONE + F, ONE], 'b.c': [TWO, TWO + F] }, replaced: ['f'] },
  {
    name: 'another caller changes as well',
    files: { 'a.c': [ONE + F + CALLER, ONE + CALLER.replace('+ out', '- out')], 'b.c': [TWO, TWO + NEW_F] },
    replaced: ['caller', 'f'],
  },
  {
    name: 'its state goes along',
    files: { 'a.c': [ONE + counting(7), ONE], 'b.c': [TWO, TWO + counting(9)] },
    refused: ['state-left-behind count.0'],
  },
  {
    name: 'its state stays',
    files: {
      'a.c': [`${ONE}int count;\n${counting(7).replace('static int count; ', '')}`, `${ONE}int count;\n`],
      'b.c': [TWO, `${TWO}extern int count;\n${counting(9).replace('static int count; ', '')}`],
    },
    replaced: ['f'],
  },
  {
    name: 'a variable goes along',
    files: {
      'a.c': [`${ONE}int count = 1;\n${counting(7).replace('static int count; ', '')}`, ONE],
      'b.c': [TWO, `${TWO}int count = 1;\n${counting(9).replace('static int count; ', '')}`],
    },
    refused: ['other-definition count', 'state-left-behind count'],
  },
  {
    name: 'one of its two names goes',
    files: {
      'a.c': [`${ONE}${F}int other(int) __attribute__((alias("f")));\n`, `${ONE}${F.replace('f(', 'other(')}`],
      'b.c': [TWO, TWO + NEW_F],
    },
    refused: ['other-definition f'],
  },
  {
    name: 'beside a weak one elsewhere',
    built: true,
    files: {
      'a.c': [ONE + F, ONE],
      'b.c': [TWO, TWO + NEW_F],
      'c.c': [`${HEAD}__attribute__((weak)) ${F}`, `${HEAD}__attribute__((weak)) ${F}`],
    },
    refused: ['other-definition f'],
  },
  {
    name: 'one of two weak ones goes',
    built: true,
    files: {
      'a.c': [`${ONE}__attribute__((weak)) ${F}${CALLER}`, ONE + CALLER],
      'c.c': [`${HEAD}__attribute__((weak)) ${NEW_F}`, `${HEAD}__attribute__((weak)) ${NEW_F}`],
    },
    refused: ['other-definition f'],
  },
  {
    name: 'a weak one comes to another',
    built: true,
    files: {
      'a.c': [ONE + CALLER, `${ONE}__attribute__((weak)) ${F}${CALLER}`],
      'c.c': [`${HEAD}__attribute__((weak)) ${NEW_F}`, `${HEAD}__attribute__((weak)) ${NEW_F}`],
    },
    refused: ['other-definition f'],
  },
  {
    name: 'it becomes weak',
    files: { 'a.c': [ONE + F, ONE], 'b.c': [TWO, `${TWO}__attribute__((weak)) ${NEW_F}`] },
    refused: ['other-definition f'],
  },
  {
    name: 'it runs at the start only',
    files: {
      'a.c': [`${ONE}__attribute__((constructor)) void g(void) { out(7); }\n`, ONE],
      'b.c': [TWO, `${TWO}void g(void) { out(9); }\n`],
    },
    refused: ['init-data .init_array+0x0', 'init-code g'],
  },
  {
    name: 'with another prototype, and a caller stays',
    files: {
      'a.c': [ONE + F, ONE],
      'b.c': [TWO, TWO.replace('int f(int)', 'int f(long)') + NEW_F.replace('int i', 'long i')],
      'c.c': [HEAD + CALLER, HEAD + CALLER],
    },
    refused: ['prototype-changed f'],
  },
  {
    name: 'a global one that is held becomes static',
    files: {
      'a.c': [ONE + F, ONE],
      'b.c': [TWO, `${TWO.replace('int f(int);', '')}static ${NEW_F}${CALLER}`],
      'c.c': [HEAD + HOLDER, 'int c;\n'],
    },
    refused: ['other-definition f'],
  },
  {
    name: 'a static one that is only called becomes global',
    files: {
      'a.c': [`${ONE.replace('int f(int);', '')}static ${F}${CALLER}`, ONE + CALLER],
      'b.c': [TWO, TWO + NEW_F],
    },
    replaced: ['caller'],
  },
  {
    name: 'a static one that is held becomes global',
    files: { 'a.c': [held('static '), ONE], 'b.c': [TWO, TWO + NEW_F] },
    refused: ['other-definition f'],
  },
]

function inlineIn(name: string, value: string): string {
  return `__attribute__((noinline)) inline int f(int i) { return i * 7 + 3; }\nint ${name}(int i) { return ${value}; }\n`
}

function cold(factor: number): string {
  return `__attribute__((cold)) void complain(int);\nint f(int i) { if (i > 100) { complain(i); complain(${factor}); } return out(i) * ${factor}; }\n`
}

function helped(): string {
  return `static __attribute__((noinline)) int helper(int i) { return out(i) * 7; }\nint f(int i) { return helper(i) + helper(i + 1); }\n`
}

function pair(factor: number): string {
  return `int g(int);\n${F.replace('return', 'if (i) g(i - 1); return').replace('7', String(factor))}${F.replace('f(', 'g(').replace('return', 'if (i) f(i - 1); return').replace('7', String(factor))}`
}

function counting(factor: number): string {
  return `int f(int i) { static int count; return out(i) * ${factor} + count++; }\n`
}

function held(storage: string): string {
  return `extern int out(int); extern void keep(int (*)(int));\n${storage}${F}void holder(void) { keep(f); }\n`
}

test.skipIf(!hasGcc).for(sampled(ROWS))(
  `$name${withoutGcc}`,
  async ({ files, command, built, refused = [], replaced }) => {
    const sides = (at: 0 | 1) => Object.fromEntries(Object.entries(files).map(([file, texts]) => [file, texts[at]]))
    const program: SmallProgram = { files: sides(0), ...(command && { command }), ...(built && { built }) }
    const edit = Object.fromEntries(Object.entries(sides(1)).filter(([file, text]) => text !== files[file]?.[0]))
    const found = await patchProgram(program, edit)
    expect([found.error, found.refused, found.replaced]).toEqual([undefined, refused, replaced])
  },
)

test.skipIf(!hasGcc)(`pointers to it stay those of before, and calls go to the new code${withoutGcc}`, async () => {
  const both = `${CALLER}${HOLDER}`
  const { run } = await patchProgram(
    { files: { 'a.c': ONE + F + both, 'b.c': TWO } },
    { 'a.c': ONE + both.replaceAll('out(', '1 + out('), 'b.c': TWO + NEW_F },
  )
  const links = run?.selection.pieces.flatMap(({ piece, references }) =>
    references.flatMap(({ link }) => {
      const to =
        link.to === 'payload' ? run.selection.units[link.target.unit]?.patched.pieces[link.target.piece] : undefined
      const name = link.to === 'running' ? link.name : to?.name
      return name === 'f' ? [`${piece.name}: ${link.to}`] : []
    }),
  )
  expect(links).toEqual(['caller: payload', 'holder: running'])
})

const hasCxx = spawnSync('g++', ['--version']).status === 0
test.skipIf(!hasCxx)(`copies of an inline function come and go${hasCxx ? '' : ' (skipped: no g++)'}`, async () => {
  const command = ['g++', '-x', 'c++', '-O1', '-fno-exceptions', '-fno-asynchronous-unwind-tables']
  const [used, unused] = [inlineIn('first', 'f(i)'), inlineIn('first', 'i * 77777 + 123456 / (i | 1)')]
  const files = { 'c.c': inlineIn('third', 'f(i)') }
  const goes = await patchProgram({ files: { ...files, 'a.c': used }, command, built: true }, { 'a.c': unused })
  const comes = await patchProgram({ files: { ...files, 'a.c': unused }, command, built: true }, { 'a.c': used })
  expect([goes, comes].map(({ error, refused, replaced }) => [error, refused, replaced])).toEqual([
    [undefined, [], ['_Z5firsti']],
    [undefined, [], ['_Z5firsti']],
  ])
})
