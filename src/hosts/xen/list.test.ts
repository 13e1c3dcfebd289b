import { expect, test } from 'vitest'
import { parseFailure, parseList } from './list.ts'

const HEAD = ` ID                                     | status     | metadata
----------------------------------------+------------+---------------
`
const pad = (name: string) => name.padEnd(40)

test.for([
  { name: 'nothing', text: 'Nothing to list\n', rows: [] },
  {
    name: 'one payload that waits',
    text: `${HEAD}${pad('fix')}| CHECKED    | \n`,
    rows: [{ name: 'fix', state: 'CHECKED', rc: 0, metadata: '' }],
  },
  {
    name: 'one at work, one whose last action failed',
    text: `${HEAD}${pad('a')}| APPLIED    | key=value;b=c\n${pad('b')}| CHECKED (16, Device or resource busy)    | \n`,
    rows: [
      { name: 'a', state: 'APPLIED', rc: 0, metadata: 'key=value;b=c' },
      { name: 'b', state: 'CHECKED', rc: -16, metadata: '' },
    ],
  },
  {
    name: 'a name longer than its column',
    text: `${HEAD}${'n'.repeat(127)}| APPLIED    | \n`,
    rows: [{ name: 'n'.repeat(127), state: 'APPLIED', rc: 0, metadata: '' }],
  },
])('$name', ({ text, rows }) => {
  expect(parseList(text)).toEqual(rows)
})

test('text of another form is an error, not an empty list', () => {
  expect(() => parseList('xen-livepatch: command failed\n')).toThrow(/unexpected/)
  expect(() => parseList(`${HEAD}fix CHECKED\n`)).toThrow(/unexpected/)
})

test('the errno is in the words', () => {
  expect(parseFailure('Error 22: Invalid argument\n')).toBe(-22)
  expect(parseFailure("Operation didn't complete.\n")).toBeUndefined()
})
