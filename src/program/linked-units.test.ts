/** What an object leaves in a linked file's table of symbols, and what says that the file is made of another one. */
import { expect, test } from 'vitest'
import { type ElfOutline, type NewSymbol, readOutline, writeElf } from '../elf/index.ts'
import { LinkedUnits, tracesOf } from './linked-units.ts'

/** `file u.c`, or binding, name and size; `hidden` for a local one that was global. */
function outlineOf(rows: readonly string[]): ElfOutline<'original'> {
  const symbols = rows.map((row): NewSymbol => {
    const [kind = '', name = '', size = '4'] = row.split(' ')
    const place = { in: 'section', section: 0, offset: 0 } as const
    const one = { name, kind: 'function', binding: 'local', place, size: Number(size) } as const
    if (kind === 'file') return { ...one, kind: 'file', place: { in: 'absolute', value: 0n }, size: 0 }
    if (kind === 'hidden') return { ...one, visibility: 'hidden' }
    if (kind === 'data') return { ...one, kind: 'object', binding: 'global' }
    return { ...one, binding: kind === 'weak' ? 'weak' : kind === 'local' ? 'local' : 'global' }
  })
  const text = { name: '.text', type: 1, flags: 6, alignment: 16, bytes: new Uint8Array(64) }
  const bytes = writeElf({ header: { machine: 62 }, sections: [text], symbols })
  return readOutline({ length: bytes.length, read: (at, size) => bytes.slice(at, at + size) })
}

const OBJECT = ['file u.c', 'local own 8', 'global f 16', 'weak w 4', 'data d 24', 'local own.part.0 9']

test.for<readonly [what: string, program: readonly string[], is: string]>([
  ['all of it', OBJECT, 'linked'],
  ['a part of it', ['file u.c', 'file v.c', 'global f 16'], 'linked'],
  ['its local function only', ['file u.c', 'local own 8'], 'linked'],
  ['its variable only', ['file u.c', 'data d 24'], 'linked'],
  ['a name with a version', ['file u.c', 'global f@@V1 16'], 'linked'],
  ['a hidden one, behind another file’s name', ['file u.c', 'file v.c', 'hidden f 16'], 'linked'],
  ['two local ones of one name, of which one is it', ['file u.c', 'local own 5', 'file u.c', 'local own 8'], 'linked'],
  ['not the file', ['file v.c', 'global f 16'], 'absent'],
  ['only the file', ['file u.c', 'local other 8'], 'absent'],
  ['only what many may have', ['file u.c', 'weak w 4'], 'absent'],
  ['another file’s local one', ['file u.c', 'file v.c', 'local own 8'], 'absent'],
  ['only what a compiler numbers', ['file u.c', 'local own.part.0 9'], 'absent'],
  ['one in another size', ['file u.c', 'local own 8', 'global f 17'], 'other f'],
  ['a local one in another size', ['file u.c', 'local own 9', 'global f 16'], 'other own'],
  ['a variable in another size', ['file u.c', 'global f 16', 'data d 32'], 'other d'],
])('%s', ([, rows, is]) => {
  const traces = tracesOf(outlineOf(OBJECT))
  const made = new LinkedUnits(outlineOf(rows)).madeOf(traces ?? { file: undefined, traces: [] })
  expect('name' in made ? `${made.is} ${made.name}` : made.is).toBe(is)
})

test('files are counted, since several may have one name', () => {
  const units = new LinkedUnits(outlineOf(['file u.c', 'local a', 'file v.c', 'file u.c']))
  expect(['u.c', 'v.c', 'w.c'].map(file => units.countOf(file))).toEqual([2, 1, 0])
})
