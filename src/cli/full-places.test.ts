import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { fullPlaces } from './full-places.ts'

const error = (code: string, more = {}) =>
  Object.assign(new Error(`${code}: no space left on device, write`), { code, syscall: 'write', ...more })
const rooms = (place: string) => {
  if (place !== tmpdir() && place !== '/') throw new Error('not there')
  return { bavail: place === '/' ? 500 : 2, bsize: 1024 }
}

test.for(['ENOSPC', 'EDQUOT'])('%s without a path is told with the places, the fullest first', code => {
  const told = fullPlaces(error(code), rooms)
  expect(told.startsWith(`: 2 KB free for temporary files (${tmpdir()})`)).toBe(true)
  expect(told).toContain('for the cache (')
})

test.for([
  { what: 'an error that names its file', given: error('ENOSPC', { path: '/x' }) },
  { what: 'another error', given: error('EIO') },
  { what: 'what is no error', given: 'ENOSPC' },
])('$what needs no places', ({ given }) => {
  expect(fullPlaces(given, rooms)).toBe('')
})
