/** The oracle that holds payloads against objects takes what a payload calls its own parts for what the object calls them. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readObject } from '../xen/oracle/binutils.ts'
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

function compiled(name: string, ...more: readonly string[]): string {
  const file = join(folder, name)
  execFileSync('gcc', [
    '-O2',
    '-fcf-protection=none',
    '-ffunction-sections',
    ...more,
    '-c',
    join(folder, 'a.c'),
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
