import { expect, test } from 'vitest'
import { milliseconds } from './operate.ts'

test.for(['0', '-1', '', 'soon', 'NaN', 'Infinity', '86400001', '1e300'])('%s is no time-out', text => {
  expect(() => milliseconds(text)).toThrow(/above 0/)
})

test('fractions and a whole day are', () => {
  expect(['0.5', '1e3', '86400000'].map(milliseconds)).toEqual([0.5, 1000, 86_400_000])
})
