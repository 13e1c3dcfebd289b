/** Instructions in a report's details, held against objdump. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { diff } from '../../src/flows/diff.ts'
import { subjectOf } from '../../src/flows/hotpatch/details.ts'
import type { ListedCode } from '../../src/report/model.ts'
import { compile, hasGcc, withoutGcc } from '../support/gcc.ts'

const SOURCE = `extern int note(const char *, int);
int counter;
int f(int a)
{
  if (a > 3) return note("a long way down", a);
  for (int i = 0; i < a; i++) counter += note("up", i);
  return counter;
}
`

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-test-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Offset, name of the instruction, and the symbols of relocations within, of f. */
function byObjdump(object: Uint8Array): readonly (readonly [number, string, readonly string[]])[] {
  const file = join(folder, 'a.o')
  writeFileSync(file, object)
  const text = execFileSync('objdump', ['-dr', '-w', '--no-show-raw-insn', '-j', '.text.f', file], { encoding: 'utf8' })
  const rows: [number, string, string[]][] = []
  for (const line of text.split('\n')) {
    const [, offset, words = ''] = /^ *([0-9a-f]+):\t(.*)$/.exec(line) ?? []
    if (offset === undefined) continue
    const symbols = [...words.matchAll(/R_X86_64_\w+\s+([^\s+-]+)/g)].map(([, name = '']) => name)
    rows.push([Number.parseInt(offset, 16), /^\w+/.exec(words)?.[0] ?? '', symbols])
  }
  return rows
}

/** gcc's names and iced's differ by the letter for the size. */
const plain = (name: string) =>
  name.replace(/^(?!j|call|test|sub|set|cmov)(\w+?)[bwlq]$/, '$1').replace(/^callq$/, 'call')

const read = (code: ListedCode | null | undefined) =>
  code?.instructions.map(([offset, text]) => [offset, plain(/^\w+/.exec(text)?.[0] ?? '')])

describe.skipIf(!hasGcc)(`with gcc${withoutGcc}`, () => {
  test('both versions are those of objdump, and name what they refer to', () => {
    const [original, patched] = [compile(SOURCE), compile(SOURCE.replace('a > 3', 'a > 4'))]
    const input = { original, patched, target: 'xen', unit: 'f.o', version: '' } as const
    expect(diff(input).details).toBeNull()
    const [listing] = diff({ ...input, details: true }).details?.listings ?? []
    for (const [code, object] of [
      [listing?.original, original],
      [listing?.patched, patched],
    ] as const) {
      const theirs = byObjdump(object)
      expect(theirs.length).toBeGreaterThan(10)
      expect(read(code)).toEqual(theirs.map(([offset, name]) => [offset, plain(name)]))
      for (const [at, [, , symbols]] of theirs.entries()) {
        const text = code?.instructions[at]?.[1] ?? ''
        const [offset] = theirs[at] ?? []
        const reached = code?.references.filter(each => each.offset === offset).map(({ name }) => name) ?? []
        expect(reached).toHaveLength(symbols.length)
        for (const name of reached) expect(text).toContain(name)
        for (const symbol of symbols) expect(text).toContain(symbol.startsWith('.') ? '"' : symbol)
      }
      const words = code?.instructions.map(([, text]) => text).join('\n')
      expect(words).toContain('"a long way down"')
      expect(words).toMatch(/# counter$/m)
    }
  })
})

test.each([
  ['Subject: [PATCH v2 1/3] x86: mend\n\n--- a/f\n', 'x86: mend'],
  ['From: a\nSubject: [PATCH] one\n two\nDate: x\n\ndiff --git a/f b/f\n', 'one two'],
  ['--- a/f\n+++ b/f\n@@ -1 +1 @@\n-Subject: x\n', null],
  ['Subject:\n\n--- a/f\n', null],
])('the subject of %j is %j', (text, subject) => {
  expect(subjectOf(text)).toBe(subject)
})
