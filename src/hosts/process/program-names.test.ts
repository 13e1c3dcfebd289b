/** Names as a payload spells them, searched in a program that ld linked. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { hasGcc, withoutGcc } from '../../../tests/support/gcc.ts'
import { readOutline } from '../../elf/index.ts'
import { ProgramNames } from './program-names.ts'

const BIAS = 0x1000_0000
const TEXTS = {
  'a.c':
    'static __attribute__((noinline,used)) int f(void) { return 1; }\nint whole_f(void) { return 2; }\nint data = 3;\n__thread int mine;\n__asm__(".hidden helper; .type helper,@function; helper: ret; .size helper, 1");',
  'b.c':
    'static __attribute__((noinline,used)) int f(void) { return 4; }\nint f_more(void) { return 5; }\nextern int also(void) __attribute__((alias("f_more")));\nvoid _start(void) { f_more(); }',
}

function program(): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-names-'))
  try {
    for (const [name, text] of Object.entries(TEXTS)) writeFileSync(join(folder, name), text)
    const flags = ['-O1', '-nostdlib', '-static', '-no-pie', '-Wl,-O2', '-Wl,--defsym=again=f_more']
    execFileSync('gcc', [...flags, ...Object.keys(TEXTS), '-o', 'out'], { cwd: folder })
    return new Uint8Array(readFileSync(join(folder, 'out')))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

test.skipIf(!hasGcc)(`a name means what it says, wherever its bytes are found${withoutGcc}`, () => {
  const bytes = program()
  const parts = { length: bytes.length, read: (at: number, size: number) => bytes.slice(at, at + size) }
  const names = new ProgramNames(readOutline(parts), BIAS)
  expect(names.exist).toBe(true)
  const found = (name: string) => names.find(name).map(symbol => symbol.name)
  expect(['a.c#f', 'b.c#f', 'whole_f', 'data', 'f_more', 'also', 'helper'].map(found)).toEqual([
    ['a.c#f'],
    ['b.c#f'],
    ['whole_f'],
    ['data'],
    ['f_more'],
    ['also'],
    // Hidden, and made local, as gold does with hidden names.
    ['helper'],
  ])
  // Local to files, part of others, thread-local, another file's, nobody's.
  for (const none of ['f', 'hole_f', 'more', 'mine', 'a.c', 'a.c#whole_f', 'a.c#helper', 'c.c#f', 'f#f', '', '#']) {
    expect([none, found(none)]).toEqual([none, []])
  }
  const addresses = ['a.c#f', 'b.c#f'].map(name => names.find(name)[0]?.address ?? 0)
  expect(new Set(addresses).size).toBe(2)
  for (const address of addresses) expect(address).toBeGreaterThan(BIAS)
  const starting = (prefix: string) => names.startingWith(prefix).map(symbol => symbol.name)
  expect(starting('f_m')).toEqual(['f_more'])
  expect(starting('a.c#f')).toEqual(['a.c#f'])
  const more = names.find('f_more')[0]?.address ?? 0
  expect(names.functionsAt(more).toSorted()).toEqual(['also', 'again', 'f_more'].toSorted())
  expect(names.functionsAt(more + 1)).toEqual([])
})
