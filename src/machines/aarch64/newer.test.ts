/**
 * Instructions that the assemblers at hand do not know, by the manual's encodings (DDI 0487M, C6.2), and words of the space
 * of branches that nobody has given a meaning yet: what is not known may go anywhere.
 */
import { expect, test } from 'vitest'
import { decode, type Instruction } from './decode.ts'
import { hiddenReferences, isEndless } from './flow.ts'
import { indirectJumps } from './own-places.ts'

const RETURN = 0xd65f03c0
const NOTHING = new Set<number>()

const code = (...words: readonly number[]) => new Uint8Array(new Uint32Array(words).buffer)

const ROWS: readonly (readonly [name: string, word: number, Instruction])[] = [
  ['cbgt w3, w5, .+8', 0x74050043, { flow: 'conditional', names: { as: 'target', distance: 8 } }],
  ['cbne x0, x1, .-1024', 0xf4e12000, { flow: 'conditional', names: { as: 'target', distance: -1024 } }],
  ['cbhi w2, #63, .+1020', 0x755f9fe2, { flow: 'conditional', names: { as: 'target', distance: 1020 } }],
  ['cbbeq w1, w2, .+4', 0x74c28021, { flow: 'conditional', names: { as: 'target', distance: 4 } }],
  ['cbhhs w1, w2, .+4', 0x7462c021, { flow: 'conditional', names: { as: 'target', distance: 4 } }],
  ['bc.eq .+16', 0x54000090, { flow: 'conditional', names: { as: 'target', distance: 16 } }],
  ['retaasppc .-8', 0x5500005f, { flow: 'return', names: { as: 'contents', distance: -8 } }],
  ['retabsppc .-262140', 0x553fffff, { flow: 'return', names: { as: 'contents', distance: -262140 } }],
  ['retaasppcr x2', 0xd65f0be2, { flow: 'return' }],
  ['autiasppc .-12', 0xf380007f, { flow: 'next', names: { as: 'contents', distance: -12 } }],
  ['autibsppc .-4', 0xf3a0003f, { flow: 'next', names: { as: 'contents', distance: -4 } }],
  ['paciasppc', 0xdac1a3fe, { flow: 'next' }],
  ['tcancel #1', 0xd4600020, { flow: 'unknown' }],
  ['msrr', 0xd5580000, { flow: 'next' }],
]

test.for(ROWS)('%s', ([, word, instruction]) => {
  expect(decode(word)).toEqual(instruction)
})

/** Words with the three bits of a branch, of which the manual says nothing: among those that return, compare and trap. */
const UNKNOWN = ['55400000', '55000000', '74004000', '75004000', 'd4e00000', 'd6ff0000', 'd7000000', 'd61f0001']

test.for(UNKNOWN)('%s may go anywhere', text => {
  const word = Number.parseInt(text, 16)
  expect(decode(word)).toEqual({ flow: 'unknown' })
  const whole = code(word, RETURN)
  expect(hiddenReferences(whole, NOTHING)).toEqual([
    { offset: 0, target: -1 },
    { offset: 0, target: 8 },
  ])
  expect(isEndless(code(word, 0x17ffffff), [])).toBe(false)
  expect(
    indirectJumps(whole, { relocated: NOTHING, own: NOTHING, labels: NOTHING, entered: NOTHING }).isElsewhere,
  ).toBe(true)
})

test('what compares and branches leads out of the code, and falls through at its end', () => {
  const compares = 0x74050043
  expect(hiddenReferences(code(compares, RETURN), NOTHING)).toEqual([{ offset: 0, target: 8 }])
  expect(hiddenReferences(code(RETURN, compares & ~0x40), NOTHING)).toEqual([{ offset: 8, target: 8 }])
  expect(isEndless(code(0xf4e10000, 0x14000000), [])).toBe(true)
  expect(isEndless(code(compares, 0x14000000), [])).toBe(false)
})

test('a return that is signed by its place looks at a place of its own', () => {
  expect(hiddenReferences(code(0xdac1a3fe, 0xd503201f, 0x5500005f), NOTHING)).toEqual([])
  expect(hiddenReferences(code(0xd503201f, 0x5500005f), NOTHING)).toEqual([{ offset: 4, target: -4 }])
})
