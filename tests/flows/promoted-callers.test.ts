/** A function that no jump fits into, or that the user names: its callers in its stead, where all of them are known. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTwoFilesPatch } from 'diff'
import { describe, expect, test } from 'vitest'
import { hasGcc, hasGold, withoutGcc } from '../support/gcc.ts'
import { createHotpatch } from '../support/opened.ts'
import { sampled } from '../support/sampled.ts'
import { inProgram, type SmallProgram } from '../support/small-program.ts'

const SPLIT = ['gcc', '-O2', '-fcf-protection=none', '-ffunction-sections', '-fno-ipa-ra']
const KEPT = '__attribute__((noinline, noclone))'
/** Three bytes: xor eax, eax; ret. */
const SMALL = `${KEPT} int limit(void) { return 0; }\n`
const LARGER = `${KEPT} int limit(void) { return 7; }\n`
const USER = 'int limit(void);\nint within(int n) { return n > limit() ? n : 5; }\n'
const BOUND = 'int limit(void), bound(void);\nint within(int n) { return n > limit() ? n : 5 + bound(); }\n'
const OTHER = 'int within(int);\nint plain(int n) { return within(n) * 3; }\n'
const MAIN = 'int plain(int); int main(int n, char **v) { (void)v; return plain(n) & 1; }\n'
const FILES = { 'limit.c': SMALL, 'user.c': USER, 'plain.c': OTHER, 'main.c': MAIN }
const CHANGED = { 'limit.c': LARGER }

/** Leaves the relocations of the link in the program. */
const linkedSo = ({ link, ...program }: SmallProgram): SmallProgram =>
  link === undefined ? program : { ...program, link: [...link, '-Wl,--emit-relocs'] }

const build = (program: SmallProgram, edit: Record<string, string>, promoteCallers?: readonly string[], kept = true) =>
  inProgram({ command: SPLIT, ...(kept ? linkedSo(program) : program) }, edit, options =>
    createHotpatch({ ...options, lines: 'ignore', ...(promoteCallers === undefined ? {} : { promoteCallers }) }),
  )

type Run = Awaited<ReturnType<typeof build>>
const refused = ({ refusals }: Run) => refusals.map(({ code, symbol }) => `${code} ${symbol}`)
const replaced = ({ selection }: Run) => selection.replacements.map(({ runningName }) => runningName).sort()
/** What same functions were taken in for. */
const promoted = ({ units }: Run) =>
  units
    .flatMap(({ verdicts }) =>
      verdicts.functions.flatMap(({ verdict }) =>
        verdict.kind === 'changed' && verdict.because.what === 'callee'
          ? [`${verdict.because.name} ${verdict.because.why}`]
          : [],
      ),
    )
    .sort()

const WEAK = `__attribute__((weak)) ${SMALL}`
const WEAK_CHANGED = `__attribute__((weak)) ${LARGER}`
/** None of the tree's units, linked in all the same. */
const besides = (text: string, link: readonly string[]): SmallProgram => ({
  files: { ...FILES, 'outside.c': text },
  listed: Object.keys(FILES),
  link: ['outside.c', ...link],
})
/** As large as the other: inc eax; ret. */
const THREE_BYTES =
  '__asm__(".globl limit\\n.type limit, @function\\n.text\\nlimit: inc %eax\\nret\\n.size limit, .-limit");\n'
const byDistance = (table: string, call: string) =>
  `__asm__(".section .rodata\\n${table}\\n.previous\\n");\nextern const char table[], anchor[];\n` +
  `int outside(void) { return ((int (*)(void))(${call}))(); }\n`
/** Calls it without being one of the tree's units. */
const OUTSIDE = 'int limit(void); int outside(void) { return limit() + 1; }\n'
const ASSEMBLY = '.globl raw\n.text\nraw: call limit\n ret\n.section .note.GNU-stack,"",@progbits\n'
const OWN = (body: string, n: number) => `static ${KEPT} int limit(void) { return ${n}; }\n${body}`
const BODY = 'int within(int n) { return n > limit() ? n : 5; }\n'
const alone = (body: string) => ({ files: { 'user.c': OWN(body, 0), 'plain.c': OTHER, 'main.c': MAIN } })

interface Row {
  readonly name: string
  readonly program: SmallProgram
  readonly edit: Record<string, string>
  readonly promote: readonly string[]
  readonly refused?: readonly string[]
  /** Of all the refusals. */
  readonly says?: RegExp
  readonly replaced?: readonly string[]
  readonly promoted?: readonly string[]
}

const ROWS: readonly Row[] = [
  {
    name: 'a static function, no program given',
    program: alone(BODY),
    edit: { 'user.c': OWN(BODY, 7) },
    promote: ['all'],
    replaced: ['within'],
    promoted: ['limit too-small'],
  },
  {
    name: 'one that others may call, and no program given',
    program: { files: FILES, built: true },
    edit: CHANGED,
    promote: ['limit'],
    refused: ['too-small limit'],
    says: /--promote-callers cannot do that: which program it is part of is not known/,
  },
  {
    name: 'one whose address is in a table',
    program: alone(`${BODY}int (*const table[])(void) = { limit };\n`),
    edit: { 'user.c': OWN(`${BODY}int (*const table[])(void) = { limit };\n`, 7) },
    promote: ['all'],
    refused: ['too-small limit'],
    says: /cannot do that: table \(user\.o\) has its address/,
  },
  {
    name: 'one whose address code takes',
    program: alone(`${BODY}void *which(void) { return limit; }\n`),
    edit: { 'user.c': OWN(`${BODY}void *which(void) { return limit; }\n`, 7) },
    promote: ['all'],
    refused: ['too-small limit'],
    says: /cannot do that: which \(user\.o\) takes its address/,
  },
  {
    name: 'one that assembly calls',
    program: { files: { ...FILES, 'raw.S': ASSEMBLY }, listed: [...Object.keys(FILES), 'raw.S'], link: [] },
    edit: CHANGED,
    promote: ['all'],
    refused: ['too-small limit'],
    says: /cannot do that: raw\.o, which is assembly, refers to it/,
  },
  {
    name: 'one that a library may find in the program',
    program: { files: FILES, link: ['-rdynamic'] },
    edit: CHANGED,
    promote: ['all'],
    refused: ['too-small limit'],
    says: /cannot do that: the program leads there from 0x[0-9a-f]+ \(\.dynsym\)/,
  },
  {
    name: 'one that is called by what is none of the tree’s units',
    program: { files: { ...FILES, 'outside.c': OUTSIDE }, listed: Object.keys(FILES), link: ['outside.c'] },
    edit: CHANGED,
    promote: ['all'],
    refused: ['too-small limit'],
    says: /cannot do that: the program leads there from 0x[0-9a-f]+ \(\.text\)/,
  },
  {
    name: 'one that another unit defines too',
    program: {
      files: { ...FILES, 'weak.c': '__attribute__((weak)) int limit(void) { return 0; }\n' },
      link: [],
    },
    edit: CHANGED,
    promote: ['all'],
    refused: ['too-small limit'],
    says: /cannot do that: weak\.o defines it too/,
  },
  {
    name: 'one of which the program has another definition, of a unit that is not listed',
    program: {
      files: { ...FILES, 'limit.c': WEAK, 'outside.c': 'int limit(void) { return 3; }\n' },
      listed: Object.keys(FILES),
      link: ['outside.c'],
    },
    edit: { 'limit.c': WEAK_CHANGED },
    promote: ['all'],
    refused: ['not-the-running-code limit'],
    says: /limit has \d+ bytes in the program, but the payload expects 3/,
  },
  {
    name: 'the same, as large',
    program: {
      files: { ...FILES, 'limit.c': WEAK, 'outside.c': THREE_BYTES },
      listed: Object.keys(FILES),
      link: ['outside.c'],
    },
    edit: { 'limit.c': WEAK_CHANGED },
    promote: ['all'],
    refused: ['not-the-running-code limit'],
    says: /the program's code of limit is not that of the payload's tree/,
  },
  {
    name: 'one that the program’s link wraps',
    program: {
      files: { ...FILES, 'wrap.c': 'int __real_limit(void); int __wrap_limit(void) { return __real_limit() + 1; }\n' },
      link: ['-Wl,--wrap=limit'],
    },
    edit: CHANGED,
    promote: ['all'],
    refused: ['too-small limit'],
  },
  {
    name: 'one that has another name in the program, which a caller uses',
    program: { files: { ...FILES, 'user.c': BOUND }, link: ['-Wl,--defsym=bound=limit'] },
    edit: CHANGED,
    promote: ['all'],
    refused: ['not-the-running-code limit', 'callers-unknown within'],
    says: /limit lies where the program has bound too.*within leads to the old limit by the name bound/s,
  },
  {
    name: 'one that has a name for a place inside of it, which a caller uses',
    program: { files: { ...FILES, 'user.c': BOUND }, link: ['-Wl,--defsym=bound=limit+1'] },
    edit: CHANGED,
    promote: ['all'],
    refused: ['callers-unknown within'],
    says: /within leads to the old limit by the name bound/,
  },
  {
    name: 'one of a program whose file has names, and no code',
    program: { files: FILES, link: [], strip: ['--only-keep-debug'] },
    edit: CHANGED,
    promote: ['all'],
    refused: ['too-small limit'],
    says: /cannot do that: the given file has no code/,
  },
  ...[
    ['counted from the table', 'table: .long limit - table', 'table + *(const int *)table'],
    ['counted from its own field', 'table: .long 0; anchor: .long limit - anchor', 'anchor + *(const int *)anchor'],
    [
      'counted from the program’s start',
      'table: .long place',
      '&__executable_start + *(const int *)table',
      '-no-pie',
      '-Wl,--defsym=place=limit-__executable_start',
    ],
  ].map(
    ([name, table = '', call = '', ...link]): Row => ({
      name: `one to which data of an object that is not listed has a distance, ${name}`,
      program: besides(
        `extern const char __executable_start;\n${byDistance(`.globl table, anchor\\n${table}`, call)}`,
        link,
      ),
      edit: CHANGED,
      promote: ['all'],
      refused: ['too-small limit'],
      says: /cannot do that: the program leads there from 0x[0-9a-f]+ \(\.rodata\)/,
    }),
  ),
  ...['-fuse-ld=gold', '-no-pie'].map(
    (option): Row => ({
      name: `one that a table in code has a distance to, linked with ${option}`,
      program: besides(`__asm__(".text\\n.globl table\\ntable: .long limit - table\\n");\n`, [option]),
      edit: CHANGED,
      promote: ['all'],
      refused: ['too-small limit'],
      says: /cannot do that: the program leads there from 0x[0-9a-f]+ \(\.text\)/,
    }),
  ),
  ...['-fuse-ld=gold', '-no-pie'].map(
    (option): Row => ({
      name: `an object that has no more than its own distances, linked with ${option}`,
      program: besides('__asm__(".section .rodata\\nother: .long 0, . - other, -4000\\n.previous\\n");\n', [option]),
      edit: CHANGED,
      promote: ['all'],
      replaced: ['within'],
      promoted: ['limit too-small'],
    }),
  ),
  {
    name: 'callers of callers, where the user names both',
    program: { files: FILES, link: [] },
    edit: CHANGED,
    promote: ['limit', 'user.o#within'],
    replaced: ['plain'],
    promoted: ['limit too-small', 'within promote-callers'],
  },
  {
    name: 'a function that could be replaced, by name',
    program: { files: FILES, link: [] },
    edit: { 'user.c': USER.replace(': 5', ': 6') },
    promote: ['within'],
    replaced: ['plain'],
    promoted: ['within promote-callers'],
  },
  {
    name: 'the same where not all callers are known',
    program: { files: FILES, link: ['-rdynamic'] },
    edit: { 'user.c': USER.replace(': 5', ': 6') },
    promote: ['within'],
    refused: ['callers-unknown within'],
    says: /the program leads there from 0x[0-9a-f]+ \(\.dynsym\)/,
  },
  {
    name: 'a caller that changes too',
    program: alone(BODY),
    edit: { 'user.c': OWN(BODY.replace(': 5', ': 6'), 7) },
    promote: ['all'],
    replaced: ['within'],
    promoted: [],
  },
  {
    name: 'a caller that goes',
    program: alone(`${BODY}int gone(int n) { return limit() + n * 9; }\n`),
    edit: { 'user.c': OWN(BODY, 7) },
    promote: ['all'],
    refused: ['too-small limit'],
    says: /gone \(user\.o\) calls it and is gone in the patch/,
  },
  {
    name: 'a function that nobody calls',
    program: { files: { ...FILES, 'user.c': 'int within(int n) { return n > 3 ? n : 5; }\n' }, link: [] },
    edit: CHANGED,
    promote: ['all'],
    refused: ['too-small limit'],
    says: /nothing that stays in the running system calls it/,
  },
  {
    name: 'a patch that takes its address',
    program: alone(BODY),
    edit: { 'user.c': OWN(BODY.replace('{', '{ int (*volatile f)(void) = limit;').replace('limit()', 'f()'), 7) },
    promote: ['all'],
    replaced: ['within'],
    promoted: [],
  },
]

describe.skipIf(!hasGcc)(`callers in a function’s stead${withoutGcc}`, () => {
  test('without the option: refused, with the callers and the option', async () => {
    const run = await build({ files: FILES, link: [] }, CHANGED)
    expect(refused(run)).toEqual(['too-small limit'])
    expect(run.refusals[0]?.hint).toMatch(
      /^build with --promote-callers limit: what calls it in user\.o will be replaced/,
    )
    expect(run.payload).toBeUndefined()
  })

  test('with it: the callers of another unit are replaced, and reach the new one in the payload', async () => {
    const run = await build({ files: FILES, link: [] }, CHANGED, ['all'])
    expect([refused(run), replaced(run), promoted(run)]).toEqual([[], ['within'], ['limit too-small']])
    const within = run.selection.pieces.find(({ piece }) => piece.name === 'within')
    expect(within?.references.map(({ link }) => link.to)).toEqual(['payload'])
    expect(run.selection.pieces.find(({ piece }) => piece.name === 'limit')).toMatchObject({
      role: 'new-function',
      reason: { code: 'by-callers', text: 'its callers are replaced in its stead' },
    })
    expect(run.notices.find(({ code }) => code === 'callers-promoted')?.text).toMatch(
      /\(too-small\), and within of user\.o is replaced in its stead$/,
    )
    expect(run.payload).toBeDefined()
  })

  test('where the link left no relocations, no distance can be excluded', async () => {
    const run = await build({ files: FILES, link: [] }, CHANGED, ['all'], false)
    expect(refused(run)).toEqual(['too-small limit'])
    expect(run.refusals[0]?.hint).toMatch(/cannot do that: the program’s file has no relocations of its link/)
  })

  test.for([...sampled(ROWS)])('$name', async ({ program, edit, promote, says = /^/, ...expected }, { skip }) => {
    skip(program.link?.includes('-fuse-ld=gold') === true && !hasGold, 'needs gold')
    const run = await build(program, edit, promote)
    expect([refused(run), run.payload === undefined]).toEqual([expected.refused ?? [], expected.refused !== undefined])
    expect(run.refusals.map(({ text, hint }) => `${text} ${hint}`).join('\n')).toMatch(says)
    if (expected.refused === undefined) {
      expect([replaced(run), promoted(run)]).toEqual([expected.replaced, expected.promoted])
      // Nothing of the payload leads to a function that it leaves behind.
      const names = promote.includes('all') ? ['limit'] : promote.map(name => name.replace(/.*#/, ''))
      const left = new Set(names.flatMap(name => [name, `user.c#${name}`]))
      const links = run.selection.pieces.flatMap(({ references }) => references.map(({ link }) => link))
      expect(links.filter(link => link.to === 'running' && left.has(link.name))).toEqual([])
    }
  })

  test('a name that nothing bears is told', async () => {
    const run = await build(alone(BODY), { 'user.c': OWN(BODY, 7) }, ['limit', 'limitless'])
    expect(run.notices.filter(({ code }) => code === 'promote-idle').map(({ text }) => text)).toEqual([
      expect.stringMatching(/^--promote-callers limitless does nothing/),
    ])
  })

  describe('on a payload that has replaced its callers already', () => {
    const twice = async (second: Record<string, string>, promote?: readonly string[]) =>
      inProgram({ command: SPLIT, ...linkedSo({ files: FILES, link: [] }) }, CHANGED, async options => {
        const first = await createHotpatch({ ...options, lines: 'ignore', promoteCallers: ['all'] })
        const folder = mkdtempSync(join(tmpdir(), 'hotsplice-below-'))
        try {
          const below = join(folder, 'first.payload')
          writeFileSync(below, first.payload?.bytes ?? '')
          const promoteCallers = promote === undefined ? {} : { promoteCallers: promote }
          const text = Object.entries(second)
            .map(([path, after]) =>
              createTwoFilesPatch(`a/${path}`, `b/${path}`, FILES[path as 'limit.c'], after, '', ''),
            )
            .join('')
          const patches = [{ name: 'second.patch', text }]
          return await createHotpatch({ ...options, ...promoteCallers, patches, lines: 'ignore', on: [below] })
        } finally {
          rmSync(folder, { recursive: true })
        }
      })

    test('what would go on with the old one is refused', async () => {
      const run = await twice({ 'user.c': USER.replace(': 5', ': 6') })
      expect(refused(run)).toEqual(['callers-unknown within'])
      expect(run.refusals[0]?.text).toMatch(/^within leads to limit, and first\.payload, .* has a copy of its own/)
      expect(run.payload).toBeUndefined()
    })

    test('what does not lead there is not', async () => {
      const run = await twice({ 'plain.c': OTHER.replace('* 3', '* 4') })
      expect([refused(run), replaced(run)]).toEqual([[], ['plain']])
    })

    test.for([undefined, ['all'], ['limit']])('the same change once more is refused once: %j', async promote => {
      const run = await twice({ ...CHANGED, 'user.c': USER.replace(': 5', ': 6') }, promote)
      expect(refused(run)).toEqual(['callers-unknown limit'])
      expect(run.refusals[0]?.hint).toMatch(/one payload of all the patches, without --on and with --promote-callers/)
    })
  })
})
