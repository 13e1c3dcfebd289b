/** What is said of units that do not compile. */
import { expect, test } from 'vitest'
import { type CompileFailure, compileFailed } from './compile.ts'
import type { Unit } from './model.ts'

const failure = (unit: string, label: string, words: string): CompileFailure => ({
  request: { unit: { unit } as Unit, overlay: new Map(), label },
  words,
})

test('one unit with two texts and the same words is one', () => {
  const error = compileFailed([failure('a.o', 'shifted', 'a.c:1: no'), failure('a.o', 'neutral', 'a.c:1: no')])
  expect(error.message).toBe('a.o does not compile with the shifted, neutral texts\na.o:\na.c:1: no')
})

test('a patched text that does not compile speaks for what is made from it', () => {
  const error = compileFailed([failure('a.o', 'patched', 'a.c:9: no'), failure('a.o', 'neutral', 'a.c:7: no')])
  expect(error.message).toBe('a.o does not compile with the patched texts\na.o:\na.c:9: no')
})

test('units are counted, and five texts are shown', () => {
  const error = compileFailed(Array.from({ length: 7 }, (_, at) => failure(`${at}.o`, 'patched', 'no')))
  expect(error.message.split('\n')[0]).toBe('7 units do not compile with the patched texts')
  expect(error.message).toContain('4.o:\nno\nand 2 more')
})
