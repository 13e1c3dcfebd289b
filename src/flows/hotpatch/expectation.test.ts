import { describe, expect, test } from 'vitest'
import type { Entry } from '../../report/model.ts'
import { checkExpectation, parseExpectation } from './expectation.ts'

describe('the list', () => {
  test('has a function a line, with or without its unit, and comments', () => {
    const text = '# the fix\ncommon/domain.o do_vm_assist\n\n  f2   # too\r\n'
    expect(parseExpectation(text, 'list')).toEqual([
      { unit: 'common/domain.o', name: 'do_vm_assist' },
      { unit: undefined, name: 'f2' },
    ])
  })

  test('with three words on a line is bad input', () => {
    expect(() => parseExpectation('f1\na b c\n', 'list')).toThrow(/line 2 of list has 3 words/)
  })
})

describe('the check', () => {
  const built = [entry('a.o f'), entry('b.o g'), { ...entry('b.o left_out'), included: false }]

  test.for([
    { expected: 'f\ng', fits: true },
    { expected: 'a.o f\nb.o g', fits: true },
    { expected: 'f', fits: false },
    { expected: 'f\ng\nh', fits: false },
    { expected: 'b.o f\ng', fits: false },
    { expected: 'f\ng\nleft_out', fits: false },
    { expected: '', fits: false },
  ])('$expected: $fits', ({ expected, fits }) => {
    expect(checkExpectation(parseExpectation(expected, 'list'), built) === undefined).toBe(fits)
  })

  test('one name may stand for functions of several units', () => {
    expect(checkExpectation(parseExpectation('f', 'list'), [entry('a.o f'), entry('b.o f')])).toBeUndefined()
  })

  test('a refusal shows both lists', () => {
    const refusal = checkExpectation(parseExpectation('f\nh', 'list'), built)
    expect(refusal?.code).toBe('unexpected-functions')
    expect(refusal?.text).toBe('expected f, h; the payload would have a.o f, b.o g')
  })
})

function entry(text: string): Entry {
  const [unit = '', name = ''] = text.split(' ')
  return { unit, name, symbols: [name], verdict: 'changed', included: true, reasons: [] }
}
