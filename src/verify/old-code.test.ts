/** A payload leads to what it replaces by its name only: whatever else a field says is found by its bytes. */
import { expect, test } from 'vitest'
import { type NewRelocation, type NewSymbol, writeElf } from '../elf/index.ts'
import { FUNC_FIELDS, funcBytes } from '../loaders/func-entry.ts'
import { FUNCS, STRINGS } from '../loaders/payload-sections.ts'
import { enteredCode } from './index.ts'

const [ADDRESS, DISTANCE, CALL] = [1, 2, 4]
const CODE = 6
const SECTIONS = ['.text', '.rodata', STRINGS, FUNCS]

interface Payload {
  /** The name of what it replaces. */
  readonly replaces?: string
  /** A name of the running system, and the field that leads to it. */
  readonly to: string
  readonly code?: readonly number[]
  readonly field?: Partial<NewRelocation>
  readonly from?: '.text' | '.rodata'
  readonly switchesOff?: true
}

/** One that replaces a function of 32 bytes, and has one field that leads somewhere. */
function payload({ replaces = 'f', to, code = [0xe8, 0, 0, 0, 0, 0xc3], ...rest }: Payload): Uint8Array {
  const { field = {}, from = '.text', switchesOff } = rest
  const section = (name: string, index: number): NewSymbol => {
    return { name, kind: 'section', binding: 'local', place: { in: 'section', section: index, offset: 0 }, size: 0 }
  }
  const symbols = [...SECTIONS.map((_, index) => section('', index)), named(to)]
  const leading = { offset: 1, type: CALL, addend: -4n, ...field, symbol: SECTIONS.length }
  const relocations = (name: string) => (name === from ? { relocations: [leading] } : {})
  const table = [
    { offset: FUNC_FIELDS.name, type: ADDRESS, symbol: 2, addend: 0n },
    ...(switchesOff ? [] : [{ offset: FUNC_FIELDS.newAddress, type: ADDRESS, symbol: 0, addend: 0n }]),
  ]
  const base = { type: 1, flags: 2, alignment: 8 }
  const sections = [
    { ...base, name: '.text', flags: CODE, bytes: Uint8Array.from(code), ...relocations('.text') },
    { ...base, name: '.rodata', bytes: new Uint8Array(32), ...relocations('.rodata') },
    { ...base, name: STRINGS, bytes: Uint8Array.from(Buffer.from(`${replaces}\0`)) },
    { ...base, name: FUNCS, bytes: funcBytes({ newSize: 5, oldSize: 32 }), relocations: table },
  ]
  return writeElf({ header: { machine: 62 }, sections, symbols })
}

const named = (name: string): NewSymbol => {
  return { name, kind: 'untyped', binding: 'global', place: { in: 'nowhere' }, size: 0 }
}

/** cmpb $1, place(%rip) */
const COMPARE = [0x80, 0x3d, 0, 0, 0, 0, 1, 0xc3]
/** mov place(%rip), %rax */
const LOAD = [0x48, 0x8b, 0x05, 0, 0, 0, 0, 0xc3]
const data = (type: number, addend: bigint): Pick<Payload, 'from' | 'field'> => {
  return { from: '.rodata', field: { offset: 8, type, addend } }
}

test.for<Payload & { readonly name: string; readonly entered: string | undefined }>([
  { name: 'a call by name', to: 'f', entered: undefined },
  { name: 'a call of its middle', to: 'f', field: { addend: -1n }, entered: '.text+0x1 leads to f+0x3' },
  { name: 'a call of what lies behind it', to: 'f', field: { addend: 28n }, entered: undefined },
  { name: 'a call of another function', to: 'g', field: { addend: 12n }, entered: undefined },
  { name: 'the address', to: 'f', ...data(ADDRESS, 0n), entered: undefined },
  { name: 'an address within', to: 'f', ...data(ADDRESS, 16n), entered: '.rodata+0x8 leads to f+0x10' },
  { name: 'a distance to the start', to: 'f', ...data(DISTANCE, 0n), entered: undefined },
  { name: 'a distance to its middle', to: 'f', ...data(DISTANCE, 31n), entered: '.rodata+0x8 leads to f+0x1f' },
  {
    name: 'the first byte, compared',
    to: 'f',
    code: COMPARE,
    field: { offset: 2, type: DISTANCE, addend: -5n },
    entered: undefined,
  },
  {
    name: 'the second byte, compared',
    to: 'f',
    code: COMPARE,
    field: { offset: 2, type: DISTANCE },
    entered: '.text+0x2 leads to f+0x1',
  },
  {
    name: 'bytes in the middle, loaded',
    to: 'f',
    code: LOAD,
    field: { offset: 3, type: DISTANCE, addend: 4n },
    entered: '.text+0x3 leads to f+0x8',
  },
  { name: 'its cold part', to: 'f.cold', entered: '.text+0x1 leads to f.cold' },
  { name: 'the cold part of a global function', to: 'u.c#f.cold', entered: '.text+0x1 leads to u.c#f.cold' },
  {
    name: 'the cold part of a local one',
    replaces: 'u.c#f',
    to: 'u.c#f.cold.3',
    entered: '.text+0x1 leads to u.c#f.cold.3',
  },
  { name: "another file's cold part", replaces: 'u.c#f', to: 'v.c#f.cold', entered: undefined },
  { name: 'the cold part of another function', to: 'u.c#g.cold', entered: undefined },
  { name: 'a clone', to: 'u.c#f.part.0', entered: undefined },
  { name: 'a part that is replaced itself', replaces: 'u.c#f.cold', to: 'u.c#f.cold', entered: undefined },
  {
    name: 'the middle of what is only switched off',
    to: 'f',
    field: { addend: -1n },
    switchesOff: true,
    entered: undefined,
  },
])('$name: $entered', ({ name: _, entered, ...made }) => {
  const found = enteredCode(payload(made))
  expect(found.map(({ text }) => text.split(', ')[0])).toEqual(entered === undefined ? [] : [entered])
  for (const { name } of found) expect(name).toBe(made.replaces ?? 'f')
})
