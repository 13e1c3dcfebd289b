/** `hotsplice diff` as a process: exit codes, JSON, line numbers told by a shifted object. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readReport } from '../../src/report/schema.ts'
import { compile, hasGcc, withoutGcc } from '../support/gcc.ts'
import { hotsplice } from '../xen/command.ts'

const SOURCE = `extern int note(int);
int f1(int a) { return a + 1; }
int f2(void) { return note(__LINE__); }
int same(int a) { return note(a); }
`

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-test-'))
  if (!hasGcc) return
  const write = (name: string, text: string) => writeFileSync(join(folder, name), compile(text))
  write('original.o', SOURCE)
  write('patched.o', SOURCE.replace('a + 1', '\n\na + 2'))
  write('moved.o', `\n\n${SOURCE}`)
  write('shifted.o', `#line 4\n${SOURCE}`)
  writeFileSync(join(folder, 'text.o'), 'not an object')
  writeFileSync(join(folder, 'cut.o'), readFileSync(join(folder, 'original.o')).subarray(0, 200))
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

const diff = (...args: string[]) => hotsplice(['diff', ...args], { cwd: folder })
const verdicts = (json: string) => readReport(json, 'json').functions.map(({ name, verdict }) => `${name} ${verdict}`)

describe.skipIf(!hasGcc)(`with gcc${withoutGcc}`, () => {
  test('an object against itself: 3, and nothing is listed', async () => {
    expect(await diff('original.o', 'original.o')).toEqual({ status: 3, stdout: 'they are the same\n', stderr: '' })
  })

  test('without a shifted object a moved line number is a change', async () => {
    const { status, stdout } = await diff('original.o', 'patched.o', '--json', '-')
    expect(status).toBe(0)
    expect(verdicts(stdout)).toEqual(['f1 changed', 'f2 changed'])
    expect(readReport(stdout, 'json')).toMatchObject({ outcome: 'differs', lines: { way: 'ignore' } })
  })

  test('with one it is told apart', async () => {
    const { status, stdout } = await diff(
      'original.o',
      'patched.o',
      '--shifted',
      'shifted.o',
      '--shift',
      '3',
      '--json',
      '-',
    )
    expect(status).toBe(0)
    expect(verdicts(stdout)).toEqual(['f1 changed', 'f2 line-only'])
  })

  test('only line numbers: 3, and they are listed', async () => {
    const { status, stdout } = await diff('original.o', 'moved.o', '--shifted', 'shifted.o', '--shift', '3')
    expect(status).toBe(3)
    expect(stdout).toMatch(/f2 {2}line-only.*\n\nonly line numbers differ\n$/s)
  })

  test('with JSON on standard output there are no words; asked for, they go to standard error', async () => {
    const quiet = await diff('original.o', 'patched.o', '--json', '-')
    expect(() => JSON.parse(quiet.stdout)).not.toThrow()
    expect(quiet.stderr).toBe('')
    const verbose = await diff('original.o', 'patched.o', '--json', '-', '-v')
    expect(verdicts(verbose.stdout)).toEqual(verdicts(quiet.stdout))
    expect(verbose.stderr).toContain('they differ: 2 functions')
  })

  test('JSON in a file is the same, and nothing is left beside it', async () => {
    const { stdout } = await diff('original.o', 'patched.o', '--json', 'out.json')
    expect(stdout).toContain('they differ: 2 functions')
    expect(verdicts(readFileSync(join(folder, 'out.json'), 'utf8'))).toEqual(['f1 changed', 'f2 changed'])
    expect(readdirSync(folder).filter(name => name.includes('.part'))).toEqual([])
  })

  test.for([
    { file: 'text.o', code: 'elf/not-elf' },
    { file: 'cut.o', code: 'elf/truncated' },
  ])('$file: 1, with what was being read', async ({ file, code }) => {
    const { status, stdout, stderr } = await diff('original.o', file)
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toContain(`[${code}]`)
    expect(stderr).toContain('while reading the patched object')
  })

  test('an output may not take an input\u2019s place', async () => {
    const before = readFileSync(join(folder, 'original.o'))
    const { status, stderr } = await diff('original.o', 'patched.o', '--json', 'original.o')
    expect(status).toBe(1)
    expect(stderr).toContain('[cli/same-file]')
    expect(readFileSync(join(folder, 'original.o')).equals(before)).toBe(true)
  })

  test('dump prints what readelf would, and only the parts asked for', async () => {
    const all = await hotsplice(['dump', 'original.o'], { cwd: folder })
    expect(all.stdout).toMatch(/^ELF Header:/)
    const symbols = await hotsplice(['dump', 'original.o', '--view', 'symbols'], { cwd: folder })
    expect(symbols.stdout).toContain('f1')
    expect(symbols.stdout).not.toContain('ELF Header')
  })

  test('inspect says that an object is no payload', async () => {
    const { status, stderr } = await hotsplice(['inspect', 'original.o'], { cwd: folder })
    expect(status).toBe(1)
    expect(stderr).toContain('[inspect/no-payload]')
  })
})
