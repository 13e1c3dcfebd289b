/** Names as a payload spells them, searched in a program that ld linked. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { readOutline } from '../elf/index.ts'
import { ProgramNames } from './program-names.ts'

const BIAS = 0x1000_0000
/** What gcc calls a function's part, as assembly. */
const PART =
  '#define COLD(name) ".type " #name ".cold,@function;" #name ".cold: ret; .size " #name ".cold, 1; .type " #name ".cold.7,@function;" #name ".cold.7: ret; .size " #name ".cold.7, 1;"\n'
const TEXTS = {
  'a.c':
    'static __attribute__((noinline,used)) int f(void) { return 1; }\nstatic __attribute__((noinline,used)) int f_more(void) { return 6; }\nint whole_f(void) { return 2; }\nint data = 3;\n__thread int mine;\n__asm__(".hidden helper; .type helper,@function; helper: ret; .size helper, 1;" COLD(f) COLD(f_more));',
  'b.c':
    'static __attribute__((noinline,used)) int f(void) { return 4; }\nint f_more(void) { return 5; }\n__asm__(COLD(f_more) COLD(f));\nextern int also(void) __attribute__((alias("f_more")));\nvoid _start(void) { f_more(); }',
}

function program(): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-names-'))
  try {
    for (const [name, text] of Object.entries(TEXTS)) writeFileSync(join(folder, name), PART + text)
    const flags = ['-O1', '-nostdlib', '-static', '-no-pie', '-Wl,-O2', '-Wl,--defsym=again=f_more']
    execFileSync('gcc', [...flags, ...Object.keys(TEXTS), '-o', 'out'], { cwd: folder })
    return new Uint8Array(readFileSync(join(folder, 'out')))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

test.skipIf(!hasGcc)(`a name means what it says, wherever its bytes are found${withoutGcc}`, () => {
  const bytes = program()
  const file = { length: bytes.length, read: (at: number, size: number) => bytes.slice(at, at + size) }
  const names = new ProgramNames(readOutline(file), BIAS)
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
  const more = names.find('f_more')[0]?.address ?? 0
  expect(names.functionsAt(more).toSorted()).toEqual(['also', 'again', 'f_more'].toSorted())
  expect(names.functionsAt(more + 1)).toEqual([])
  const parts = (name: string) => names.partsOf(name).map(symbol => symbol.name)
  expect(parts('a.c#f')).toEqual(['a.c#f.cold', 'a.c#f.cold.7'])
  // A function that all files know: not the part of a local one that is called so.
  expect(parts('f_more')).toEqual(['b.c#f_more.cold', 'b.c#f_more.cold.7'])
  expect(parts('a.c#f_more')).toEqual(['a.c#f_more.cold', 'a.c#f_more.cold.7'])
  expect(parts('f_')).toEqual([])
})
