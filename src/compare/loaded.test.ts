/**
 * Everything that is loaded is compared: variables without a section, sections of whatever name, and the sets that a
 * linker gathers, whose entries nobody refers to.
 */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { judge, PROGRAM_RULES, selectFrom, selectionLines, verdictLines } from '../../tests/support/judge.ts'
import { readElf } from '../elf/index.ts'
import { PROCESS } from '../loaders/process/process.ts'
import { pieceMap } from '../pieces/pieces.ts'

const PROGRAM = ['-O2', '-ffunction-sections', '-fdata-sections', '-fcf-protection=none']
const COMMON = [...PROGRAM, '-fcommon']

interface Row {
  readonly name: string
  readonly before: string
  readonly after: string
  readonly verdicts: readonly string[]
  readonly refused: readonly string[]
  readonly flags?: readonly string[]
}

const SET = 'static const struct h { int (*fn)(int); int k; } '
const IN_SET = '__attribute__((section("handlers"), used))'
const one = 'extern int out(int); static int one(int i) { return out(i) * 7; }\n'
const entry = (name: string, k: number, how = IN_SET) =>
  `${k === 1 ? SET : 'static const struct h '}${name} ${how} = { one, ${k} };\n`
const init = (priority: number) =>
  `extern int out(int); __attribute__((constructor(${priority}))) static void begin(void) { out(3); }`
const loose = (section: string, value: number) =>
  `__attribute__((section("${section}"))) const int limits[2] = { 5, ${value} }; int f(int i) { return limits[i]; }`
const code = (section: string, factor: number) =>
  `extern int out(int); __attribute__((section("${section}"))) int f(int i) { return out(i) * ${factor}; }`

const ROWS: readonly Row[] = [
  {
    name: 'a COMMON variable that grows',
    before: 'int room[2]; int f(int i) { return room[i]; }',
    after: 'int room[4]; int f(int i) { return room[i]; }',
    verdicts: ['room: changed (size)'],
    refused: ['data-layout room'],
    flags: COMMON,
  },
  {
    name: 'a COMMON variable that must lie better aligned',
    before: 'int room; int f(void) { return room; }',
    after: '__attribute__((aligned(64))) int room; int f(void) { return room; }',
    verdicts: ['room: changed (alignment)'],
    refused: ['data-layout room'],
    flags: COMMON,
  },
  {
    name: 'a COMMON variable that gets a value',
    before: 'int pool; int f(int n) { return pool += n; }',
    after: 'int pool = 5; int f(int n) { return pool += n; }',
    verdicts: ['pool: changed (section)'],
    refused: ['data-layout pool'],
    flags: COMMON,
  },
  {
    name: 'COMMON variables that stay',
    before: 'int a, b[3]; int f(int i) { return a + b[i]; }',
    after: 'int a, b[3]; int f(int i) { return a + b[i]; }',
    verdicts: [],
    refused: [],
    flags: COMMON,
  },
  {
    name: 'an entry that a set gains',
    before: one + entry('h_one', 1),
    after: one + entry('h_one', 1) + entry('h_two', 2),
    verdicts: ['h_two: new'],
    refused: ['unknown-section h_two'],
    flags: [...PROGRAM, '-fno-toplevel-reorder'],
  },
  {
    name: 'an entry that a set loses',
    before: one + entry('h_one', 1) + entry('h_two', 2),
    after: one + entry('h_one', 1),
    verdicts: ['h_two: gone'],
    refused: ['unknown-section h_two'],
    flags: [...PROGRAM, '-fno-toplevel-reorder'],
  },
  {
    name: 'an entry that moves to another set',
    before: one + entry('h_one', 1),
    after: one + entry('h_one', 1, IN_SET.replace('handlers', 'helpers')),
    verdicts: ['h_one: changed (section)'],
    refused: ['unknown-section h_one'],
  },
  {
    name: 'two entries of equal size that change places',
    before: `${one}${SET};${entry('h_two', 2)}${entry('h_three', 3)}`,
    after: `${one}${SET};${entry('h_three', 3)}${entry('h_two', 2)}`,
    verdicts: ['h_three: changed (place)', 'h_two: changed (place)'],
    refused: ['unknown-section h_three', 'unknown-section h_two'],
    flags: [...PROGRAM, '-fno-toplevel-reorder'],
  },
  {
    name: 'a constructor of another priority',
    before: init(200),
    after: init(300),
    verdicts: ['.init_array.00200+0x0: gone', '.init_array.00300+0x0: new'],
    refused: ['init-data .init_array.00200+0x0', 'init-data .init_array.00300+0x0'],
  },
  ...['.note.limits', '.debug_limits', '.llvm.limits', '.comment.limits', '.group.x', '.gnu.warning.x'].map(
    (section): Row => ({
      name: `a constant in a loaded section called ${section}`,
      before: loose(section, 6),
      after: loose(section, 8),
      verdicts: ['limits: changed (byte)'],
      refused: ['unknown-section limits'],
    }),
  ),
  ...['.note.commands', '.debug_commands'].map(
    (section): Row => ({
      name: `code in a loaded section called ${section}`,
      before: code(section, 11),
      after: code(section, 13),
      verdicts: ['f: changed (byte)'],
      refused: [],
    }),
  ),
  ...['startup', 'unlikely', 'hot', 'exit'].map(
    (name): Row => ({
      name: `a function that is called ${name}, as sections are`,
      before: `extern int out(int); int ${name}(int i) { return out(i) * 11; }`,
      after: `extern int out(int); int ${name}(int i) { return out(i) * 13; }`,
      verdicts: [`${name}: changed (byte)`],
      refused: [],
    }),
  ),
  ...['main', 'startup'].map(
    (name): Row => ({
      name: `code that runs once: ${name}`,
      before: `extern int out(int); __attribute__((constructor)) int ${name}(void) { return out(1) * 11; }`,
      after: `extern int out(int); __attribute__((constructor)) int ${name}(void) { return out(1) * 13; }`,
      verdicts: [`${name}: changed (byte)`],
      refused: [`init-code ${name}`],
    }),
  ),
  {
    name: 'lists of entries that only tracers read',
    before: 'extern int out(int); int f(int i) { return out(i) * 7; }',
    after: 'extern int out(int); int f(int i) { return out(i) * 7; } int g(int i) { return out(i) * 5; }',
    verdicts: ['g: new'],
    refused: [],
    flags: [...PROGRAM, '-fpatchable-function-entry=4'],
  },
]

test.skipIf(!hasGcc).for(ROWS)(`$name${withoutGcc}`, ({ before, after, verdicts, refused, flags = PROGRAM }) => {
  const [original, patched] = [compile(before, flags), compile(after, flags)]
  expect(verdictLines(judge(original, patched, PROCESS))).toEqual(verdicts)
  const { refusals } = selectFrom(original, patched, PROGRAM_RULES)
  expect(refusals.map(({ code, symbol }) => `${code} ${symbol}`)).toEqual(refused)
  for (const { hint } of refusals) expect(hint.length).toBeGreaterThan(20)
})

test.skipIf(!hasGcc).for([
  { section: '.data.schedulers', code: 'unknown-section' },
  { section: '.data.param', code: 'unknown-section' },
  { section: '.initcall1.init', code: 'init-data' },
  { section: '.init.setup', code: 'init-data' },
])(`Xen: an entry that $section gains or loses${withoutGcc}`, ({ section, code }) => {
  const how = `__attribute__((section("${section}"), used))`
  const small = compile(one + entry('h_one', 1, how))
  const large = compile(one + entry('h_one', 1, how) + entry('h_two', 2, how))
  for (const [before, after] of [[small, large] as const, [large, small] as const]) {
    const { refusals } = selectFrom(before, after)
    expect(refusals.map(({ code, symbol }) => `${code} ${symbol}`)).toContain(`${code} h_two`)
  }
})

test.skipIf(!hasGcc)(`a new COMMON variable comes along, with its size and alignment${withoutGcc}`, () => {
  const before = compile('int f(int i) { return i * 7; }', COMMON)
  const after = compile('__attribute__((aligned(32))) int fresh[3]; int f(int i) { return fresh[i] += i * 7; }', COMMON)
  const selection = selectFrom(before, after, PROGRAM_RULES)
  expect(selectionLines(selection)).toEqual(['replacement f', 'new-data fresh'])
  const { object } = selection.units[0]?.patched ?? { object: undefined }
  const section = object?.sections.find(({ name }) => name === '.bss.fresh')
  expect(section).toMatchObject({ type: 8, flags: 3, size: 12, alignment: 32 })
})

test.skipIf(!hasGcc)(`an object that holds only intermediate code is an error${withoutGcc}`, () => {
  const text = 'int f(int i) { return i * 3; }'
  const read = (flags: readonly string[]) => () => pieceMap(readElf(compile(text, flags)), { loader: PROCESS })
  expect(read(['-O2', '-flto'])).toThrow(expect.objectContaining({ code: 'elf/intermediate-code' }))
  expect(read(['-O2', '-flto', '-ffat-lto-objects'])().pieces.map(({ name }) => name)).toContain('f')
})

const ofBoot = (section: string, names: string) =>
  [...names].map(name => `__attribute__((section("${section}"), used)) static int ${name} = '${name}';\n`).join('')

test.skipIf(!hasGcc).for([
  { section: '.init.data', moved: [] },
  { section: '.init.rodata', moved: [] },
  { section: '.init.setup', moved: ['a: changed (place)', 'b: changed (place)'] },
  { section: '.init.data.cf_clobber', moved: ['a: changed (place)', 'b: changed (place)'] },
])(`a variable more before others of boot time, in $section${withoutGcc}`, ({ section, moved }) => {
  const flags = [...PROGRAM, '-fno-toplevel-reorder']
  const [before, after] = ['ab', 'cab'].map(names => compile(ofBoot(section, names), flags))
  const lines = verdictLines(judge(before ?? new Uint8Array(), after ?? new Uint8Array()))
  expect([...lines].sort()).toEqual([...moved, 'c: new'])
})
