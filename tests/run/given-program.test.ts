/** What a link makes of names and jumps, in programs that run: built with the program at hand, patched, and asked. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createTwoFilesPatch } from 'diff'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { agentFile } from '../../src/hosts/process/agent-file.ts'
import { openProcess } from '../../src/hosts/process/process-host.ts'
import { quiet } from '../../src/trees/index.ts'
import { RunningProgram } from '../judge/running.ts'
import { hasGcc, hasGold, hasLld } from '../support/gcc.ts'
import { MAIN } from '../support/number-program.ts'
import { createHotpatch } from '../support/opened.ts'

const possible = hasGcc && process.arch === 'x64' && process.platform === 'linux'
const SPLIT = ['-O2', '-ffunction-sections', '-fdata-sections']
const NOINLINE = '__attribute__((noinline)) '
const SPARE = 'static const int by[] = { 5, 6, 7, 8 }; int spare(int n) { return n * by[n & 3]; }\n'
const jumping = (given: string) => `static volatile int n = 2, calls;
static ${NOINLINE}int one(int i) { return i * 7 + n; }
static ${NOINLINE}int wrap(int i) { calls = 1; return one(${given}); }
int entry(int i) { return wrap(i); }
`
const util = (factor: number, variable = '') =>
  `${variable}static ${NOINLINE}int work(int i) { return i * ${factor}${variable && ' + n'}; }\nint entry(int i) { return work(i) + 1; }\n`
const limitOf = (n: number) => `${NOINLINE}int limit(void) { return ${n}; }\n`
const RED = (factor: number) => `${NOINLINE}int red(int i) { return i * ${factor} + n; }\n`
const CHOOSING = (factor: number) => `int step(int);
static ${NOINLINE}int add(int i) { return i + 1; }
static ${NOINLINE}int mul(int i) { return (i ^ 5) * ${factor} + 3; }
static int (*const by[])(int) = { add, mul };
static int calls;
int entry(int i) { return by[(i + calls++ * 2) & 1](i) + step(i); }
`
/**
 * Waits in a small frame: what scanf leaves in its own, words of calls that have ended, an apply or revert waits for, and
 * nothing overwrites them while the program waits.
 */
const READING = `#include <stdio.h>
#include <unistd.h>
int entry(int);
int main(void)
{
    char c;
    int n = 0;
    printf("=\\n");
    fflush(stdout);
    while (read(0, &c, 1) == 1) {
        if (c != '\\n') { n = n * 10 + (c - '0'); continue; }
        printf("%d\\n=\\n", entry(n));
        fflush(stdout);
        n = 0;
    }
    return 0;
}
`
const FOLDED = (red: string, name: string) =>
  `static volatile int n = 2; ${red}${RED(7).replace('red', 'blue')}int entry(int i) { return ${name}(i) * 100 + blue(i); }\n`
const N = 'static volatile int n = 3; '

interface Row {
  readonly name: string
  readonly files: Readonly<Record<string, string>>
  readonly edit: Readonly<Record<string, string>>
  readonly flags?: readonly string[]
  readonly link?: readonly string[]
  /** What `entry` makes of 3, before and after; and when it is reverted, where that is looked at. */
  readonly says: readonly [string, string, string?]
  /** Refused without this. */
  readonly promote?: readonly string[]
  /** Linked in, and none of the tree's units. */
  readonly besides?: string
  /** What the words of the refusal say that is there with it too. */
  readonly refused?: RegExp
  readonly needs?: 'gold' | 'lld'
  readonly unlessGiven?: true
}

const ROWS: readonly Row[] = [
  {
    name: 'a function that --gc-sections dropped',
    files: { 'u1.c': 'int spare(int n); int entry(int n) { return n * 3 + 1; }\n', 'u2.c': SPARE },
    edit: { 'u1.c': 'int spare(int n); int entry(int n) { return spare(n) * 3 + 1; }\n' },
    link: ['-Wl,--gc-sections'],
    says: ['10', '73'],
  },
  {
    name: 'a hidden function, which gold makes local',
    files: {
      'u1.c': 'int help(int n); int entry(int n) { return help(n) * 3 + 1; }\n',
      'u2.c': 'static int z; int help(int n) { return n * 5 + z; } void other(void) { z++; }\n',
    },
    edit: { 'u1.c': 'int help(int n); int entry(int n) { return help(n) * 4 + 1; }\n' },
    flags: [...SPLIT, '-fvisibility=hidden'],
    link: ['-fuse-ld=gold'],
    says: ['46', '61'],
    needs: 'gold',
  },
  ...[
    ['-Wl,--gc-sections'],
    ['-no-pie', '-Wl,--gc-sections', '-Wl,--emit-relocs'],
    ['-Wl,--hash-style=gnu', '-Wl,--gc-sections'],
  ].map(
    (link): Row => ({
      name: `functions that are hidden, and one that lld dropped, with ${link.join(' ')}`,
      files: {
        'u1.c': 'int spare(int n), help(int n); int entry(int n) { return help(n) * 3 + 1; }\n',
        'u2.c': SPARE,
        'u3.c': 'static int z; int help(int n) { return n * 5 + z; } void other(void) { z++; }\n',
      },
      edit: { 'u1.c': 'int spare(int n), help(int n); int entry(int n) { return help(n) * 4 + spare(n) + 1; }\n' },
      flags: [...SPLIT, '-fvisibility=hidden'],
      link: ['-fuse-ld=lld', ...link],
      says: ['46', '85', '46'],
      needs: 'lld',
    }),
  ),
  ...['-pie', '-no-pie'].map(
    (place): Row => ({
      name: `static variables and a table of code in a program of lld’s, with ${place}`,
      files: { 'u1.c': CHOOSING(5), 'u2.c': 'int step(int n) { static int steps; return ++steps + n; }\n' },
      edit: { 'u1.c': CHOOSING(6), 'u2.c': 'int step(int n) { static int steps; return ++steps + n * 2; }\n' },
      link: ['-fuse-ld=lld', place, '-Wl,-z,now'],
      says: ['37', '47', '39'],
      needs: 'lld',
    }),
  ),
  ...[[], ['-no-pie'], ['-Wl,--symbol-ordering-file=order']].map(
    (link): Row => ({
      name: `one of two functions that lld folded, with ${link.join(' ') || 'no more options'}`,
      files: {
        'u1.c': FOLDED(RED(7), 'red'),
        order: 'entry\nred\n',
      },
      edit: { 'u1.c': FOLDED(RED(9), 'red') },
      flags: [...SPLIT, '-fno-ipa-icf', '-fno-ipa-ra'],
      link: ['-fuse-ld=lld', '-Wl,--icf=all', ...link],
      says: ['2323', '2923'],
      refused:
        /^not-the-running-code: let the patch give the function another name, and change its callers to use that one; or link/,
      needs: 'lld',
    }),
  ),
  {
    name: 'one of two functions that lld folded, under another name as the refusal says',
    files: { 'u1.c': FOLDED(RED(7), 'red') },
    edit: { 'u1.c': FOLDED(RED(9).replace('red', 'crimson'), 'crimson') },
    flags: [...SPLIT, '-fno-ipa-icf', '-fno-ipa-ra'],
    link: ['-fuse-ld=lld', '-Wl,--icf=all'],
    says: ['2323', '2923', '2323'],
    needs: 'lld',
  },
  {
    name: 'a jump that is shorter in the program',
    files: { 'u1.c': jumping('i') },
    edit: { 'u1.c': jumping('i + 1') },
    flags: ['-O2'],
    says: ['23', '30'],
  },
  {
    name: 'such a jump where the program is not given',
    files: { 'u1.c': jumping('i') },
    edit: { 'u1.c': jumping('i + 1') },
    flags: ['-O2'],
    says: ['23', '30'],
    unlessGiven: true,
  },
  {
    name: 'two files of one name, and what only one of them has',
    files: { 'x/util.c': util(7), 'y/util.c': 'static volatile int n = 5; int yu(int i) { return i + n; }\n' },
    edit: { 'x/util.c': util(9) },
    says: ['22', '28'],
  },
  {
    name: 'a function that is too small, whose callers are replaced in its stead',
    files: { 'u1.c': 'int limit(void); int entry(int n) { return n * 5 + limit(); }\n', 'u2.c': limitOf(0) },
    edit: { 'u2.c': limitOf(7) },
    flags: [...SPLIT, '-fcf-protection=none', '-fno-ipa-ra'],
    link: ['-Wl,--emit-relocs'],
    promote: ['all'],
    says: ['15', '22', '15'],
  },
  promoting('beside numbers of which some are as a distance to it would be', {
    files: {
      'u1.c':
        'int limit(int); extern const int numbers[]; int entry(int n) { return n * 4 + numbers[n] / -24 * 100 + limit(n); }\n',
    },
    besides: `const int numbers[] = { ${Array.from({ length: 4000 }, (_, at) => -8 * at).join()} };\n`,
    says: ['115', '122', '115'],
  }),
  ...[
    [
      'far behind what it is counted from',
      '.section .rodata',
      '.long 0; 1: .zero 3000; table: .long limit - 1b',
      '-3000',
    ],
    ['before what it is counted from', '.section .rodata', 'table: .long limit - 1f; .zero 64; 1: .long 0', '68'],
    ['in writable data', '.data', 'table: .long limit - table', '0'],
    ['of eight bytes', '.section .rodata', '.quad 0; 1: .zero 800; table: .quad limit - 1b', '-800'],
    ['in a table in code', '.text', 'table: .long limit - table', '0'],
    ['in code, from within code', '.text', '1: nop; nop; ret; .p2align 2; .zero 600; table: .long limit - 1b', '-604'],
  ].map(([name, section, table, base]) =>
    promoting(`what is no unit has a distance to it ${name}`, {
      besides: `__asm__("${section}\\n.globl table\\n${table}\\n.text\\n");
extern const char table[];
int outside(int n) { return ((int (*)(int))(table + (${base}) + *(const int *)table))(n); }
`,
      says: ['315', '322'],
      refused: /cannot do that: the program leads there from 0x[0-9a-f]+ \(\.(?:rodata|data|text)\)/,
    }),
  ),
]

/** A function that no jump fits into, of which an object beside the tree's may know. */
function promoting(
  name: string,
  { files, ...row }: Pick<Row, 'besides' | 'refused' | 'says'> & Partial<Pick<Row, 'files'>>,
): Row {
  const text = (more: string) => `${NOINLINE}int limit(int n) { return n${more}; }\n`
  return {
    name: `a function that no jump fits into: ${name}`,
    files: {
      'u1.c': 'int limit(int), outside(int); int entry(int n) { return limit(n) + n * 4 + 100 * outside(n); }\n',
      'u2.c': text(''),
      ...files,
    },
    edit: { 'u2.c': text(' + 7') },
    flags: [...SPLIT, '-fcf-protection=none', '-fno-ipa-ra'],
    link: ['-Wl,--emit-relocs'],
    promote: ['all'],
    ...row,
  }
}

describe.skipIf(!possible)('programs that are given (need gcc on x86-64 Linux)', () => {
  let cache = ''
  let agent = ''
  beforeAll(() => {
    cache = mkdtempSync(join(tmpdir(), 'hotsplice-given-cache-'))
    agent = agentFile(cache)
  })
  afterAll(() => rmSync(cache, { recursive: true, force: true }))

  for (const row of ROWS) {
    const missing = (row.needs === 'gold' && !hasGold) || (row.needs === 'lld' && !hasLld)
    test.skipIf(missing)(`${row.name} ${missing ? `(needs ${row.needs})` : ''}`, async () => {
      const tree = mkdtempSync(join(tmpdir(), 'hotsplice-given-'))
      try {
        const program = builtIn(tree, row)
        if (row.promote !== undefined && row.refused === undefined) {
          const { refusals } = await payloadFor(tree, program, { ...row, promote: [] }, cache)
          expect(refusals.map(({ code, hint }) => `${code}: ${hint}`)).toEqual([
            expect.stringMatching(/^too-small: build with --promote-callers limit: what calls it in u1\.o/),
          ])
        }
        const { refusals, payload } = await payloadFor(tree, program, row, cache)
        if (row.refused !== undefined) {
          expect(refusals.map(({ code, hint }) => `${code}: ${hint}`)).toEqual([expect.stringMatching(row.refused)])
          expect(execFileSync(program, { input: '3\n', encoding: 'latin1' })).toContain(`\n${row.says[0]}\n`)
          return
        }
        expect(refusals).toEqual([])
        const said = await patched(program, agent, payload?.bytes ?? new Uint8Array())
        expect(said.slice(0, row.says.length)).toEqual(row.says)
      } finally {
        rmSync(tree, { recursive: true, force: true })
      }
    })
  }

  test('two variables of one name in two files of one name are refused', async () => {
    const tree = mkdtempSync(join(tmpdir(), 'hotsplice-given-'))
    try {
      const row: Row = {
        name: '',
        files: { 'x/util.c': util(7, N), 'y/util.c': `${N}int yu(int i) { return i + n; }\n` },
        edit: { 'x/util.c': util(9, N) },
        says: ['', ''],
      }
      const { refusals } = await payloadFor(tree, builtIn(tree, row), row, cache)
      expect(refusals.map(({ code, text }) => `${code}: ${text}`)).toEqual([
        expect.stringMatching(/^duplicate-name: .*util\.c#n, a name that 2 symbols/),
      ])
    } finally {
      rmSync(tree, { recursive: true, force: true })
    }
  })
})

function builtIn(tree: string, { files, flags = SPLIT, link = [], besides, needs }: Row): string {
  const all = { 'main.c': needs === 'lld' ? READING : MAIN, ...files }
  const sources = Object.entries(all).filter(([file]) => file.endsWith('.c'))
  if (files.order !== undefined) writeFileSync(join(tree, 'order'), files.order)
  const entries = sources.map(([file, text]) => {
    mkdirSync(dirname(join(tree, file)), { recursive: true })
    writeFileSync(join(tree, file), text)
    const command = ['gcc', ...flags, '-c', file, '-o', file.replace(/\.c$/, '.o')]
    execFileSync('gcc', command.slice(1), { cwd: tree })
    return { directory: tree, file, arguments: command }
  })
  writeFileSync(join(tree, 'compile_commands.json'), JSON.stringify(entries))
  const objects = entries.map(({ file }) => file.replace(/\.c$/, '.o'))
  if (besides !== undefined) writeFileSync(join(tree, 'outside.c'), besides)
  const more = besides === undefined ? [] : ['-O2', 'outside.c']
  execFileSync('gcc', [...link, '-Wl,--build-id', ...objects, ...more, '-o', 'program'], { cwd: tree })
  return join(tree, 'program')
}

function payloadFor(
  tree: string,
  program: string,
  { files, edit, unlessGiven, promote = [] }: Row,
  cacheFolder: string,
) {
  const text = Object.entries(edit).map(([path, after]) =>
    createTwoFilesPatch(`a/${path}`, `b/${path}`, files[path] ?? '', after, '', ''),
  )
  return createHotpatch({
    tree,
    target: 'process',
    ...(unlessGiven === true ? {} : { symbols: program }),
    patches: [{ name: 'change.patch', text: text.join('') }],
    promoteCallers: promote,
    jobs: 2,
    progress: quiet,
    cacheFolder,
  })
}

/** What the program says before the payload is loaded, after that, and when it is reverted. */
async function patched(program: string, agent: string, payload: Uint8Array): Promise<readonly string[]> {
  const running = new RunningProgram(program, agent)
  try {
    await running.begin()
    const said = [...(await running.ask(['3']))]
    const host = openProcess({ pid: running.pid })
    try {
      const name = 'fix'
      expect(await host.upload({ name, payload })).toMatchObject({ result: 0 })
      expect(await host.act({ action: 'apply', name, timeoutMs: 3000 })).toMatchObject({ result: 0 })
      said.push(...(await running.ask(['3'])))
      expect(await host.act({ action: 'revert', name, timeoutMs: 3000 })).toMatchObject({ result: 0 })
      return [...said, ...(await running.ask(['3']))].map(each => each.trim())
    } finally {
      await host.close()
    }
  } finally {
    running.stop()
  }
}
