/** Names that hold a line number: only what moves by a file's shift is one, and only such names are made what they were. */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { readElf } from '../elf/index.ts'
import { findLineNames, withOriginalNames } from './line-names.ts'

const FILES = [
  { file: 'unit.c', shift: 3, lines: 100 },
  { file: 'header.h', shift: 7, lines: 100 },
]

interface Row {
  readonly name: string
  readonly from: readonly string[]
  readonly to: readonly string[]
  readonly found: readonly (readonly [before: string, behind: string, file: string])[]
}

const ROWS: readonly Row[] = [
  { name: 'one that moves', from: ['check_12'], to: ['check_15'], found: [['check_', '', 'unit.c']] },
  { name: "one of the other file's", from: ['check_12'], to: ['check_19'], found: [['check_', '', 'header.h']] },
  { name: 'one that moves otherwise', from: ['check_12'], to: ['check_16'], found: [] },
  { name: 'one that moves backwards', from: ['check_12'], to: ['check_9'], found: [] },
  { name: 'one that stays', from: ['check_12'], to: ['check_12'], found: [] },
  { name: 'one with more behind', from: ['at_12_end'], to: ['at_15_end'], found: [['at_', '_end', 'unit.c']] },
  { name: 'one with something else behind', from: ['at_12_end'], to: ['at_15_fin'], found: [] },
  { name: 'one with something else before', from: ['at_12'], to: ['in_15'], found: [] },
  { name: 'the second number', from: ['v2_12'], to: ['v2_15'], found: [['v2_', '', 'unit.c']] },
  { name: "the compiler's own number", from: ['count.12'], to: ['count.15'], found: [] },
  { name: "a line before the compiler's number", from: ['at_12.4'], to: ['at_15.9'], found: [['at_', '', 'unit.c']] },
  { name: 'two of a kind', from: ['at_12', 'at_13'], to: ['at_15', 'at_16'], found: [['at_', '', 'unit.c']] },
  { name: 'another number of symbols', from: ['at_12'], to: ['at_15', 'more'], found: [] },
]

test.skipIf(!hasGcc).for(ROWS)(`$name: $from, $to${withoutGcc}`, ({ from, to, found }) => {
  const names = findLineNames(objectOf<'original'>(from), objectOf<'patched'>(to), FILES)
  expect(names.map(({ before, behind, file }) => [before, behind, file])).toEqual(found)
})

test.skipIf(!hasGcc)(`names of a kind get the original's number, and no others${withoutGcc}`, () => {
  const patched = objectOf<'patched'>(['at_15', 'at_15.7', 'at_x', 'in_15', 'at_20_end'])
  const asked: unknown[] = []
  const renamed = withOriginalNames(patched, [{ before: 'at_', behind: '', file: 'unit.c' }], (file, line) => {
    asked.push([file, line])
    return line - 3
  })
  const names = renamed.symbols.map(({ name }) => name).filter(name => /^(at|in)_/.test(name))
  expect(names.sort()).toEqual(['at_12', 'at_12.7', 'at_20_end', 'at_x', 'in_15'])
  expect(asked).toEqual([
    ['unit.c', 15],
    ['unit.c', 15],
  ])
  expect(withOriginalNames(patched, [], () => 0)).toBe(patched)
})

/** An object with these global names, in their order. */
function objectOf<S extends 'original' | 'patched'>(names: readonly string[]) {
  return readElf<S>(compile(`__asm__(".data; ${names.map(name => `.globl ${name}; ${name}: .byte 1`).join('; ')}");`))
}
