/** No program is given: the tree's own is taken where what is linked there leaves no doubt, and else that is said. */
import { describe, expect, test } from 'vitest'
import { hasGcc, withoutGcc } from '../support/gcc.ts'
import { sampled } from '../support/sampled.ts'
import { type Edit, patchProgram, type SmallProgram } from '../support/small-program.ts'

const SPLIT = ['gcc', '-O2', '-fcf-protection=none', '-ffunction-sections', '-fdata-sections']
const GC = ['-Wl,--gc-sections']
const MAIN = 'int entry(int); int main(int n, char **v) { (void)v; return entry(n) & 1; }\n'
const ENTRY = `#ifndef BY
#define BY 3
#endif
int entry(int n) { return n * BY + 1; }
`
const SPARE = 'int spare(int n) { return n * 5; }\n'
const OTHER = 'int other(int n) { return n * 9 + 2; }\n'
const OTHER_MAIN = 'int other(int); int main(int n, char **v) { (void)v; return other(n) & 3; }\n'

/** Linked of `units`, from objects that their own commands made. */
const linking = (name: string, units: readonly string[], more: readonly string[] = GC) => [
  'gcc',
  ...more,
  ...units.map(unit => `${unit}.o`),
  '-o',
  name,
]
const BOTH = { 'main.c': MAIN, 'u1.c': ENTRY, 'x.c': OTHER_MAIN, 'u2.c': OTHER }
const remove = (...files: readonly string[]) => ['rm', ...files]
const OLD_ENTRY = [...SPLIT, '-DBY=4', '-c', 'u1.c', '-o', 'old.o']

const LINK_TEXT = 'CMakeFiles/program.dir/link.txt'
/** What the build of `BOTH` writes down, for each of its generators. */
const AS_MAKE = {
  'CMakeFiles/server.dir/link.txt': 'gcc main.o u1.o -o server\n',
  'CMakeFiles/client.dir/link.txt': 'ar qc libx.a x.o\nranlib libx.a\ngcc -o client -L. -lx u2.o\n',
}
const AS_NINJA = {
  'build.ninja': 'build server: link main.o u1.o\nbuild libx.a: ar x.o\nbuild client: link u2.o | libx.a\n',
}
/** The text of u1.c once more, compiled in another place. */
const ELSEWHERE = ['sh', '-c', `mkdir e && cp u1.c e && cd e && ${[...SPLIT, '-g'].join(' ')} -c u1.c -o ../other.o`]

interface Row {
  readonly name: string
  readonly files: SmallProgram['files']
  /** Linked so; null where nothing is before `afterwards`. */
  readonly link?: readonly string[] | null
  readonly afterwards: readonly (readonly string[])[]
  readonly edit: Edit
  readonly command?: readonly string[]
  /** The program that is taken, or words of why none is. */
  readonly taken?: string
  readonly doubt?: RegExp
  readonly depends?: string
  readonly refused?: readonly string[]
}

const CHANGED = { 'u1.c': ENTRY.replace('+ 1', '+ 2') }
const TWO = [linking('server', ['main', 'u1']), linking('client', ['x', 'u2'])]

const ROWS: readonly Row[] = [
  { name: 'the only one', files: { 'main.c': MAIN, 'u1.c': ENTRY }, afterwards: [], edit: CHANGED, taken: 'program' },
  {
    name: 'the one of two that has the unit',
    files: BOTH,
    link: null,
    afterwards: TWO,
    edit: CHANGED,
    taken: 'server',
  },
  {
    name: 'a library beside its user',
    files: { 'main.c': MAIN, 'u1.c': ENTRY },
    link: null,
    afterwards: [linking('libu.so', ['u1'], ['-shared']), ['gcc', 'main.o', 'libu.so', '-o', 'user']],
    edit: CHANGED,
    taken: 'libu.so',
    refused: ['shared-library entry'],
  },
  {
    name: 'two copies of one',
    files: { 'main.c': MAIN, 'u1.c': ENTRY },
    afterwards: [
      ['mkdir', 'installed'],
      ['cp', 'program', 'installed/it'],
    ],
    edit: CHANGED,
    taken: 'installed/it',
  },
  {
    name: 'beside one that was linked of other objects',
    files: { 'main.c': MAIN, 'u1.c': ENTRY },
    afterwards: [OLD_ENTRY, linking('older', ['main', 'old'])],
    edit: CHANGED,
    taken: 'program',
  },
  {
    name: 'two that have the unit',
    files: BOTH,
    link: null,
    afterwards: [...TWO, linking('both', ['x', 'u2', 'u1'], [])],
    edit: CHANGED,
    doubt: /both and server were both linked from u1\.o/,
  },
  {
    name: 'one that was linked of other objects',
    files: { 'main.c': MAIN, 'u1.c': ENTRY },
    afterwards: [OLD_ENTRY, linking('program', ['main', 'old'])],
    edit: CHANGED,
    doubt: /program has another entry than u1\.o/,
  },
  {
    name: 'one whose other units are others by now',
    files: { 'main.c': MAIN, 'u1.c': ENTRY, 'u2.c': OTHER },
    link: [],
    afterwards: [[...SPLIT, '-O0', '-c', 'u2.c', '-o', 'u2.o']],
    edit: CHANGED,
    doubt: /u2\.o is in none of the linked files/,
  },
  {
    name: 'one that has not all units: another may be elsewhere',
    files: BOTH,
    link: null,
    afterwards: [...TWO, remove('client')],
    edit: CHANGED,
    doubt: /x\.o is in none of the linked files/,
  },
  {
    name: 'two files of one name and text, of which one is linked',
    files: { 'a/main.c': MAIN, 'b/main.c': MAIN, 'u1.c': ENTRY },
    link: null,
    afterwards: [linking('one', ['a/main', 'u1'])],
    edit: CHANGED,
    doubt: /main\.o is in none of the linked files/,
  },
  {
    name: 'a unit without its object',
    files: { 'main.c': MAIN, 'u1.c': ENTRY, 'u2.c': OTHER },
    link: [],
    afterwards: [remove('u2.o')],
    edit: CHANGED,
    doubt: /u2\.o has no object/,
  },
  {
    name: 'one without names',
    files: { 'main.c': MAIN, 'u1.c': ENTRY },
    afterwards: [['strip', 'program']],
    edit: CHANGED,
    doubt: /program has no names/,
  },
  {
    name: 'a test’s program beside one without names',
    files: BOTH,
    link: null,
    afterwards: [...TWO, ['gcc', '-shared', '-s', 'u1.o', 'u2.o', '-o', 'lib.so']],
    edit: CHANGED,
    doubt: /lib\.so has no names, and may be the program/,
  },
  {
    name: 'one that was linked before anybody used what changes',
    files: { 'main.c': MAIN, 'u1.c': `int spare(int n) { return n * 9 + 4; }\n${ENTRY}` },
    link: [...GC, '-Wl,-u,entry', '-Wl,--defsym=entry2=entry'],
    afterwards: [],
    edit: { 'u1.c': `int spare(int n) { return n * 9 + 4; }\n${ENTRY.replace('+ 1', '+ 2')}` },
    doubt: /program has no spare of u1\.o/,
  },
  {
    name: 'one of another build-id than is asked for',
    files: { 'main.c': MAIN, 'u1.c': ENTRY },
    afterwards: [],
    edit: CHANGED,
    depends: '00112233445566778899aabbccddeeff00112233',
    doubt: /program has not the build-id 0011/,
  },
  {
    name: 'names without code',
    files: { 'main.c': MAIN, 'u1.c': ENTRY },
    afterwards: [
      ['objcopy', '--only-keep-debug', 'program', 'program.debug'],
      ['rm', 'program'],
    ],
    edit: CHANGED,
    doubt: /the code of entry is not in program\.debug/,
  },
  {
    name: 'a unit without its object, and the build says what it links',
    files: { 'main.c': MAIN, 'u1.c': ENTRY, 'u2.c': OTHER, [LINK_TEXT]: 'gcc main.o u1.o u2.o -o program' },
    link: [],
    afterwards: [remove('u2.o')],
    edit: CHANGED,
    taken: 'program',
  },
  {
    name: 'one that has not all units, and the build says that no other has what changes',
    files: { ...BOTH, ...AS_MAKE },
    link: null,
    afterwards: [...TWO, remove('client')],
    edit: CHANGED,
    taken: 'server',
  },
  {
    name: 'the same where ninja says it',
    files: { ...BOTH, ...AS_NINJA },
    link: null,
    afterwards: [...TWO, remove('client')],
    edit: CHANGED,
    taken: 'server',
  },
  {
    name: 'one that has not all units, and the build links what changes into another as well',
    files: { ...BOTH, 'build.ninja': `${AS_NINJA['build.ninja']}build test: link u1.o\n` },
    link: null,
    afterwards: [...TWO, remove('client')],
    edit: CHANGED,
    doubt: /x\.o is in none of the linked files/,
  },
  {
    name: 'one that has not all units, and what the build says is not understood',
    files: { ...BOTH, ...AS_MAKE, 'CMakeFiles/test.dir/link.txt': 'gcc $(LINKED) -o test' },
    link: null,
    afterwards: [...TWO, remove('client')],
    edit: CHANGED,
    doubt: /x\.o is in none of the linked files/,
  },
  {
    name: 'one beside one without names, which the build links of other units',
    files: { ...BOTH, ...AS_MAKE },
    link: null,
    afterwards: [...TWO, ['strip', 'client']],
    edit: CHANGED,
    taken: 'server',
  },
  {
    name: 'one beside one without names of which the build says nothing',
    files: { ...BOTH, ...AS_MAKE },
    link: null,
    afterwards: [...TWO, ['gcc', '-s', 'x.o', 'u2.o', '-o', 'unknown']],
    edit: CHANGED,
    doubt: /unknown has no names, and may be the program/,
  },
  {
    name: 'one beside its own copy without names',
    files: { 'main.c': MAIN, 'u1.c': ENTRY },
    afterwards: [
      ['cp', 'program', 'installed'],
      ['strip', 'installed'],
    ],
    edit: CHANGED,
    taken: 'program',
  },
  {
    name: 'two that have the code, and the build links one of another object',
    files: {
      ...BOTH,
      'build.ninja': `${AS_NINJA['build.ninja']}build other.o: cc e/u1.c\nbuild program: link x.o u2.o other.o\n`,
    },
    link: null,
    afterwards: [...TWO, ELSEWHERE, linking('program', ['x', 'u2', 'other'], [])],
    edit: CHANGED,
    taken: 'server',
  },
  {
    name: 'two that have the code, one of an object of which the build does not say what is in it',
    files: { ...BOTH, ...AS_MAKE, [LINK_TEXT]: 'gcc x.o u2.o other.o -o program' },
    link: null,
    afterwards: [...TWO, ELSEWHERE, linking('program', ['x', 'u2', 'other'], [])],
    edit: CHANGED,
    doubt: /program and server were both linked from u1\.o/,
  },
  {
    name: 'two that have the code, one by way of an archive that is copied where no link shows it',
    files: {
      ...BOTH,
      'CMakeFiles/x.dir/link.txt': 'ar qc libx.a u1.o\n',
      'CMakeFiles/server.dir/link.txt': 'gcc main.o -o server libx.a\n',
      [LINK_TEXT]: 'gcc x.o u2.o liball.a -o program\n',
    },
    link: null,
    afterwards: [
      ['ar', 'qc', 'libx.a', 'u1.o'],
      ['cp', 'libx.a', 'liball.a'],
      ['gcc', 'main.o', '-o', 'server', 'libx.a'],
      ['gcc', 'x.o', 'u2.o', '-Wl,--whole-archive', 'liball.a', '-Wl,--no-whole-archive', '-o', 'program'],
    ],
    edit: CHANGED,
    doubt: /program and server were both linked from u1\.o/,
  },
  {
    name: 'two that have the code, and debug information says that one was compiled elsewhere',
    files: BOTH,
    command: [...SPLIT, '-g'],
    link: null,
    afterwards: [...TWO, ELSEWHERE, linking('another', ['x', 'u2', 'other'], [])],
    edit: CHANGED,
    taken: 'server',
  },
  {
    name: 'two that have the code, and debug information of one is not there',
    files: BOTH,
    command: [...SPLIT, '-g'],
    link: null,
    afterwards: [...TWO, ELSEWHERE, linking('another', ['x', 'u2', 'other'], ['-Wl,--strip-debug'])],
    edit: CHANGED,
    doubt: /another and server were both linked from u1\.o/,
  },
  ...[
    { name: 'a script that stands for a library', words: 'libu.so', script: 'INPUT(u1.o)' },
    { name: 'one that is named by -l', words: '-L. -lu', script: '/* u */ GROUP ( AS_NEEDED ( u1.o ) )' },
    { name: 'one of another name', words: 'more.ld', script: 'INPUT(u1.o)' },
  ].map(({ name, words, script }) => ({
    name: `two that have the code, one by way of ${name}`,
    files: {
      ...BOTH,
      [words === 'more.ld' ? words : 'libu.so']: `${script}\n`,
      'CMakeFiles/server.dir/link.txt': 'gcc main.o u1.o -o server\n',
      'CMakeFiles/client.dir/link.txt': `gcc x.o u2.o ${words} -o client\n`,
    },
    link: null,
    afterwards: [linking('server', ['main', 'u1']), ['gcc', 'x.o', 'u2.o', ...words.split(' '), '-o', 'client']],
    edit: CHANGED,
    doubt: /client and server were both linked from u1\.o/,
  })),
  {
    name: 'one of two, whose unit comes out of a thin archive',
    files: {
      ...BOTH,
      'CMakeFiles/u.dir/link.txt': 'ar qcT libu.a u1.o\n',
      'CMakeFiles/server.dir/link.txt': 'gcc main.o libu.a -o server\n',
      'CMakeFiles/client.dir/link.txt': 'gcc x.o u2.o -o client\n',
    },
    link: null,
    afterwards: [
      ['ar', 'qcT', 'libu.a', 'u1.o'],
      ['gcc', 'main.o', 'libu.a', '-o', 'server'],
    ],
    edit: CHANGED,
    taken: 'server',
  },
  {
    name: 'one of which a script says what is in it, and another without names',
    files: { ...BOTH, ...AS_MAKE, 'x.ld': 'INPUT(u1.o)\n', [LINK_TEXT]: 'gcc x.o u2.o -Wl,-T,x.ld -o program\n' },
    link: null,
    afterwards: [...TWO, ['strip', 'client']],
    edit: CHANGED,
    doubt: /client has no names, and may be the program/,
  },
  {
    name: 'one that is linked by a script for its names’ versions',
    files: {
      ...BOTH,
      ...AS_MAKE,
      'x.map': '{ global: main; local: *; };\n',
      'CMakeFiles/server.dir/link.txt': 'gcc -Wl,--version-script,x.map main.o u1.o -o server\n',
    },
    link: null,
    afterwards: [linking('server', ['main', 'u1'], ['-Wl,--version-script,x.map'])],
    edit: CHANGED,
    taken: 'server',
  },
  {
    name: 'two files of one name and text, and debug information says which is linked',
    files: { 'main.c': MAIN, 'a/u1.c': ENTRY, 'b/u1.c': ENTRY },
    command: [...SPLIT, '-g'],
    link: null,
    afterwards: [linking('one', ['main', 'a/u1']), linking('two', ['main', 'b/u1'])],
    edit: { 'a/u1.c': CHANGED['u1.c'] },
    taken: 'one',
  },
]

describe.skipIf(!hasGcc)(`the program that the tree shows${withoutGcc}`, () => {
  test.for(sampled(ROWS))('$name', async ({ files, link = GC, afterwards, edit, ...row }) => {
    const { command = SPLIT, taken, doubt, depends } = row
    const { run, ...found } = await patchProgram(
      {
        files,
        command,
        ...(depends === undefined ? {} : { depends }),
        ...(link === null ? { built: true } : { link }),
        afterwards,
      },
      edit,
    )
    expect(found.refused).toEqual(row.refused ?? [])
    expect(run?.selection.replacements.map(({ runningName }) => runningName)).toEqual(['entry'])
    const [notice, ...more] = run?.notices.filter(({ code }) => code.startsWith('program-')) ?? []
    expect([notice?.code, more]).toEqual([taken === undefined ? 'program-unknown' : 'program-found', []])
    expect(notice?.text).toMatch(doubt ?? new RegExp(`^no program is given, and ${taken} is taken`))
  })

  test.for([
    ['what it lacks is not known: what runs may have it', [], ['program-unknown']],
    ['and is not where it is not', [['strip', 'program']], ['program-unknown']],
  ] as const)('%s', async ([, afterwards, told]) => {
    const files = { 'main.c': MAIN, 'u1.c': ENTRY + SPARE }
    const edit = { 'u1.c': ENTRY + SPARE.replace('5', '6') }
    const { run } = await patchProgram({ files, command: SPLIT, link: GC, afterwards }, edit)
    expect(run?.notices.map(({ code }) => code)).toEqual(told)
  })
})
