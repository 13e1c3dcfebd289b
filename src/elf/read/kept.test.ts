/** What a link left of its relocations, against readelf. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { hasGcc, withoutGcc } from '../../../tests/support/gcc.ts'
import { readKeptRelocations } from './kept.ts'
import { readOutline } from './outline.ts'

const TEXT = `int given(int n) { switch (n) { case 1: return 7; case 2: return n * 3; case 3: return -n; case 4: return 9;
case 5: return n ^ 77; case 6: return n << 3; } return 0; }
int (*const table[])(int) = { given };
int main(int n, char **v) { return (int)(long)v + table[n & 0](n); }
`

/** The rows of tables for sections that are loaded, but of the dynamic linker's: offset, value of the symbol, addend. */
const SAID = /^([0-9a-f]{16}) {2}\w{16} R_X86_64_\w+ +([0-9a-f]{16}) .* ([+-]) ([0-9a-f]+)$/gm

describe.skipIf(!hasGcc || process.arch !== 'x64')(`relocations that a link left${withoutGcc}`, () => {
  const linked = (...options: string[]) => {
    const folder = mkdtempSync(join(tmpdir(), 'hotsplice-kept-'))
    try {
      writeFileSync(join(folder, 'a.c'), TEXT)
      execFileSync('gcc', ['-O2', 'a.c', '-o', 'program', ...options], { cwd: folder })
      const said = execFileSync('readelf', ['-rW', 'program'], { cwd: folder, encoding: 'latin1' })
      const tables = said.split('Relocation section ').filter(each => /^'\.rela\.(?!dyn|plt|debug)/.test(each))
      return { bytes: new Uint8Array(readFileSync(join(folder, 'program'))), said: tables.join('') }
    } finally {
      rmSync(folder, { recursive: true })
    }
  }

  test.for(['-pie', '-no-pie'])('are those that readelf shows: %s', kind => {
    const { bytes, said } = linked(kind, '-Wl,--emit-relocs')
    const parts = { length: bytes.length, read: (at: number, size: number) => bytes.subarray(at, at + size) }
    const rows = [...(readKeptRelocations(readOutline<'original'>(parts)) ?? [])].flatMap(([, own]) => own)
    const words = rows.map(({ address, symbol: { value }, addend }) => [address, value, addend].join())
    const shown = [...said.matchAll(SAID)].map(([, at, value, sign, addend]) =>
      [Number(`0x${at}`), Number(`0x${value}`), BigInt(`0x${addend}`) * (sign === '-' ? -1n : 1n)].join(),
    )
    expect(shown.length).toBeGreaterThan(9)
    expect(words).toEqual(shown)
  })

  test('are none where the linker was not told to', () => {
    const { bytes } = linked()
    const parts = { length: bytes.length, read: (at: number, size: number) => bytes.subarray(at, at + size) }
    expect(readKeptRelocations(readOutline<'original'>(parts))).toBeUndefined()
  })
})
