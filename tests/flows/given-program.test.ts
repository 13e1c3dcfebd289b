/** The linked program is given: what it lacks, has twice or has otherwise is known when the payload is built. */
import { describe, expect, test } from 'vitest'
import { hasGcc, withoutGcc } from '../support/gcc.ts'
import { sampled } from '../support/sampled.ts'
import { type Edit, patchProgram, type SmallProgram } from '../support/small-program.ts'

const SPLIT = ['gcc', '-O2', '-fcf-protection=none', '-ffunction-sections', '-fdata-sections']
const MAIN = 'int entry(int); int main(int n, char **v) { (void)v; return entry(n) & 1; }\n'
const ENTRY = 'int spare(int n); int entry(int n) { return n * 3 + 1; }\n'
const USING = ENTRY.replace('n * 3', 'spare(n) * 3')
const SPARE = 'int spare(int n) { return n * 5; }\n'
const GC = ['-Wl,--gc-sections']
const NOINLINE = '__attribute__((noinline)) '

/** A tail call, which takes two bytes or five. */
const jumping = (given: string) => `static volatile int n = 2, calls;
${NOINLINE}static int one(int i) { return i * 7 + n; }
${NOINLINE}static int wrap(int i) { calls = 1; return one(${given}); }
int entry(int i) { return wrap(i + n) + 1; }
`

const bare = (given: string) => `${NOINLINE}int one(int n) { return n * 7 + 3; }
${NOINLINE}int wrap(int n) { return one(${given}); }
int entry(int n) { return wrap(n + 2) + 1; }
`

const counting = (...signs: readonly string[]) => `extern volatile int sink;
volatile int sink;
int entry(int n) { ${signs.map(sign => `{ static int count; sink = count ${sign}= n; }`).join(' ')} return n; }
`

const SET = '__attribute__((section("set"), used)) static const int first = 3;\n'
const bounds = (weak: string) => `extern ${weak}const int __start_set[], __stop_set[];\n`

const SERVING = 'void serve(void) { for (;;) entry(3); }\n'

interface Row {
  readonly name: string
  readonly program: SmallProgram
  readonly edit: Edit
  readonly refused?: readonly string[]
  /** What the payload has: `role name`; undefined where there is none. */
  readonly has?: readonly string[]
  /** Codes of notices. */
  readonly told?: readonly string[]
}

const dropping = (files: Readonly<Record<string, string>>, link = GC): SmallProgram => ({
  files: { 'main.c': MAIN, ...files },
  command: SPLIT,
  link,
})

const ROWS: readonly Row[] = [
  {
    name: 'a dropped function of another unit comes along',
    program: dropping({ 'u1.c': ENTRY, 'u2.c': SPARE }),
    edit: { 'u1.c': USING },
    has: ['replacement entry', 'new-function spare'],
  },
  {
    name: 'of the same unit',
    program: dropping({ 'u1.c': ENTRY + SPARE.replace('int', `${NOINLINE}int`) }),
    edit: { 'u1.c': USING + SPARE.replace('int', `${NOINLINE}int`) },
    has: ['replacement entry', 'new-function spare'],
  },
  {
    name: 'with what it needs itself, of a third unit too',
    program: dropping({
      'u1.c': ENTRY,
      'u2.c': `int more(int n); static ${NOINLINE}int own(int n) { return more(n) + 2; } static const int by[] = { 3, 5, 7, 11, 13 };\nint spare(int n) { return own(n) * by[n & 3]; }\n`,
      'u3.c': 'extern const int table[8]; int more(int n) { return table[n & 7]; }\n',
      'u4.c': 'const int table[8] = { 1, 2, 3, 4 };\n',
    }),
    edit: { 'u1.c': USING },
    has: [
      'replacement entry',
      'new-function own',
      'new-data by',
      'new-function spare',
      'new-function more',
      'new-data table',
    ],
  },
  {
    name: 'what it needs of the program stays there',
    program: dropping({
      'u1.c': `int kept = 3; ${ENTRY.replace('n * 3', 'n * kept')}`,
      'u2.c': 'extern int kept; int spare(int n) { return kept += n; }\n',
    }),
    edit: { 'u1.c': `int kept = 3; ${ENTRY.replace('n * 3', 'spare(n) * kept')}` },
    has: ['replacement entry', 'new-function spare'],
  },
  {
    name: 'a variable that it has is never brought',
    program: dropping({ 'u1.c': ENTRY, 'u2.c': 'static int count; int spare(int n) { return count += n; }\n' }),
    edit: { 'u1.c': USING },
    refused: ['symbol-not-found spare'],
  },
  {
    name: 'one that several units define',
    program: {
      ...dropping({ 'u1.c': ENTRY, 'u2.c': SPARE, 'u3.c': SPARE }),
      link: [...GC, '-Wl,--allow-multiple-definition'],
    },
    edit: { 'u1.c': USING },
    refused: ['symbol-not-found entry'],
  },
  {
    name: 'what a library has is asked of the process',
    program: dropping({ 'u1.c': `int abs(int); ${ENTRY}` }),
    edit: {
      'u1.c': `int abs(int); ${ENTRY.replace('n * 3', 'atoi("7") * 3').replace('int', 'int atoi(const char *); int')}`,
    },
    has: ['replacement entry', 'content .rodata.entry.str1.1+0x0'],
  },
  {
    name: 'main, which is running, also where it lies among other code',
    program: { files: { 'main.c': MAIN, 'u1.c': ENTRY }, command: ['gcc', '-O0'], link: [] },
    edit: { 'main.c': MAIN.replace('& 1', '& 3') },
    refused: ['init-code main'],
  },
  {
    name: 'a loop that a thread may be in for ever',
    program: { files: { 'main.c': MAIN, 'u1.c': ENTRY + SERVING }, command: ['gcc', '-O0'], link: [] },
    edit: { 'u1.c': ENTRY + SERVING.replace('entry(3)', 'entry(4)') },
    has: ['replacement serve'],
    told: ['never-returns'],
  },
  {
    name: 'bounds of a section that the program has, and nobody has asked for',
    program: { files: { 'main.c': MAIN, 'u1.c': SET + ENTRY }, command: SPLIT, link: [] },
    edit: { 'u1.c': SET + bounds('') + ENTRY.replace('n * 3', 'n * (int)(__stop_set - __start_set)') },
    refused: ['symbol-not-found entry', 'symbol-not-found entry'],
  },
  {
    name: 'also where they may be absent',
    program: { files: { 'main.c': MAIN, 'u1.c': SET + ENTRY }, command: SPLIT, link: [] },
    edit: {
      'u1.c': SET + bounds('__attribute__((weak)) ') + ENTRY.replace('n * 3', 'n * (int)(__stop_set - __start_set)'),
    },
    refused: ['symbol-not-found entry', 'symbol-not-found entry'],
  },
  {
    name: 'of a section that it has not, they are absent',
    program: { files: { 'main.c': MAIN, 'u1.c': ENTRY }, command: SPLIT, link: [] },
    edit: { 'u1.c': bounds('__attribute__((weak)) ') + ENTRY.replace('n * 3', 'n * (int)(__stop_set - __start_set)') },
    has: ['replacement entry'],
  },
  {
    name: 'a changed function of a unit that may be a library’s',
    program: dropping({ 'u1.c': ENTRY, 'u2.c': SPARE.replace('* 5', '* 77 % 5') }),
    edit: { 'u1.c': ENTRY.replace('3', '4'), 'u2.c': SPARE.replace('* 5', '* 77 % 6') },
    refused: ['symbol-not-found spare'],
  },
  {
    name: 'of a unit that the program has the rest of',
    program: dropping({ 'u1.c': ENTRY + SPARE }),
    edit: { 'u1.c': ENTRY.replace('3', '4') + SPARE.replace('5', '6') },
    has: ['replacement entry'],
    told: ['not-in-program'],
  },
  {
    name: 'where nothing else changes there is nothing to do',
    program: dropping({ 'u1.c': ENTRY + SPARE }),
    edit: { 'u1.c': ENTRY + SPARE.replace('5', '6') },
    told: ['not-in-program'],
  },
  {
    name: 'in a program without libraries it is nowhere',
    program: dropping({ 'u1.c': ENTRY, 'u2.c': SPARE }, [...GC, '-static']),
    edit: { 'u2.c': SPARE.replace('5', '6') },
    told: ['not-in-program'],
  },
  {
    name: 'and what is called for the first time comes as it is patched',
    program: dropping({ 'u1.c': ENTRY + SPARE }),
    edit: { 'u1.c': `${NOINLINE}${SPARE.replace('5', '6')}${USING}` },
    has: ['replacement entry', 'new-function spare'],
    told: ['not-in-program'],
  },
  {
    name: 'local names that were taken out of the table may be there',
    program: {
      ...dropping({
        'u1.c': `static ${NOINLINE}int own(int n) { return n * 7; } int entry(int n) { return own(n) + 1; }\n`,
      }),
      strip: ['--discard-all'],
    },
    edit: { 'u1.c': `static ${NOINLINE}int own(int n) { return n * 9; } int entry(int n) { return own(n) + 1; }\n` },
    refused: ['symbol-not-found own'],
  },
  {
    name: 'a program without names tells nothing',
    program: { ...dropping({ 'u1.c': ENTRY, 'u2.c': SPARE }), strip: ['--strip-all'] },
    edit: { 'u1.c': USING },
    has: ['replacement entry'],
    told: ['program-unknown'],
  },
  {
    name: 'two variables of one name in files of one name',
    program: dropping(
      {
        'x/util.c': `static volatile int n = 3; ${NOINLINE}static int work(int i) { return i * 7 + n; } int entry(int i) { return work(i) + 1; }\n`,
        'y/util.c': 'static volatile int n = 5; int yu(int i) { return i + n; }\n',
      },
      [],
    ),
    edit: {
      'x/util.c': `static volatile int n = 3; ${NOINLINE}static int work(int i) { return i * 9 + n; } int entry(int i) { return work(i) + 1; }\n`,
    },
    refused: ['duplicate-name work'],
  },
  {
    name: 'two functions of one name in files of one name',
    program: dropping(
      {
        'x/util.c': `${NOINLINE}static int work(int i) { return i * 7; } int entry(int i) { return work(i) + 1; }\n`,
        'y/util.c': `${NOINLINE}static int work(int i) { return i * 5; } int yu(int i) { return work(i); }\n`,
      },
      [],
    ),
    edit: {
      'x/util.c': `${NOINLINE}static int work(int i) { return i * 9; } int entry(int i) { return work(i) + 1; }\n`,
    },
    refused: ['duplicate-name work'],
  },
  {
    // It is known where each of the old ones lies, by the names that the objects give them. Which new one is which old one is
    // a question about the new text, of which the program has nothing.
    name: 'two variables of one function that change places: the program has the old ones only',
    program: dropping({ 'u1.c': counting('+', '^') }),
    edit: { 'u1.c': counting('^', '+') },
    refused: ['ambiguous-static count.1', 'ambiguous-static count.0'],
  },
  {
    name: 'a jump that is shorter in the program',
    program: {
      files: { 'main.c': MAIN, 'u1.c': jumping('i') },
      command: ['gcc', '-O2', '-fcf-protection=none'],
      link: [],
    },
    edit: { 'u1.c': jumping('i + 1') },
    has: ['replacement wrap'],
  },
  {
    name: 'a function that is nothing but such a jump',
    program: {
      files: { 'main.c': MAIN, 'u1.c': bare('n') },
      command: ['gcc', '-O2', '-fcf-protection=none', '-falign-functions=1'],
      link: [],
    },
    edit: { 'u1.c': bare('n * 3') },
    refused: ['too-small wrap'],
  },
]

describe.skipIf(!hasGcc)(`a program is given${withoutGcc}`, () => {
  test.for(sampled(ROWS))('$name', async ({ program, edit, refused = [], has, told = [] }) => {
    const found = await patchProgram(program, edit)
    const pieces = found.run?.payload && found.run.selection.pieces.map(({ role, piece }) => `${role} ${piece.name}`)
    const codes = found.run?.notices.map(({ code }) => code)
    expect([found.error, found.refused, pieces?.toSorted(), codes]).toEqual([undefined, refused, has?.toSorted(), told])
  })
})
