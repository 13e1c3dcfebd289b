/** The oracle that holds payloads against objects takes what a payload calls its own parts for what the object calls them. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readObject } from '../xen/oracle/binutils.ts'
import { textOf } from '../xen/oracle/functions.ts'
import { unlikeIn } from '../xen/oracle/payload.ts'

const SOURCE = `extern int out(int); extern void rare(int) __attribute__((cold));
int f(int n) { if (n > 5) { rare(n); rare(n + LESS); return out(n - 1); } return n * 3; }
`
let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-oracle-'))
  writeFileSync(join(folder, 'a.c'), SOURCE)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Line 3 was line 2, line 4 has come; the file had 6 lines. */
const LINES = `extern int at(int, int);
// A line that has come.
int kept(void) { return at(__LINE__, 7) + 1; }
int come(void) { return at(__LINE__, 7) + 2; }
`
const mayBe = (line: number, own: number) => (line === 3 ? own === 2 : line === 4 && own > 6)

function compiled(name: string, ...more: readonly string[]): string {
  return compiledFrom('a.c', name, ...more)
}

function compiledFrom(source: string, name: string, ...more: readonly string[]): string {
  const file = join(folder, name)
  execFileSync('gcc', [
    '-O2',
    '-fcf-protection=none',
    '-ffunction-sections',
    ...more,
    '-c',
    join(folder, source),
    '-o',
    file,
  ])
  return file
}

test.for([
  ['the same code', '-DLESS=1', []],
  ['another cold part', '-DLESS=2', ['f']],
] as const)('%s under a name of its own', ([, define, unlike]) => {
  const [object, payload] = [compiled('object.o', '-DLESS=1'), compiled('payload.o', define)]
  execFileSync('objcopy', ['--redefine-sym', 'f.cold=x/a.c#f.cold#0123abcd', payload])
  const wanted = { unit: 'x/a.o', name: 'f', object, same: new Set<string>() }
  const names = unlikeIn(readObject(payload), [wanted]).map(words => /^x\/a\.o (\w+):/.exec(words)?.[1] ?? words)
  expect(names).toEqual(unlike)
})

test.for([
  ['the numbers of before, and one behind the end', '2', '7', []],
  ['a kept line with its new number', '3', '7', []],
  ['a kept line with another number', '4', '7', ['kept']],
  ['a line that has come with the number of another', '2', '5', ['come']],
] as const)('line numbers: %s', ([, kept, come, unlike]) => {
  writeFileSync(join(folder, 'lines.c'), LINES)
  writeFileSync(join(folder, 'own.c'), LINES.replace('__LINE__', kept).replace('__LINE__', come))
  const [object, payload] = [compiledFrom('lines.c', 'lines.o'), compiledFrom('own.c', 'own.o')]
  writeFileSync(join(folder, 'shifted.c'), `#line 101\n${LINES}`)
  const shifted = textOf(readObject(compiledFrom('shifted.c', 'shifted.o')))
  const wanted = ['kept', 'come'].map(name => {
    const lines = { text: shifted.functions.get(name) ?? '', shift: 100, mayBe }
    return { unit: 'x/own.o', name, object, same: new Set<string>(), lines }
  })
  const names = unlikeIn(readObject(payload), wanted).map(words => /^x\/own\.o (\w+):/.exec(words)?.[1] ?? words)
  expect(names).toEqual(unlike)
})
