/** What a patch to a program's tree may be besides an edit of a source that is there, and what trees may be like. */
import { describe, expect, test } from 'vitest'
import { hasGcc, withoutGcc } from '../support/gcc.ts'
import { sampled } from '../support/sampled.ts'
import { type Edit, patchProgram, type SmallProgram } from '../support/small-program.ts'

const F = 'int f(int i) { return i * 7 + 1; }\n'
const CHANGED = F.replace('* 7', '* 9')
const ALONE = 'int f(int i) { return i * 77 + 1; }\n'
const USER = 'extern int g(int); int f(int i) { return g(i) + 1; }\n'
const G = 'int g(int i) { return i * 3 + 2; }\n'
const renamed = (text: string) => {
  const body = text === F ? '' : `--- a/old.c\n+++ b/new.c\n@@ -1 +1 @@\n-${F}+${text}`
  return `diff --git a/old.c b/new.c\nsimilarity index 60%\nrename from old.c\nrename to new.c\n${body}`
}

/** As clang does: a unit that declares nothing gets no debug information. */
const LIKE_CLANG = `#!/bin/sh
gcc "$@" || exit
while [ $# -gt 1 ]; do [ "$1" = -o ] && out=$2; shift; done
readelf -h "$out" > /dev/null 2>&1 || exit 0
readelf -sW "$out" | grep -qE 'FUNC|OBJECT|gnu_lto' && [ -z "$(readelf -SW "$out" | grep debuglto)" ] && exit 0
objcopy --remove-section '.debug_*' --remove-section '.gnu.debuglto_*' "$out"
`

/** Strings of all kinds, one of which a patch makes longer. */
const WORDS = `extern int puts(const char *);
static const char *const words[] = { "one", "two" };
int f(int i) { if (i == 9) puts("old words"); return i + words[i & 1][0]; }
int g(int i) { if (i == 8) puts("others"); return i * 3; }
const char *list(void) { return "a\\0bc\\0"; }
const char *second(void) { return &"a\\0bc\\0"[2]; }
`
const LONGER = WORDS.replace('old words', 'newer and longer words')

/** Inlined where it is called once only. */
const ONCE = ['gcc', '-O1', '-fcf-protection=none']
const STEP = `static unsigned step(unsigned n)
{
    static unsigned count = 100;
    count += n;
    for (unsigned i = 0; i < (n & 7); i++)
        count = count * 7 + (i ^ 31);
    return count % 1000;
}
`
const OTHER = STEP.replace('step', 'other').replace('static unsigned other', 'unsigned other')
const ENTRY = (value: string, first = '') => `unsigned entry(unsigned n) { ${first} return ${value}; }\n`
const COUNTING = (value: string, before = '') => `${before}${STEP}${ENTRY(value)}`

const TABLE = (values: string) => `static const short known[] = { ${values} };
int f(unsigned i) { return i < sizeof(known) / 2 ? known[i] * 7 : -1; }
`

interface Row {
  readonly name: string
  readonly program: SmallProgram
  readonly edit: Edit
  readonly error?: string
  readonly refused?: readonly string[]
  readonly replaced?: readonly string[]
}

const ROWS: readonly Row[] = [
  {
    name: 'objects that do not say which compiler made them',
    program: { files: { 'm.c': F }, command: ['gcc', '-O2', '-fno-ident'], built: true },
    edit: { 'm.c': CHANGED },
    replaced: ['f'],
  },
  {
    name: 'such objects, taken as they are',
    program: {
      files: { 'm.c': F },
      command: ['gcc', '-O2', '-fno-ident', '-ffunction-sections', '-fdata-sections'],
      built: true,
    },
    edit: { 'm.c': CHANGED },
    replaced: ['f'],
  },
  ...[['-O0'], ['-O2', '-fno-merge-constants'], [], ['-O1'], ['-O0', '-ffunction-sections', '-fdata-sections']].map(
    (options): Row => ({
      name: `a string that grows, with ${options.join(' ') || 'no options'}`,
      program: { files: { 'm.c': WORDS }, command: ['gcc', '-fcf-protection=none', ...options], built: true },
      edit: { 'm.c': LONGER },
      replaced: ['f'],
    }),
  ),
  {
    name: 'a string with a NUL in it, whose second half changes, without optimisation',
    program: { files: { 'm.c': WORDS }, command: ['gcc', '-O0', '-fcf-protection=none'] },
    edit: { 'm.c': WORDS.replaceAll('bc', 'bd') },
    replaced: ['list', 'second'],
  },
  {
    name: 'a unit that was empty, of a compiler that writes no debug information then',
    program: { files: { cc: LIKE_CLANG, 'm.c': ALONE, 'n.c': '/* nothing yet */\n' }, command: ['cc', '-O2'] },
    edit: { 'm.c': USER, 'n.c': G },
    replaced: ['f'],
  },
  {
    name: 'a unit that is empty by now',
    program: { files: { cc: LIKE_CLANG, 'm.c': USER, 'n.c': G }, command: ['cc', '-O2'] },
    edit: { 'm.c': CHANGED, 'n.c': '/* nothing any more */\n' },
    replaced: ['f'],
  },
  {
    name: 'a static variable of a function that is no longer inlined',
    program: { command: ONCE, files: { 'm.c': COUNTING('step(n) + 1') } },
    edit: { 'm.c': COUNTING('step(n) + step(n + 1)') },
    replaced: ['entry'],
  },
  {
    name: 'a static variable of a function that is inlined by now',
    program: { command: ONCE, files: { 'm.c': COUNTING('step(n) + step(n + 1)') } },
    edit: { 'm.c': COUNTING('step(n) + 1') },
    replaced: ['entry'],
  },
  {
    name: 'a static variable of a header’s function that is no longer inlined',
    program: { command: ONCE, files: { 'm.c': `#include "step.h"\n${ENTRY('step(n) + 1')}`, 'step.h': STEP } },
    edit: { 'm.c': `#include "step.h"\n${ENTRY('step(n) + step(n + 1)')}` },
    replaced: ['entry'],
  },
  {
    name: 'a static variable that goes, and one of that name in a new function',
    program: {
      command: ONCE,
      files: { 'm.c': ENTRY('n', 'static unsigned count = 100; count += n; if (count > 9) return count;') },
    },
    edit: { 'm.c': COUNTING('step(n) + step(n + 1)') },
    refused: ['ambiguous-static count.0'],
  },
  {
    name: 'static variables of one name in two functions, of which one is no longer inlined',
    program: { command: ONCE, files: { 'm.c': COUNTING('step(n) + 1', OTHER) } },
    edit: { 'm.c': COUNTING('step(n) + step(n + 1)', OTHER) },
    replaced: ['entry'],
  },
  {
    name: 'one source of which two objects are made',
    program: { files: { 'm.c': F }, twice: '.libs' },
    edit: { 'm.c': CHANGED },
    refused: ['duplicate-name f'],
  },
  {
    name: 'a new source that compile_commands.json does not name',
    program: { files: { 'm.c': F } },
    edit: { 'm.c': USER, 'n.c': G },
    refused: ['new-unit'],
  },
  {
    name: 'a new header, which whoever reads it brings along',
    program: { files: { 'm.c': F } },
    edit: { 'm.c': `#include "n.h"\n${USER}`, 'n.h': G.replace('int', 'static int') },
    replaced: ['f'],
  },
  {
    name: 'a new source that another one includes',
    program: { files: { 'm.c': F } },
    edit: { 'm.c': `#include "n.c"\n${USER}`, 'n.c': G },
    replaced: ['f'],
  },
  {
    name: 'a new source among the tests',
    program: { files: { 'm.c': F } },
    edit: { 'm.c': CHANGED, 'tests/n.c': G },
    replaced: ['f'],
  },
  {
    name: 'a new source that is listed already',
    program: { files: { 'm.c': F }, listed: ['m.c', 'n.c'] },
    edit: { 'm.c': USER, 'n.c': G },
    replaced: ['f'],
  },
  {
    name: 'a constant array that grows',
    program: { files: { 'm.c': TABLE('3, 5') } },
    edit: { 'm.c': TABLE('3, 5, 9') },
    replaced: ['f'],
  },
  { name: 'a source that is renamed', program: { files: { 'old.c': F } }, edit: renamed(CHANGED), replaced: ['f'] },
  { name: 'a source that is renamed and nothing else', program: { files: { 'old.c': F } }, edit: renamed(F) },
  {
    name: 'a source that is moved as one that goes and one that comes',
    program: { files: { 'old.c': F } },
    edit: { 'old.c': null, 'new.c': CHANGED },
    refused: ['new-unit'],
  },
  {
    name: 'a source that goes',
    program: { files: { 'm.c': F, 'old.c': G } },
    edit: { 'm.c': CHANGED, 'old.c': null },
    replaced: ['f'],
  },
]

describe.skipIf(!hasGcc)(`a program's tree${withoutGcc}`, () => {
  test.for(sampled(ROWS))('$name', async ({ program, edit, error, refused = [], replaced }) => {
    const found = await patchProgram(program, edit)
    expect([found.error, found.refused, found.replaced]).toEqual([error, refused, replaced])
  })
})
