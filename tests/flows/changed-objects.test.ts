/** Objects that the tree's build changes after they are compiled, by objcopy: what a patch is compiled to has none of that. */
import { createTwoFilesPatch } from 'diff'
import { describe, expect, test } from 'vitest'
import { hasGcc, withoutGcc } from '../support/gcc.ts'
import { sampled } from '../support/sampled.ts'
import { patchProgram, type SmallProgram } from '../support/small-program.ts'

const MAIN = 'int entry(int); int main(int n, char **v) { (void)v; return entry(n) & 1; }\n'
const UNIT = `#include <string.h>
extern char buffer[];
static int seen;
int entry(int n) { seen += n; return (int)strnlen(buffer, n) * 3 + seen; }
int more(int n) { return n * 7; }
`
const OTHER = 'char buffer[99];\nunsigned long my_strnlen(const char *s, unsigned long n) { return s[0] + n; }\n'
const HOOK = 'struct hook { int n; };\nstruct hook first = { 1 };\n'

const KINDS = `int joined;
__thread int own = 3, empty;
const int fixed = 7, all[] = { 1, 2 };
int more(int);
int (*const called)(int) = more;
int (*held)(int) = more;
static const char *const words[] = { "a", "b" };
__attribute__((weak)) int spare(int n) { return words[n & 1][0] + own + empty + fixed + all[n & 1] + joined; }
__attribute__((constructor)) static void begin(void) { joined = 4; }
__attribute__((cold)) void rare(int n) { joined += n; }
int other(int n) __attribute__((alias("spare")));
`

interface Row extends Pick<SmallProgram, 'options'> {
  readonly name: string
  readonly objcopy: readonly string[]
  readonly edit: readonly [string, string]
  readonly text?: string
  /** What a text has otherwise when all is built, with a file time that does not show it. */
  readonly since?: readonly [string, string]
  /** Of the tree, when all is linked; the program is given then. */
  readonly removed?: readonly string[]
  readonly refused?: readonly string[]
  readonly replaced?: readonly string[]
  readonly words?: RegExp
}

const TABLE = 'static const int by[4] = { 2, 3, 5, 7 };\nint table(int n) { return by[n & 3]; }\n'

const SPLIT = { 'u.c': ['-ffunction-sections', '-fdata-sections'] }
const WRAPPED = ['--redefine-sym', 'strnlen=my_strnlen']
const NAMES = /it names my_strnlen and not strnlen\./
const LEADS = /leads, at .*, to my_strnlen and not to strnlen/

const ROWS: readonly Row[] = [
  { name: 'nothing', objcopy: [], edit: ['* 3', '* 5'], replaced: ['entry'] },
  {
    name: 'nothing, and variables of all kinds',
    text: KINDS,
    objcopy: [],
    options: { 'u.c': ['-fcommon'] },
    edit: ['* 3', '* 5'],
    replaced: ['entry'],
  },
  {
    name: 'the same where a tree splits code only',
    text: KINDS,
    objcopy: [],
    options: { 'u.c': ['-fcommon', '-ffunction-sections', '-fPIC', '-fmerge-all-constants'] },
    edit: ['* 3', '* 5'],
    replaced: ['entry'],
  },
  {
    name: 'a call that leads elsewhere',
    objcopy: WRAPPED,
    edit: ['* 3', '* 5'],
    refused: ['changed-object'],
    words: NAMES,
  },
  {
    name: 'the same, where the call is new',
    objcopy: WRAPPED,
    edit: ['* 7', '* (int)strnlen(buffer, 3)'],
    refused: ['changed-object'],
    words: NAMES,
  },
  {
    name: 'the same in a tree of split sections',
    objcopy: WRAPPED,
    options: SPLIT,
    edit: ['* 3', '* 5'],
    refused: ['changed-object'],
    words: NAMES,
  },
  {
    name: 'the same where the linker makes no table of the call',
    objcopy: WRAPPED,
    options: { 'u.c': ['-fno-plt', '-fPIC'] },
    edit: ['* 3', '* 5'],
    refused: ['changed-object'],
    words: NAMES,
  },
  {
    name: 'the same, where the object is gone and the program shows it',
    objcopy: WRAPPED,
    edit: ['* 3', '* 5'],
    removed: ['u.o'],
    refused: ['not-the-running-code entry'],
    words: LEADS,
  },
  {
    name: 'a static variable that others see',
    objcopy: ['--globalize-symbol=seen'],
    edit: ['* 7', '* 9'],
    refused: ['changed-object'],
    words: /seen is global in it and not local/,
  },
  {
    name: 'a function that nobody sees',
    objcopy: ['--localize-symbol=more'],
    edit: ['* 3', '* 5'],
    refused: ['changed-object'],
    words: /more is local in it and not global/,
  },
  {
    name: 'data that a linker gathers, and an element that is new',
    text: HOOK,
    objcopy: ['--rename-section', '.data=hooks'],
    edit: ['{ 1 };', '{ 1 };\nstruct hook second = { 2 };'],
    refused: ['changed-object'],
    words: /first lies in hooks there and not in \.data/,
  },
  {
    name: 'code in a section of another name',
    objcopy: ['--rename-section', '.text=.mytext'],
    edit: ['* 3', '* 5'],
    replaced: ['entry'],
  },
  {
    name: 'the same in a tree of split sections: what lies elsewhere is replaced too',
    objcopy: ['--rename-section', '.text.entry=.mytext'],
    options: SPLIT,
    edit: ['* 7', '* 9'],
    replaced: ['entry', 'more'],
  },
  {
    name: 'a text that was edited since in what the patch changes',
    objcopy: [],
    since: ['n) * 3', 'n) * 4'],
    edit: ['* 4', '* 5'],
    refused: ['changed-object'],
    words: /u\.o .* of its source: entry is not the same/,
  },
  {
    name: 'the same in a tree of split sections',
    objcopy: [],
    options: SPLIT,
    since: ['n) * 3', 'n) * 4'],
    edit: ['* 4', '* 5'],
    refused: ['changed-object'],
    words: /: entry is not the same/,
  },
  {
    name: 'a text that was edited since elsewhere',
    objcopy: [],
    since: ['n * 7', 'n * 8'],
    edit: ['* 3', '* 5'],
    refused: ['changed-object'],
    words: /: more is not the same/,
  },
  {
    name: 'a table that was edited since',
    text: TABLE,
    objcopy: [],
    since: ['{ 2,', '{ 1,'],
    edit: ['* 3', '* 5'],
    refused: ['changed-object'],
    words: /: (?:table|by) is not the same/,
  },
  {
    name: 'a comment that was edited since',
    objcopy: [],
    since: ['#include', '/* more words */ #include'],
    edit: ['* 3', '* 5'],
    replaced: ['entry'],
  },
  {
    name: 'a text that has the time of its compilation',
    text: 'const char *built(void) { return "at " __TIME__; }\n',
    objcopy: [],
    edit: ['* 3', '* 5'],
    replaced: ['entry'],
  },
  {
    name: 'the file’s name is gone, behind which its own names stand',
    objcopy: ['--strip-debug'],
    edit: ['* 3', '* 5'],
    refused: ['symbol-not-found entry'],
    words: /refers to u\.c#seen, which/,
  },
]

const patchOf = (before: string, after: string) => createTwoFilesPatch('a/u.c', 'b/u.c', before, after, '', '')

describe.skipIf(!hasGcc)(`objects that objcopy changed${withoutGcc}`, () => {
  test.for(sampled(ROWS))('$name', async ({ objcopy, edit, options, removed = [], refused = [], since, ...row }) => {
    const text = UNIT + (row.text ?? '')
    const now = since === undefined ? text : text.replace(...since)
    const program: SmallProgram = {
      files: { 'main.c': MAIN, 'u.c': text, 'v.c': OTHER, since: now },
      command: ['gcc', '-O2', '-fno-builtin', '-fcf-protection=none'],
      ...(options === undefined ? {} : { options }),
      built: true,
      afterwards: [
        ['objcopy', ...objcopy, 'u.o'],
        ['gcc', 'main.o', 'u.o', 'v.o', '-o', 'program'],
        ...(removed.length > 0 ? [['rm', ...removed]] : []),
        ...(since === undefined
          ? []
          : [
              ['cp', 'since', 'u.c'],
              ['touch', '-d', '1 hour ago', 'u.c'],
            ]),
      ],
      ...(removed.length > 0 ? { given: 'program' } : {}),
    }
    const found = await patchProgram(program, patchOf(now, now.replace(...edit)))
    expect([found.error, found.refused, found.replaced]).toEqual([undefined, refused, row.replaced])
    const [first] = found.run?.refusals ?? []
    if (row.words !== undefined) expect(first?.text).toMatch(row.words)
    if (refused[0] === 'changed-object') expect(first?.hint).toContain('objcopy')
  })
})
