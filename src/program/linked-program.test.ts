/** What a program's table of symbols says: what is there, what is not, and what it cannot tell. */
import { expect, test } from 'vitest'
import { type NewSymbol, writeElf } from '../elf/index.ts'
import { LinkedProgram, type ObjectName } from './linked-program.ts'
import { findFunction } from './replaced-code.ts'

/** `file u.c`, `local f`, `global f 8` with its size, `hidden f` for one that a linker made local, `undefined f`. */
function programOf(rows: readonly string[], sections: readonly string[] = []): LinkedProgram {
  const symbols = rows.map((row): NewSymbol => {
    const [kind = '', name = '', size = '4'] = row.split(' ')
    const place = { in: 'section', section: 0, offset: 0 } as const
    const one = { name, kind: 'function', binding: 'local', place, size: Number(size) } as const
    if (kind === 'file') return { ...one, kind: 'file', place: { in: 'absolute', value: 0n }, size: 0 }
    if (kind === 'hidden') return { ...one, visibility: 'hidden' }
    if (kind === 'undefined') return { ...one, kind: 'untyped', binding: 'global', place: { in: 'nowhere' }, size: 0 }
    return { ...one, binding: kind === 'global' ? 'global' : 'local' }
  })
  const bytes = writeElf({
    header: { machine: 62 },
    sections: ['.text', ...sections].map(name => ({
      name,
      type: 1,
      flags: 6,
      alignment: 16,
      bytes: new Uint8Array(64),
    })),
    symbols,
  })
  return new LinkedProgram({ length: bytes.length, read: (at, size) => bytes.slice(at, at + size) })
}

const local = (name: string): ObjectName => ({ name, local: true })
const global = (name: string): ObjectName => ({ name, local: false })
const OTHER = ['file v.c', 'local other']

test.for<readonly [what: string, rows: readonly string[], names: readonly ObjectName[], lacks: boolean]>([
  ['a global that is nowhere', OTHER, [global('f')], true],
  ['one that is there', [...OTHER, 'global f'], [global('f')], false],
  ['one that is hidden, behind another file’s names', [...OTHER, 'hidden f'], [global('f')], false],
  ['one that a library has', [...OTHER, 'undefined f'], [global('f')], false],
  ['one that a library has in a version', [...OTHER, 'undefined f@V1'], [global('f')], false],
  ['one that is there in a version', [...OTHER, 'global f@@V1'], [global('f')], false],
  ['one of which a clone is there', ['file u.c', 'local f.constprop.0'], [global('f')], false],
  ['one of which the number is another', ['file u.c', 'local f.part.1'], [local('f.part.0')], false],
  ['a longer name', ['file u.c', 'local ff', 'local f_more'], [global('f')], true],
  ['a name of a file', ['file f', 'local other'], [global('f')], true],
  ['a local one', ['file u.c', 'local other'], [local('f')], true],
  ['a local one that another file has', ['file v.c', 'local f'], [local('f')], true],
  ['a local one that another file of that name has', ['file u.c', 'local f'], [local('f')], false],
  ['a global that another file has for itself, as some linkers say', ['file v.c', 'local f'], [global('f')], false],
  ['a local one that all files know', [...OTHER, 'global f'], [local('f')], false],
  ['a local one where local names are gone', ['global main'], [local('f')], false],
  ['a global one where local names are gone', ['global main'], [global('f')], true],
  ['two names of which one is there', [...OTHER, 'global g'], [global('f'), global('g')], false],
  ['two names of which none is there', OTHER, [global('f'), global('g')], true],
  ['what has no name', OTHER, [], false],
])('%s', ([, rows, names, lacks]) => expect(programOf(rows).lacks('u.c', names)).toBe(lacks))

test('a library may have what the table says something else defines', () => {
  const program = programOf(['undefined f', 'undefined g@V2', 'global h', 'undefined ff'])
  expect(['f', 'g', 'h', 'fff'].map(name => program.isImported(name))).toEqual([true, true, false, false])
})

test('only a dynamic linker finds more', () => {
  expect([programOf(OTHER).isDynamic, programOf(OTHER, ['.interp']).isDynamic]).toEqual([false, true])
})

test.for<readonly [rows: readonly string[], name: string, size: number, found: string]>([
  [['global f 8'], 'f', 8, 'address'],
  [['global f 0'], 'f', 8, 'address'],
  [['file u.c', 'local f 8'], 'u.c#f', 8, 'address'],
  [['file u.c', 'local f 8'], 'f', 8, 'absent'],
  [['global f 5'], 'f', 8, 'other-size'],
  [['global f 8'], 'f', 0, 'other-size'],
])('%j: %s of %i bytes is found so: %s', ([rows, name, size, found]) => {
  const answer = findFunction(name, size, programOf(rows))
  expect('missing' in answer ? answer.missing : 'address').toBe(found)
})

test('two of one name are told', () => {
  const twice = (offset: number) => ({ name: 'u.c#f', address: offset, size: 4, kind: 'function' }) as const
  expect(findFunction('u.c#f', 4, { find: () => [twice(0), twice(8)] })).toEqual({
    missing: 'several',
    fault: 'the program has 2 symbols called u.c#f',
  })
})
