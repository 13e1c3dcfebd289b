/** What assemblers mark code and data with names nothing: neither a function nor a variable, nor another name of one. */
import { expect, test } from 'vitest'
import { verdictLines } from '../../tests/support/judge.ts'
import { compareUnit } from '../compare/compare.ts'
import { correlate } from '../correlate/correlate.ts'
import { type NewObject, type NewSymbol, readElf, writeElf } from '../elf/index.ts'
import { PROCESS } from '../loaders/process/process.ts'
import { pieceMap } from './pieces.ts'

const [X86_64, ARM, AARCH64, RISC_V] = [62, 40, 183, 243]
const [ALLOC, EXECUTE] = [2, 4]
const ABS64: Readonly<Record<number, number>> = { [X86_64]: 1, [ARM]: 2, [AARCH64]: 257, [RISC_V]: 2 }

interface Text {
  readonly machine: number
  /** What stands at the start of the code, of the function and of the constants. */
  readonly code: string
  readonly data: string
  /** Of the mark in the code; a mark is local and has no type. */
  readonly kind?: NewSymbol['kind']
  readonly binding?: NewSymbol['binding']
  readonly constant?: number
}

/** Eight bytes that do nothing, a function `f` of 16 bytes with a pointer to eight bytes of `.rodata`, as an assembler leaves it. */
function object({ machine, code, data, kind = 'untyped', binding = 'local', constant = 7 }: Text): Uint8Array {
  const marked = (name: string, section: number, offset: number): NewSymbol => {
    return { name, kind: 'untyped', binding: 'local', place: { in: 'section', section, offset }, size: 0 }
  }
  const symbols: readonly NewSymbol[] = [
    { ...marked(code, 0, 0), kind, binding },
    marked(code, 0, 8),
    marked(data, 0, 16),
    marked(data, 1, 0),
    { name: 'f', kind: 'function', binding: 'global', place: { in: 'section', section: 0, offset: 8 }, size: 16 },
    { name: '', kind: 'section', binding: 'local', place: { in: 'section', section: 1, offset: 0 }, size: 0 },
  ]
  const at = { offset: 16, type: ABS64[machine] ?? 0, symbol: 5, addend: 0n }
  const bytes = { type: 1, alignment: 8 }
  const made: NewObject = {
    header: { machine },
    sections: [
      { ...bytes, name: '.text.f', flags: ALLOC | EXECUTE, bytes: new Uint8Array(24), relocations: [at] },
      { ...bytes, name: '.rodata', flags: ALLOC, bytes: Uint8Array.from([constant, 0, 0, 0, 0, 0, 0, 0]) },
    ],
    symbols,
  }
  return writeElf(made)
}

function judged(before: Text, after: Text = before): readonly string[] {
  const original = pieceMap(readElf<'original'>(object(before)), { loader: PROCESS })
  const patched = pieceMap(readElf<'patched'>(object(after)), { loader: PROCESS })
  return verdictLines(compareUnit(correlate(original, patched)))
}

/** The names of what has one. */
const named = (text: Text) =>
  pieceMap(readElf<'original'>(object(text)), { loader: PROCESS })
    .pieces.filter(({ kind }) => kind === 'function' || kind === 'data')
    .map(({ name, symbols }) => `${name} ${symbols.length}`)

const MARKED: readonly Text[] = [
  { machine: AARCH64, code: '$x', data: '$d' },
  { machine: AARCH64, code: '$x.3', data: '$d.4' },
  { machine: ARM, code: '$t', data: '$d' },
  { machine: ARM, code: '$a.0', data: '$d.realdata' },
  { machine: RISC_V, code: '$x', data: '$d' },
  { machine: RISC_V, code: '$xrv64i2p1_m2p0', data: '$d' },
]

test.for(MARKED)('$code and $data on machine $machine are marks', text => {
  expect(named(text)).toEqual(['f 1'])
  expect(judged(text)).toEqual([])
})

test.for(MARKED.filter(({ machine }) => machine === AARCH64))('a constant at $data is its function’s', text => {
  expect(judged(text, { ...text, constant: 8 })).toEqual(['f: changed (reaches)'])
})

test.for<Text>([
  { machine: X86_64, code: '$x', data: '$d' },
  { machine: AARCH64, code: '$xyz', data: '$data' },
  { machine: RISC_V, code: '$t', data: '$e' },
  { machine: AARCH64, code: '$x', data: '$e', kind: 'function' },
  { machine: AARCH64, code: '$x', data: '$e', binding: 'global' },
])('$code and $data on machine $machine are names', text => {
  const [first, ...rest] = named(text)
  expect(first).toBe(`${text.code} 1`)
  expect(rest.at(-1)).toBe(`${text.data} 1`)
})
