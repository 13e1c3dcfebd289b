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
import { decodeOriginals, encodeOriginals, type OriginalCode } from '../../loaders/original-code.ts'
import { select } from '../../select/select.ts'
import { checkOldCode } from './old-code.ts'
import { ProgramNames } from './program-names.ts'

const SPLIT = ['-O2', '-ffunction-sections', '-fdata-sections', '-fcf-protection=none']
const HEAD = 'extern int out(int); extern int shared; extern __thread int own; static int hidden(int n);\n'
const REST = `int shared = 3; __thread int own; int out(int n) { return n + shared; } int main(void) { return out(own); }
  static __attribute__((noinline)) int hidden(int n) { return out(n) * 3; }\n`
const f = (by: number) => `int f(int n) { return out(n) * ${by} + shared + own + hidden(n); }\n`

/** What a payload says of f, which is multiplied by \`by\` in the tree and by something else in the patch. */
function original(by: number, flags: readonly string[]): OriginalCode {
  const text = (factor: number) => HEAD + REST + f(factor)
  const verdicts = judge(compile(text(by), flags), compile(text(by + 2), flags), PROGRAM_RULES.target.loader)
  const units = [{ unit: 'unit.o', fileSymbol: 'unit.c', verdicts }]
  const found = originalsOf(units, select(units, PROGRAM_RULES), PROGRAM_RULES.target.loader.runningName)
  const [only] = decodeOriginals(encodeOriginals(found)) ?? []
  if (only === undefined || found.length !== 1) throw new Error(`${found.length} functions are described`)
  return only
}

/** A linked program that is built from another text, seen as the loader sees it. */
function program(
  by: number,
  { compiler, linker }: { readonly compiler: readonly string[]; readonly linker: readonly string[] },
) {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-test-'))
  try {
    writeFileSync(join(folder, 'unit.o'), compile(HEAD + REST + f(by), compiler))
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
    const described = original(11, [...SPLIT, ...tree])
    const check = (by: number) => () => {
      const { entry, ...rest } = program(by, { compiler: [...SPLIT, ...tree], linker })
      expect(entry.oldSize).toBe(described.size)
      checkOldCode(entry, [described], { program: rest, loaded: [] })
    }
    expect(check(11)).not.toThrow()
    expect(check(19)).toThrow(/is not that of the payload's tree/)
  },
)

test.skipIf(!hasGcc)(`sections that are not split make no difference${withoutGcc}`, () => {
  const described = original(11, [...SPLIT, '-fPIE'])
  const { entry, ...rest } = program(11, { compiler: ['-O2', '-fcf-protection=none', '-fPIE'], linker: ['-pie'] })
  expect(() => checkOldCode(entry, [described], { program: rest, loaded: [] })).not.toThrow()
})

const described: OriginalCode = { name: 'u.c#f', size: 4, names: ['u.c#f', 'also'], linked: [[1, 3]], digest: '' }
const entry = { name: 'u.c#f', old: 64, oldSize: 4 }

test.for([
  { name: 'its own names', at: ['f', 'also'], fails: false },
  { name: 'a name of another file, where the linker made it local', at: ['f'], fails: false },
  { name: "another function's name", at: ['f', 'g'], fails: true },
])('a place with $name', ({ at, fails }) => {
  const seen = { codeAt: () => undefined, functionsAt: () => at }
  const check = () => checkOldCode(entry, [described], { program: seen, loaded: [] })
  if (fails) expect(check).toThrow(/lies where the program has g too/)
  else expect(check).not.toThrow()
})

test('what a payload below has replaced is not compared, nor what nothing is said of', () => {
  const seen = { codeAt: () => Uint8Array.of(1, 2, 3, 4), functionsAt: () => ['f'] }
  const below = { functions: [{ ...entry, new: 1, newSize: 1, at: 64, bytes: '', expectation: '', ranges: [] }] }
  expect(() => checkOldCode(entry, [described], { program: seen, loaded: [] })).toThrow(/payload's tree/)
  expect(() => checkOldCode(entry, [described], { program: seen, loaded: [below] })).not.toThrow()
  expect(() => checkOldCode(entry, [], { program: seen, loaded: [] })).not.toThrow()
})

test.for(['', '{}', '[1]', '[{"name":"f"}]', '[{"name":"f","size":1,"names":[],"linked":[[1]],"digest":""}]'])(
  'the section holds %s: no description',
  text => {
    expect(decodeOriginals(Buffer.from(text))).toBeUndefined()
  },
)
