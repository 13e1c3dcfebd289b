/** Names of AArch64 instructions on a page, held against what objdump says of the object with its relocations. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { compileArm64, missingForArm64 } from '../../../tests/support/arm64.ts'
import { compile, hasGcc, withoutGcc } from '../../../tests/support/gcc.ts'
import { diff } from '../../flows/diff.ts'
import { disassemble } from '../../system/disassemble.ts'
import { codeText } from '../code-text.ts'
import { PLAIN } from '../ink.ts'
import { codeForm } from '../shown/code-form.ts'
import { codeView } from '../shown/code-rows.ts'
import { withInstructionNames } from './instruction-names.ts'

const SOURCE = `extern int note(const char *, int);
int counter;
int f(int a)
{
  for (int i = 0; i < a; i++) if (counter & 8) note("up", i);
  return counter;
}
`

/** As objdump tells it with relocations: the offset, the instruction's name, and what its relocation reaches. */
function byObjdump(object: Uint8Array): readonly (readonly [number, string, string | undefined])[] {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-test-'))
  try {
    writeFileSync(join(folder, 'a.o'), object)
    const words = ['-dr', '-w', '--no-show-raw-insn', '-j', '.text.f', join(folder, 'a.o')]
    const text = execFileSync('aarch64-linux-gnu-objdump', words, { encoding: 'utf8' })
    return text.split('\n').flatMap(line => {
      const [, offset = '', name = '', rest = ''] = /^ *([0-9a-f]+):\t(\S+)(.*)$/.exec(line) ?? []
      if (name === '') return []
      return [[Number.parseInt(offset, 16), name, /R_AARCH64_\w+\s+([^\s+-]+)/.exec(rest)?.[1]] as const]
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe.skipIf(missingForArm64 !== '')(`with a cross compiler${missingForArm64}`, () => {
  const original = compileArm64(SOURCE)
  const patched = compileArm64(SOURCE.replace('& 8', '& 16'))
  const input = { original, patched, target: 'xen', unit: 'f.o', version: '', details: true } as const
  const listingOf = (by: typeof disassemble) => withInstructionNames(diff(input), by).details?.listings[0]

  test('are those of objdump, with what relocations reach, and distances from the start of the function', () => {
    const listing = listingOf(disassemble)
    for (const [code, object] of [
      [listing?.original, original],
      [listing?.patched, patched],
    ] as const) {
      const theirs = byObjdump(object)
      expect(theirs.length).toBeGreaterThan(15)
      expect(code?.instructions.map(([offset, text]) => [offset, text.split(' ')[0]])).toEqual(
        theirs.map(([offset, name]) => [offset, name]),
      )
      for (const [at, [, , symbol]] of theirs.entries()) {
        const text = code?.instructions[at]?.[1]
        if (symbol === undefined) expect(text).not.toContain('  # ')
        else expect(text).toContain(symbol.startsWith('.') ? '"up"' : symbol)
      }
    }
    const texts = listing?.original?.instructions.map(([, text]) => text).join('\n')
    expect(texts).toMatch(/^bl note$/m)
    expect(texts).toMatch(/^tbnz w0, #3, f\+0x[0-9a-f]+$/m)
    expect(texts).toMatch(/^adrp x\d+, counter$/m)
  })

  test('only the instruction that the patch changes differs', () => {
    const report = withInstructionNames(diff(input), disassemble)
    const [listing] = report.details?.listings ?? []
    const rows = listing === undefined ? [] : codeView(listing, report).rows.filter(({ differs }) => differs)
    const text = (cell: (typeof rows)[number]['original']) => cell?.segments.map(each => each.text).join('')
    expect(rows.map(({ original: a, patched: b }) => [text(a), text(b)])).toEqual([
      [expect.stringMatching(/^tbnz w0, #3, /), expect.stringMatching(/^tbnz w0, #4, /)],
    ])
  })

  test('without a disassembler there are words, and that is said', () => {
    const listing = listingOf(() => undefined)
    expect(listing?.original?.instructions.at(-1)?.[1]).toMatch(/^\.inst 0x[0-9a-f]{8}/)
    expect(listing !== undefined && codeForm(listing)).toBe('words')
    expect(disassemble(['a-program-that-nobody-has'], original)).toBeUndefined()
  })
})

test.skipIf(!hasGcc)(`of a machine that is not known there are bytes, and that is said${withoutGcc}`, () => {
  const other = (number: number) => {
    const object = compile(`int f(int a) { return a + ${number}; }`)
    // e_machine of RISC-V.
    new DataView(object.buffer, object.byteOffset).setUint16(18, 243, true)
    return object
  }
  const input = { original: other(1000), patched: other(2000), target: 'process', unit: 'f.o', version: '' } as const
  const report = withInstructionNames(diff({ ...input, details: true }), disassemble)
  const [listing] = report.details?.listings ?? []
  expect(listing?.patched?.instructions[0]?.[1]).toMatch(/^\.byte 0x[0-9a-f]{2}(, 0x[0-9a-f]{2}){1,7}$/)
  const text = listing === undefined ? [] : codeText(listing, report, PLAIN)
  expect(text[1]).toBe('  Its instructions are shown as bytes: hotsplice does not know this machine.')
})
