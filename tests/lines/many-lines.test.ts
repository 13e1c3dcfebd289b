/** Patches that add more lines than a call takes arguments, or than a diff of both texts could be waited for. */
import { describe, expect, test } from 'vitest'
import { neutralPatch } from '../../src/flows/neutralize.ts'
import { applyPatches } from '../../src/source/apply-patches.ts'
import { PROGRAM_PATHS } from '../../src/trees/compile-commands/paths.ts'

/** The most arguments that a call takes are fewer. */
const MANY = 150_000
const SOME = 30_000

function oneHunk(lines: readonly string[], at: number, added: readonly string[]): string {
  const [before, after] = [lines.slice(at - 3, at), lines.slice(at, at + 3)]
  const head = `--- a/m.c\n+++ b/m.c\n@@ -${at - 2},6 +${at - 2},${6 + added.length} @@\n`
  const sides = [before.map(line => ` ${line}`), added.map(line => `+${line}`), after.map(line => ` ${line}`)]
  return head + sides.flat().join('')
}

const functions = ['int a;\n', 'int b;\n', 'int c;\n', 'int d = __LINE__;\n', 'int e;\n', 'int f;\n']
const list = ['int a[] = { f(\n', '1,\n', '2,\n', '__LINE__,\n', '3,\n', '__LINE__) };\n']
const macro = ['#define M \\\n', ' a \\\n', ' b \\\n', ' c \\\n', ' d\n', 'int m = M + __LINE__;\n']

describe.for([
  { what: 'comments where a directive may stand', lines: functions, line: '/**/\n', count: MANY },
  { what: 'elements of a list, where none may', lines: list, line: '7,\n', count: SOME },
  { what: 'lines of a macro', lines: macro, line: ' x \\\n', count: SOME },
  { what: 'comments in a list', lines: list, line: '// x\n', count: SOME },
])('$count $what', ({ lines, line, count }) => {
  const tree = { read: (path: string) => (path === 'm.c' ? lines.join('') : undefined) }
  const apply = (text: string) => applyPatches([{ name: 'p', text }], tree).files[0]?.newText ?? ''

  test('are neutralized, and the patch gives the text it was written from', () => {
    const patch = { name: 'p', text: oneHunk(lines, 3, new Array<string>(count).fill(line)) }
    const { text, files } = neutralPatch([patch], tree, { style: 'auto', paths: PROGRAM_PATHS })
    const [file] = files
    expect(text === '' ? lines.join('') : apply(text)).toBe(file?.text ?? '')
    // Lines that stay are context, not written again.
    const taken = text.split('\n').filter(each => each.startsWith('-') && !each.startsWith('---')).length
    expect(taken).toBeLessThanOrEqual(lines.length)
    expect(file?.unsafe.length).toBeLessThanOrEqual(lines.length)
  })
})

test('a hunk that is nowhere in a long file is told as one that nearly fits', () => {
  const old = new Array<string>(30_000).fill('a;\n')
  const patch = `--- a/m.c\n+++ b/m.c\n@@ -1,20001 +1,20002 @@\n${' a;\n'.repeat(10_000)}+b;\n${' a;\n'.repeat(10_000)} c;\n`
  expect(() => applyPatches([{ name: 'p', text: patch }], { read: () => old.join('') })).toThrow(/does not apply/)
})
