/** What the compiler may have put into new code, by what old code calls and new code does not. */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../../tests/support/gcc.ts'
import { correlate } from '../../correlate/correlate.ts'
import { readElf } from '../../elf/index.ts'
import { XEN } from '../../loaders/xen/xen.ts'
import { pieceMap } from '../../pieces/pieces.ts'
import { mayBeInlined } from './inlined-code.ts'

const APART = '__attribute__((noinline, noclone)) '
const FLAGS = ['-O2', '-ffunction-sections', '-fdata-sections', '-fno-ipa-cp']
const text = (of: { g?: boolean; h?: boolean; f?: string }) =>
  `static ${of.h === true ? APART : ''}int h(int a) { return a * 7 + 1; }
   static ${of.g === true ? APART : ''}int g(int a) { return h(a) * 3 + 2; }
   int f(int a) { return ${of.f ?? 'g(a)'} + 1; }
   int other(int a) { return g(a) + h(a); }`

test.skipIf(!hasGcc).for([
  { name: 'one that was called, and is in it now', before: { g: true }, after: {}, found: ['g'] },
  { name: 'one that is called as before', before: { g: true }, after: { g: true, f: 'g(a + 1)' }, found: [] },
  { name: 'one that is not called any more', before: { g: true }, after: { g: true, f: 'a' }, found: ['g'] },
  { name: 'one that was in it before', before: {}, after: { f: 'g(a + 1)' }, found: [] },
  { name: 'what the called one calls', before: { g: true, h: true }, after: {}, found: ['g', 'h'] },
  { name: 'not what is still called, by whom ever', before: { g: true, h: true }, after: { h: true }, found: ['g'] },
])(`$name${withoutGcc}`, ({ before, after, found }) => {
  const original = pieceMap(readElf<'original'>(compile(text(before), FLAGS)), { loader: XEN })
  const patched = pieceMap(readElf<'patched'>(compile(text(after), FLAGS)), { loader: XEN })
  const old = original.pieces.find(({ name }) => name === 'f')
  const now = patched.pieces.find(({ name }) => name === 'f')
  if (old === undefined || now === undefined) throw new Error('there is no f')
  const names = mayBeInlined(correlate(original, patched), old, now).map(({ name }) => name)
  expect(names).toEqual(found)
})
