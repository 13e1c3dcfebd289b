/** Units in plain assembly (`.s`), which no preprocessor reads: what they read, and what a patch makes of them. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { affectedUnits, buildPairs, overlayOf, type Tree } from '../../src/trees/index.ts'
import { edit, open, writeFiles } from '../build/support.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-plain-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const FILES = {
  'f.c': 'int f(int x)\n{\n    return x * 100 + 7;\n}\n',
  'g.s': '\t.include "g.inc"\n\t.globl g\ng:\tmov $VALUE, %eax\n\tret\n',
  'g.inc': '\t.set VALUE, 5\n# a word\n',
  'h.s': '\t.globl h\nh:\tret\n',
  'k.s': '#define RETURN ret\n\t.globl k\nk:\tRETURN\n',
}

function opened(): Promise<Tree> {
  const entries = Object.keys(FILES)
    .filter(name => /\.[cs]$/.test(name))
    .map(file => ({
      directory: folder,
      file,
      arguments: ['gcc', '-O2', ...(file === 'k.s' ? ['-x', 'assembler-with-cpp'] : []), '-c', file, '-o', `${file}.o`],
    }))
  writeFiles(folder, { ...FILES, 'compile_commands.json': JSON.stringify(entries) })
  return open(folder, join(folder, 'cache'), { target: 'process' })
}

test.each([
  { what: 'a C unit beside them', file: 'f.c', from: '100', to: '200', units: ['f.c.o'] },
  { what: 'plain assembly itself', file: 'h.s', from: 'ret', to: 'nop\n\tret', units: ['h.s.o'] },
  { what: 'what plain assembly includes', file: 'g.inc', from: '5', to: '6', units: ['g.s.o'] },
  { what: 'a comment of plain assembly', file: 'g.inc', from: 'a word', to: 'another', units: [] },
  {
    what: 'assembly that is preprocessed in spite of its name',
    file: 'k.s',
    from: 'ret',
    to: 'nop;ret',
    units: ['k.s.o'],
  },
])('a patch of $what', async ({ file, from, to, units }) => {
  const tree = await opened()
  const change = edit(tree, file, from, to)
  const affected = await affectedUnits(tree, change)
  expect(affected.affected.map(({ unit }) => unit.unit)).toEqual(units)
  const pairs = await buildPairs(tree, affected.affected, overlayOf(change, affected))
  for (const { original, patched } of pairs) expect(patched).not.toEqual(original)
})
