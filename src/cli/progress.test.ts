import { expect, test } from 'vitest'
import { progressOn } from './progress.ts'

function shown(isTTY: boolean, columns = 80): string {
  const written: string[] = []
  const progress = progressOn({ isTTY, columns, write: text => written.push(text) })
  progress.step('compiling 2 units')
  progress.tick(1, 2)
  progress.step('comparing')
  progress.end()
  return written.join('')
}

test('piped, each step is a line and nothing else is there', () => {
  expect(shown(false)).toBe('compiling 2 units\ncomparing\n')
})

test('on a terminal one line is drawn over and gone in the end', () => {
  const lines = shown(true).split('\r\u001b[2K')
  expect(lines).toEqual(['', 'compiling 2 units …', 'compiling 2 units … 1 of 2', 'comparing …', ''])
})

test('a line never wraps', () => {
  const lines = shown(true, 10).split('\r\u001b[2K')
  expect(Math.max(...lines.map(line => line.length))).toBe(9)
})
