/** The code that a payload replaces is compared with the program's, but for what the linker fills in. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../../tests/support/gcc.ts'
import { judge, PROGRAM_RULES } from '../../../tests/support/judge.ts'
import { readElf, readOutline } from '../../elf/index.ts'
import { originalsOf } from '../../flows/hotpatch/originals.ts'
import { decodeOriginals, digestOf, encodeOriginals, type OriginalCode } from '../../loaders/original-code.ts'
import { ProgramNames } from '../../program/program-names.ts'
import { select } from '../../select/select.ts'
import { checkLeftCode, checkOldCode } from './old-code.ts'

const SPLIT = ['-O2', '-ffunction-sections', '-fdata-sections', '-fcf-protection=none']
const HEAD = 'extern int out(int); extern int shared; extern __thread int own; static int hidden(int n);\n'
const REST = `int shared = 3; __thread int own; int out(int n) { return n + shared; } int main(void) { return out(own); }
  static __attribute__((noinline)) int hidden(int n) { return out(n) * 3; }\n`
const f = (by: number) => `int f(int n) { return out(n) * ${by} + shared + own + hidden(n); }\n`

/** What a payload says of f, which is multiplied by \`by\` in the tree and by something else in the patch. */
function original(by: number, flags: readonly string[]): OriginalCode {
  return described(factor => HEAD + REST + f(factor), by, flags)
}

function described(text: (by: number) => string, by: number, flags: readonly string[]): OriginalCode {
  const verdicts = judge(compile(text(by), flags), compile(text(by + 2), flags), PROGRAM_RULES.target.loader)
  const units = [{ unit: 'unit.o', fileSymbol: 'unit.c', verdicts }]
  const found = originalsOf(units, select(units, PROGRAM_RULES), PROGRAM_RULES.target.loader.runningName)
  const [only] = decodeOriginals(encodeOriginals(found)) ?? []
  if (only === undefined || found.length !== 1) throw new Error(`${found.length} functions are described`)
  return only
}

/** A linked program that is built from another text, seen as the loader sees it. */
function program(
  by: number | string,
  { compiler, linker }: { readonly compiler: readonly string[]; readonly linker: readonly string[] },
) {
  const text = typeof by === 'string' ? by : HEAD + REST + f(by)
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-test-'))
  try {
    writeFileSync(join(folder, 'unit.o'), compile(text, compiler))
    execFileSync('gcc', ['unit.o', '-o', 'program', ...linker], { cwd: folder, stdio: 'pipe' })
    const bytes = new Uint8Array(readFileSync(join(folder, 'program')))
    const elf = readElf<'original'>(bytes)
    const names = new ProgramNames(
      readOutline({ length: bytes.length, read: (at, size) => bytes.slice(at, at + size) }),
      0,
    )
    const [symbol] = names.find('f')
    const codeAt = (address: number, size: number) => {
      const section = elf.sections.find(({ name }) => name === '.text')
      const at = address - Number(section?.address ?? 0n)
      return section?.bytes.slice(at, at + size)
    }
    return {
      entry: { name: 'f', old: symbol?.address ?? 0, oldSize: symbol?.size ?? 0 },
      codeAt,
      functionsAt: (at: number) => names.functionsAt(at),
      find: (name: string) => names.find(name),
      isFixed: elf.header.type === 2,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const WAYS = [
  { name: 'position-independent', tree: ['-fPIE'], linker: ['-pie'] },
  { name: 'at a fixed address', tree: ['-fno-pie'], linker: ['-no-pie'] },
  { name: 'through tables that the linker relaxes', tree: ['-fPIC', '-fno-plt'], linker: ['-pie'] },
]

test.skipIf(!hasGcc).for(WAYS)(
  `$name: the code of the tree passes, another is refused${withoutGcc}`,
  ({ tree, linker }) => {
    const wanted = original(11, [...SPLIT, ...tree])
    const check = (by: number) => () => {
      const { entry, ...rest } = program(by, { compiler: [...SPLIT, ...tree], linker })
      expect(entry.oldSize).toBe(wanted.size)
      return checkOldCode(entry, [wanted], { program: rest, loaded: [] })
    }
    expect(check(11)()).toEqual([])
    expect(check(19)).toThrow(/is not that of the payload's tree/)
  },
)

test.skipIf(!hasGcc)(`sections that are not split make no difference${withoutGcc}`, () => {
  const wanted = original(11, [...SPLIT, '-fPIE'])
  const { entry, ...rest } = program(11, { compiler: ['-O2', '-fcf-protection=none', '-fPIE'], linker: ['-pie'] })
  expect(checkOldCode(entry, [wanted], { program: rest, loaded: [] })).toEqual([])
})

const LIKE = '"name":"f","size":1,"names":[],"linked":[],"digest":""'

test('an earlier version’s description is one', () => {
  expect(decodeOriginals(Buffer.from(`[{${LIKE}}]`))).toHaveLength(1)
})

const NOTHING = { codeAt: () => undefined, functionsAt: () => [], find: () => [], isFixed: false }

/** A function with a part that runs seldom, which gcc puts elsewhere. */
const parted = (by: number, rare: number) => `extern int printf(const char *, ...);
  __attribute__((noinline, cold)) static void seldom(int n) { printf("%d", n); }
  __attribute__((noinline)) int f(int n) {
    if (__builtin_expect(n == 7, 0)) { seldom(n + ${rare}); printf("%d", n * ${rare}); }
    return printf("f") * ${by}; }
  int main(void) { return f(3); }\n`

/** One that calls a function and uses a variable; there are two of each. */
const leading = (by: number, callee = 'one', variable = 'first') => `static int first, second;
  __attribute__((noinline)) int one(int n) { __asm__ volatile(""); return n + 1; }
  __attribute__((noinline)) int two(int n) { __asm__ volatile(""); return n + 2; }
  __attribute__((noinline)) int f(int n) { return ${callee}(n) * ${by} + ${variable}; }
  int main(void) { first++; second--; return f(two(first)) + f(one(second)); }\n`

const PIE = { tree: [...SPLIT, '-fPIE'], linker: ['-pie'] }
const FIXED = { tree: [...SPLIT, '-fno-pie'], linker: ['-no-pie'] }

test.skipIf(!hasGcc).for([PIE, FIXED])(
  `an out-of-line part is compared too ($linker)${withoutGcc}`,
  ({ tree, linker }) => {
    const wanted = described(by => parted(by, 100), 11, tree)
    expect(wanted.parts?.map(({ name }) => name)).toEqual(['unit.c#f.cold'])
    const check = (rare: number) => {
      const { entry, ...rest } = program(parted(11, rare), { compiler: tree, linker })
      return checkOldCode(entry, [wanted], { program: rest, loaded: [] })
    }
    expect(check(100)).toEqual([])
    expect(() => check(200)).toThrow(/code of unit\.c#f\.cold is not that/)
    const stripped = program(parted(11, 200), { compiler: tree, linker: [...linker, '-Wl,--discard-all'] })
    expect(() => checkOldCode(stripped.entry, [wanted], { program: stripped, loaded: [] })).toThrow(/f\.cold is not/)
  },
)

test.skipIf(!hasGcc).for([PIE, FIXED])(
  `what the code leads to is compared by name ($linker)${withoutGcc}`,
  ({ tree, linker }) => {
    const wanted = described(leading, 11, tree)
    const check = (text: string, more: readonly string[] = []) => {
      const { entry, ...rest } = program(text, { compiler: tree, linker: [...linker, ...more] })
      return checkOldCode(entry, [wanted], { program: rest, loaded: [] })
    }
    expect(check(leading(11))).toEqual([])
    // The same bytes, with another function or variable in the fields.
    expect(() => check(leading(11, 'two'))).toThrow(/leads, at 0x\w+ of f, to 0x\w+ and not to one/)
    expect(() => check(leading(11, 'one', 'second'))).toThrow(/and not to unit\.c#first/)
  },
)

test('a payload that does not say what its code led to is told', () => {
  const seen = { ...NOTHING, functionsAt: () => ['f'] }
  expect(checkOldCode(entry, [plainCode], { program: seen, loaded: [] })).toEqual([expect.stringContaining('led to')])
})

const plainCode: OriginalCode = { name: 'u.c#f', size: 4, names: ['u.c#f', 'also'], linked: [[1, 3]], digest: '' }
const entry = { name: 'u.c#f', old: 64, oldSize: 4 }

test.for([
  { name: 'its own names', at: ['f', 'also'], fails: false },
  { name: 'a name of another file, where the linker made it local', at: ['f'], fails: false },
  { name: "another function's name", at: ['f', 'g'], fails: true },
])('a place with $name', ({ at, fails }) => {
  const seen = { ...NOTHING, functionsAt: () => at }
  const check = () => checkOldCode(entry, [plainCode], { program: seen, loaded: [] })
  if (fails) expect(check).toThrow(/lies where the program has g too/)
  else expect(check).not.toThrow()
})

test('what a payload below has replaced is not compared, nor what nothing is said of', () => {
  const seen = { ...NOTHING, codeAt: () => Uint8Array.of(1, 2, 3, 4), functionsAt: () => ['f'] }
  const below = { functions: [{ ...entry, new: 1, newSize: 1, at: 64, bytes: '', expectation: '', ranges: [] }] }
  expect(() => checkOldCode(entry, [plainCode], { program: seen, loaded: [] })).toThrow(/payload's tree/)
  expect(checkOldCode(entry, [plainCode], { program: seen, loaded: [below] })).toEqual([])
  const [untold] = checkOldCode(entry, [], { program: seen, loaded: [] })
  expect(untold).toContain('does not say what the code of u.c#f was')
})

test.for([
  '',
  '{}',
  '[1]',
  '[{"name":"f"}]',
  `[{${LIKE},"parts":[1]}]`,
  `[{${LIKE},"reaches":[[1,2,3,4]]}]`,
  `[{${LIKE},"parts":[{${LIKE},"reaches":[[1]]}]}]`,
  '[{"name":"f","size":1,"names":[],"linked":[[1]],"digest":""}]',
])('the section holds %s: no description', text => {
  expect(decodeOriginals(Buffer.from(text))).toBeUndefined()
})

test.skipIf(!hasGcc)(`what the payload only has a copy of is compared as well${withoutGcc}`, () => {
  const wanted = original(11, [...SPLIT, '-fPIE'])
  const check = (by: number, entries: readonly { readonly name: string }[]) => {
    const { entry: _, ...rest } = program(by, { compiler: [...SPLIT, '-fPIE'], linker: ['-pie'] })
    return checkLeftCode([wanted], entries, { program: rest })
  }
  expect(check(11, [])).toEqual([])
  expect(() => check(19, [])).toThrow(/is not that of the payload's tree/)
  expect(check(19, [{ name: 'f' }])).toEqual([])
  expect(() => checkLeftCode([wanted], [], { program: NOTHING })).toThrow(/the program has no function f/)
})

test('of several that are called so, one is to have the code', () => {
  const wanted = { ...plainCode, linked: [], digest: digestOf(Uint8Array.of(1, 2, 3, 4), []), reaches: [], parts: [] }
  const symbol = { name: 'u.c#f', size: 4, kind: 'function' as const }
  const codes = (own: readonly number[]) => ({
    ...NOTHING,
    functionsAt: () => ['f'],
    find: () => [
      { ...symbol, address: 64 },
      { ...symbol, address: 128 },
    ],
    codeAt: (address: number) => (address === 64 ? Uint8Array.of(9, 9, 9, 9) : Uint8Array.from(own)),
  })
  expect(checkLeftCode([wanted], [], { program: codes([1, 2, 3, 4]) })).toEqual([])
  expect(() => checkLeftCode([wanted], [], { program: codes([1, 2, 3, 5]) })).toThrow(
    /is not that of the payload's tree/,
  )
})
