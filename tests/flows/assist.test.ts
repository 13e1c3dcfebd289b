/** What `assist` writes: read as text, and given to the build once it is filled in. */
import { describe, expect, test } from 'vitest'
import { assist } from '../../src/flows/assist/assist.ts'
import { hasGcc, withoutGcc } from '../support/gcc.ts'
import { createHotpatch } from '../support/opened.ts'
import { sampled } from '../support/sampled.ts'
import { inProgram, patchProgram, type SmallProgram } from '../support/small-program.ts'

const TEXT = `enum mode { SLOW, FAST = 7 };
struct rule { const char *name; int (*run)(int); short limits[2][3]; enum mode mode; unsigned on : 1, off : 2; };
static int limit = -5;
_Bool is_on = 1;
unsigned long long mask = 0xff00ff00ff00ff00;
char greeting[8] = "hello";
static const char *word = "old";
int first(int a) { return a; }
int second(int a) { return a + 1; }
struct rule rules[2] = { { "one", first, { { 1, 2, 3 }, { 4, 5, 6 } }, SLOW, 1, 2 }, { "two", second } };
int f(int a)
{
  static int calls = 3;
  limit += a; is_on = !is_on; mask++; greeting[0]++; word++; rules[a].mode = SLOW; calls++;
  return limit + is_on + (int)mask + greeting[1] + word[0] + rules[a].run(a) + calls;
}
`
const PROGRAM: SmallProgram = { files: { 'lib/f.c': TEXT } }

const CHANGES = [
  {
    what: 'a number with a sign',
    from: '-5',
    to: '-6',
    line: 'NUMBER(running_limit, 0, 4, (unsigned long)-5L, (unsigned long)-6L)',
  },
  { what: 'a truth value', from: 'is_on = 1', to: 'is_on = 0', line: 'NUMBER(running_is_on, 0, 1, 1, 0)' },
  {
    what: 'a large number',
    from: '0xff00ff00ff00ff00',
    to: '0xff00ff00ff00ff01',
    line: 'NUMBER(running_mask, 0, 8, 0xff00ff00ff00ff00UL, 0xff00ff00ff00ff01UL)',
  },
  {
    what: 'a text of a fixed size',
    from: '"hello"',
    to: '"a\\\\b\\"c"',
    line: 'BYTES(running_greeting, 0, 8, "hello\\000\\000\\000", "a\\\\b\\"c\\000\\000\\000")',
  },
  { what: 'a static local', from: 'calls = 3', to: 'calls = 4', line: 'NUMBER(running_calls_0, 0, 4, 3, 4)' },
  {
    what: 'an element of an array in a structure',
    from: '4, 5, 6',
    to: '4, 9, 6',
    line: 'NUMBER(running_rules, 24, 2, 5, 9), /* rules[0].limits[1][1]: short int */',
  },
  {
    what: 'an enumeration',
    from: 'SLOW, 1, 2',
    to: 'FAST, 1, 2',
    line: 'NUMBER(running_rules, 28, 4, 0, 7), /* rules[0].mode: enum mode, SLOW -> FAST */',
  },
  {
    what: 'a function of a table',
    from: '"two", second',
    to: '"two", first',
    line: 'ADDRESS(running_rules, 48, running_second, running_first), /* rules[1].run: int (*)(int) */',
  },
]

/** What cannot be changed beside the others. */
const ALONE = [
  { what: 'bits', from: 'SLOW, 1, 2', to: 'SLOW, 0, 2', line: 'BYTES(running_rules, 32, 1, "\\005", "\\004")' },
  {
    what: 'a function where there was none',
    from: '"two", second',
    to: '"two", 0',
    line: 'ADDRESS(running_rules, 48, running_second, (const void *)0), /* rules[1].run: int (*)(int) */',
  },
]

const assisted = (from: string, to: string) => {
  const edit = { 'lib/f.c': TEXT.replace(from, to) }
  return inProgram(PROGRAM, edit, options => assist({ ...options, version: '0', output: 'change-assist.c' }))
}

/** Addresses of what has no name: of constants, and within a text. */
const UNNAMED = `static int numbers[4];
struct { int *p; int limit; int *in; const char *tail; } cfg = { (int[]){ 1, 2 }, .limit = 10, .in = numbers + 1, .tail = "text" + 1 };
int f(int a)
{
  cfg.limit += a; cfg.p++; cfg.in++; cfg.tail++; numbers[a]++;
  return cfg.limit + *cfg.p + *cfg.in + *cfg.tail + numbers[1];
}
`
const UNION = `static int numbers[4];
union { int number; int *address; } either = { .number = 7 };
struct { short kind; union { char text[8]; int *address; } is; } tagged = { 1, { .text = "seven" } };
int f(int a) { either.number += a; tagged.kind += a; numbers[a]++; return either.number + tagged.is.text[1] + numbers[1]; }
`
/** A distance in four bytes, with a neighbour. */
const SMALL = `extern int small[3];
static int numbers[4] __attribute__((used));
__asm__(".data; .globl small; .type small, @object; .size small, 12; .align 8; small: .long 5; .long numbers - .; .long 6; .text");
int f(int a) { small[0] += a; numbers[a]++; return small[0] + small[1]; }
`

const ofText = (text: string, from: string, to: string) =>
  inProgram({ files: { 'lib/f.c': text } }, { 'lib/f.c': text.replace(from, to) }, options =>
    assist({ ...options, version: '0', output: 'change-assist.c' }),
  )

/** Of the table. */
const linesOf = (source: string) =>
  source.split('\n').flatMap(line => (/^ +(?:FILL_IN_IF_SO )?HOTSPLICE_/.test(line) ? [line.trim()] : []))

describe.skipIf(!hasGcc)(`assist${withoutGcc}`, () => {
  test.for([...sampled(ALONE)])('$what', async ({ from, to, line }) => {
    const { report, source } = await assisted(from, to)
    expect([report.outcome, report.remaining, report.with]).toEqual(['written', [], 'change-assist.c@lib/f.o'])
    expect(source).toContain(`    HOTSPLICE_${line}`)
    expect(source.match(/HOTSPLICE_(?:NUMBER|BYTES|ADDRESS)/g)?.length).toBe(1)
    expect(report.fill.map(({ text }) => text)).toEqual(['HOTSPLICE_SET(hotsplice_values, FILL_IN_VETO_OR_LEAVE)'])
    expect(source.split('\n')[(report.fill[0]?.line ?? 0) - 1]).toContain('FILL_IN')
  })

  test('all of them, filled in and given to the build', async () => {
    const edit = CHANGES.reduce((text, { from, to }) => text.replace(from, to), TEXT)
    const { source, report } = await inProgram(PROGRAM, { 'lib/f.c': edit }, options =>
      assist({ ...options, version: '0', output: 'change-assist.c' }),
    )
    expect([report.ways.length, source.match(/HOTSPLICE_(?:NUMBER|BYTES|ADDRESS)/g)?.length]).toEqual([
      6,
      CHANGES.length,
    ])
    for (const { line } of CHANGES) expect(source).toContain(`    HOTSPLICE_${line}`)
    const own = (text: string) => ({ ...PROGRAM, own: [{ name: 'change-assist.c', text }] })
    expect((await patchProgram(own(source), { 'lib/f.c': edit })).error).toBe('build/compile-failed')
    const filled = source.replace('FILL_IN_VETO_OR_LEAVE', 'VETO')
    const { error, refused, run } = await patchProgram(own(filled), { 'lib/f.c': edit })
    expect([error, refused, run?.payload === undefined]).toEqual([undefined, [], false])
  })

  test('an old text has no name, so that its address is for a person to fill in', async () => {
    const { report, source } = await assisted('*word = "old"', '*word = "new"')
    expect(source).toContain('HOTSPLICE_ADDRESS(running_word, 0, FILL_IN_address_of_the_old_text, "new")')
    expect(report.fill).toHaveLength(2)
  })

  test('what has no name on either side and is the same is nothing to fill in', async () => {
    const { source, report } = await ofText(UNNAMED, 'limit = 10', 'limit = 11')
    expect(linesOf(source)).toEqual(['HOTSPLICE_NUMBER(running_cfg, 8, 4, 10, 11), /* cfg.limit: int */'])
    expect(source).toContain('/* cfg (struct without a name), lib/f.o, lib/f.c:2 */')
    expect(report.fill).toHaveLength(1)
  })

  test.for([
    ...sampled([
      {
        what: 'another place of it',
        from: 'numbers + 1',
        to: 'numbers + 2',
        line: 'ADDRESS(running_cfg, 16, running_numbers + 4, running_numbers + 8),',
      },
      {
        what: 'what has no name and other content',
        from: '{ 1, 2 }',
        to: '{ 1, 3 }',
        line: 'ADDRESS(running_cfg, 0, FILL_IN_old_address_of_an_unnamed_constant, FILL_IN_new_address_of_an_unnamed_constant),',
      },
      {
        what: 'the end of a text',
        from: '"text" + 1',
        to: '"text" + 2',
        line: 'ADDRESS(running_cfg, 24, FILL_IN_old_address_of_an_unnamed_constant, FILL_IN_new_address_of_an_unnamed_constant),',
      },
    ]),
  ])('an address of $what is a line, and what to do with it', async ({ from, to, line }) => {
    const { source } = await ofText(UNNAMED, from, to)
    const found = source.split('\n').findIndex(each => each.includes(`HOTSPLICE_${line}`))
    expect(found, source).toBeGreaterThan(0)
    const above = source.split('\n')[found - 1]
    if (line.includes('FILL_IN')) expect(above).toContain('Delete the line if it is not to change.')
    else expect(above).not.toContain('Delete')
  })

  test('an address within a union, or among bytes, is written as a whole', async () => {
    const { source } = await ofText(UNION, '.number = 7', '.address = numbers')
    expect(linesOf(source)).toEqual(['HOTSPLICE_ADDRESS(running_either, 0, (const void *)7, running_numbers),'])
    const other = await ofText(UNION, '.text = "seven"', '.address = numbers + 2')
    expect(linesOf(other.source)).toEqual([
      'HOTSPLICE_ADDRESS(running_tagged, 8, (const void *)0x6e65766573UL, running_numbers + 8),',
    ])
  })

  test('what is refused, though nothing can be told that changes, stays refused', async () => {
    const { report, source } = await ofText(UNNAMED, 'struct { int *p', '_Alignas(64) struct { int *p')
    expect(report.remaining.map(({ code, symbol }) => `${code} ${symbol}`)).toEqual(['data-layout cfg'])
    expect(source).not.toContain('running_cfg')
  })

  test('what leads to an unnamed constant that stays is not refused for that', async () => {
    const { report, source } = await ofText(UNNAMED, 'numbers[4]', 'numbers[4] = { 1 }')
    expect(report.remaining).toEqual([])
    expect(source).toContain('running_numbers')
    expect(source).not.toContain('running_cfg')
  })

  test('a smaller address is written by its own size', async () => {
    const { source } = await ofText(SMALL, 'numbers - .', 'numbers + 4 - .')
    expect(linesOf(source)).toEqual([
      'HOTSPLICE_NUMBER(running_small, 4, 4, FILL_IN_old_distance, FILL_IN_new_distance), /* small[1]: int */',
    ])
  })

  test.for(['fix….patch', 'ＦＩＸ.patch', 'fix\n.patch'])('no name of a patch makes other bytes: %j', async name => {
    const edit = { 'lib/f.c': TEXT.replace('-5', '-6') }
    const { source } = await inProgram(PROGRAM, edit, options => {
      const patches = options.patches.map(each => ({ ...each, name }))
      return assist({ ...options, patches, version: '0', output: `${name}-assist.c` })
    })
    expect(source).toMatch(/^[\n\x20-\x7e]*$/)
    expect(source).toContain(' *   hotsplice build ... --patch ')
  })

  test.for([
    ...sampled([
      {
        what: 'what nobody can write is told with its own way out',
        from: 'greeting[8]',
        to: 'greeting[9]',
        outcome: 'refused',
      },
      {
        what: 'what is not refused needs nothing',
        from: 'return limit',
        to: 'return 1 + limit',
        outcome: 'nothing-to-do',
      },
    ]),
  ])('$what', async ({ from, to, outcome }) => {
    const { report, source } = await assisted(from, to)
    expect([report.outcome, source, report.with]).toEqual([outcome, '', null])
    expect(report.remaining.length > 0).toBe(outcome === 'refused')
  })

  test('the same input gives the same text', async () => {
    const texts = await Promise.all([1, 2].map(async () => (await assisted('-5', '-6')).source))
    expect(texts[0]).toBe(texts[1])
  })

  const BOOT = `int limit = 5, other = 3, seen;
extern int far, out(int);
__attribute__((constructor)) void setup(void) { limit = 7; SET }
int f(int a) { return a + limit + other + seen + far + out(a); }
`
  const FAR = 'int far; int out(int a) { return a / 3; }\n'
  const boot = (before: string, after: string, more = {}) => {
    const files = { 'lib/f.c': BOOT.replace('SET', before), 'lib/g.c': FAR }
    return { program: { files }, edit: { 'lib/f.c': BOOT.replace('SET', after), ...more } }
  }

  test.for([
    ...sampled([
      { what: 'another number', before: 'seen = 1;', after: 'seen = 2;', line: 'NUMBER(running_seen, 0, 4, 1, 2),' },
      {
        what: 'a number where it set none',
        before: '',
        after: 'other = 2;',
        line: 'NUMBER(running_other, 0, 4, 3, 2),',
      },
      {
        what: 'what another unit has',
        before: '',
        after: 'far = 2;',
        line: 'NUMBER(running_far, 0, 4, FILL_IN_old_value, 2),',
      },
      {
        what: 'what it set before, under another condition',
        before: 'if (out(1) > 5) other = 2;',
        after: 'if (out(1) > 1) other = 2;',
        line: 'NUMBER(running_other, 0, 4, 3, 2),',
      },
      { what: 'beside a call', before: '', after: 'out(1); other = 2;', line: 'NUMBER(running_other, 0, 4, 3, 2),' },
    ]),
  ])('what runs at the start sets $what', async ({ before, after, line }) => {
    const { program, edit } = boot(before, after)
    const { report, source } = await inProgram(program, edit, options =>
      assist({ ...options, version: '0', output: 'a.c' }),
    )
    expect([report.outcome, report.remaining]).toEqual(['written', []])
    expect(source).toContain(`    FILL_IN_IF_SO HOTSPLICE_${line}`)
    expect(source).toContain('--leave-init lib/f.o#setup')
    if (after.startsWith('out')) expect(source.replace(/\n \*/g, '')).toContain('it would set other to 0x2; call out;')
    const filled = source
      .replaceAll('FILL_IN_IF_SO ', '')
      .replace('FILL_IN_VETO_OR_LEAVE', 'VETO')
      .replace('FILL_IN_old_value', '0')
    const own = [{ name: 'a.c', text: filled }]
    const run = await inProgram({ ...program, own }, edit, options =>
      createHotpatch({ ...options, leaveInit: ['lib/f.o#setup'] }),
    )
    expect([run.refusals, run.payload === undefined]).toEqual([[], false])
    expect(run.notices.map(({ code }) => code)).toContain('init-left')
  })

  test.for([
    ...sampled([
      { what: 'what it computes', before: '', after: 'other = out(2);' },
      { what: 'several numbers at one place', before: '', after: 'if (out(1)) other = 1; else if (out(2)) other = 2;' },
    ]),
  ])('what runs at the start and sets $what is nothing to repeat', async ({ before, after }) => {
    const { program, edit } = boot(before, after)
    const { report } = await inProgram(program, edit, options => assist({ ...options, version: '0', output: 'a.c' }))
    expect([report.outcome, report.remaining.map(({ code }) => code)]).toEqual(['refused', ['init-code']])
  })
})
