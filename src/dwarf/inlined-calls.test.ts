/** By which calls code came where it is, held against binutils' addr2line. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { compileAnew, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { readElf } from '../elf/index.ts'
import { inlinedCalls } from './inlined-calls.ts'

const TEXT = `extern int e(int);
static inline int leaf(int a)
{
  return e(a) * 7;
}
static inline int middle(int a)
{
  if (a > 3)
    return leaf(a) + 1;
  return e(a + 1);
}
int direct(int a)
{
  return leaf(a) + leaf(a + 5);
}
int nested(int a)
{
  a += middle(a);
  while (__builtin_expect(a > 9, 0))
    a -= middle(a * 3) + leaf(a);
  return a;
}
`

const WAYS = [
  ['gcc', '-O2'],
  ['gcc', '-O2', '-ffunction-sections'],
  ['gcc', '-O1', '-fPIC'],
  ['clang-14', '-O2', '-ffunction-sections'],
  ['clang-14', '-O1'],
].filter(([compiler = '']) => spawnSync(compiler, ['--version']).status === 0)

test.skipIf(!hasGcc).for(WAYS)(`%s${withoutGcc}`, ([compiler = '', ...flags]) => {
  const bytes = compileAnew(TEXT, [...flags, '-g', '-gdwarf-5'], 'unit.c', compiler)
  const object = readElf<'original'>(bytes)
  const callsAt = inlinedCalls(object)
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-inlined-'))
  try {
    writeFileSync(join(folder, 'unit.o'), bytes)
    const calls: string[] = []
    for (const { id, name, flags: kind } of object.sections) {
      if ((kind & 4) === 0) continue
      for (const { offset } of object.relocations[id] ?? []) {
        const asked = ['-i', '-j', name, '-e', 'unit.o', `0x${offset.toString(16)}`]
        const told = execFileSync('addr2line', asked, { cwd: folder, encoding: 'latin1' }).trim().split('\n')
        const lines = told.slice(1).map(line => /:(\d+)/.exec(line)?.[1])
        expect(callsAt(id, offset).map(({ line }) => String(line))).toEqual(lines)
        calls.push(lines.join('<'))
      }
    }
    expect(calls).toContain('14')
    expect(calls.filter(each => each.includes('<')).length).toBeGreaterThan(0)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test.skipIf(!hasGcc)(`of an object without debug information nothing is known${withoutGcc}`, () => {
  expect(inlinedCalls(readElf<'original'>(compileAnew(TEXT, ['-O2', '-g0'])))(1, 0)).toEqual([])
})
