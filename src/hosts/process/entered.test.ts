/** A payload at its addresses leads to what it replaces by its start only. */
import { expect, test } from 'vitest'
import { type NewRelocation, type NewSymbol, readElf, writeElf } from '../../elf/index.ts'
import { refuseEntered } from './entered.ts'

/** f is replaced, at 0x1000; its part lies at 0x3000, g behind it, a table of labels at 0x5000. */
const [F, PART, G, TABLE] = [0x1000, 0x3000, 0x1020, 0x5000]
const FUNCTION = {
  name: 'f',
  old: F,
  new: 0x9000,
  ranges: [
    { start: F, end: G },
    { start: PART, end: PART + 8 },
  ],
}

interface Row {
  readonly name: string
  /** What the payload's name means, and what its field adds. */
  readonly means: number
  readonly addend?: bigint
  readonly functions?: readonly (typeof FUNCTION)[]
  /** What the table's word is. */
  readonly word?: number
  readonly writable?: true
  readonly place?: NewSymbol['place']
  readonly refused?: RegExp
}

test.for<Row>([
  { name: 'its start', means: F },
  { name: 'its middle', means: F, addend: 4n, refused: /\.rodata\+0x0 leads to 0x1004/ },
  { name: 'its last byte, from another name', means: G, addend: -1n, refused: /into the old code of it: .*0x101f/ },
  { name: 'what lies behind it', means: G },
  { name: 'its part', means: PART, refused: /into an out-of-line part of it/ },
  { name: 'the middle of its part', means: PART, addend: 7n, refused: /out-of-line part/ },
  {
    name: 'its part, which is replaced too',
    means: PART,
    functions: [FUNCTION, { ...FUNCTION, name: 'part', old: PART, ranges: [{ start: PART, end: PART + 8 }] }],
  },
  { name: 'the middle of one that is switched off', means: F, addend: 4n, functions: [{ ...FUNCTION, new: 0 }] },
  { name: 'a number that is its middle', means: 0, place: { in: 'absolute', value: 0x1008n }, refused: /0x1008/ },
  { name: 'a table that leads to its start', means: TABLE, word: F },
  {
    name: 'a table that leads into its middle',
    means: TABLE,
    word: F + 9,
    refused: /uses name, whose word at 0x8 leads/,
  },
  { name: 'a variable that leads into its middle', means: TABLE, word: F + 9, writable: true },
])('$name: $refused', ({ means, addend = 0n, functions = [FUNCTION], word = 0, writable, place, refused }) => {
  const symbol: NewSymbol = {
    name: 'name',
    kind: 'untyped',
    binding: 'global',
    place: place ?? { in: 'nowhere' },
    size: 0,
  }
  const relocations: NewRelocation[] = [{ offset: 0, type: 1, symbol: 0, addend }]
  const section = { name: '.rodata', type: 1, flags: 2, alignment: 8, bytes: new Uint8Array(8), relocations }
  const elf = readElf<'payload'>(writeElf({ header: { machine: 62 }, sections: [section], symbols: [symbol] }))
  const check = () =>
    refuseEntered(
      {
        payload: {
          elf,
          loaded: [],
          buildId: null,
          depends: null,
          programDepends: null,
          metadata: '',
          originals: [],
          needed: [],
          optional: new Set(),
        },
        symbolAddress: ({ place: at }) => (at.in === 'absolute' ? Number(at.value) : undefined),
      },
      functions,
      {
        names: new Map([['name', means]]),
        program: { find: name => (means === TABLE ? [{ name, address: TABLE, size: 16, kind: 'object' }] : []) },
        memory: {
          read: (_, length) => new Uint8Array(BigUint64Array.of(0n, BigInt(word)).buffer).subarray(0, length),
          mappings: () => [
            { start: TABLE, end: TABLE + 4096, access: writable ? 'rw-p' : 'r--p', offset: 0, path: '' },
          ],
        },
      },
    )
  if (refused === undefined) expect(check).not.toThrow()
  else expect(check).toThrow(refused)
})
