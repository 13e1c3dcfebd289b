import { describe, expect, test } from 'vitest'
import { placesOf } from './searched.ts'

describe('where a compile looks before it finds', () => {
  test.each([
    ['a folder that a name brings along is looked for in each', ['/a', '/b'], ['/b/sub/x.h'], '/a/sub'],
    ['a source’s own folder comes first', ['/b'], ['/src/a.c', '/b/sub/x.h'], '/src/sub'],
    ['deeper names', ['/a', '/b'], ['/b/linux/byteorder/x.h'], '/a/linux/byteorder'],
    ['names as they are spelled', ['./one', './two'], ['a.c', './two/sub/x.h'], './one/sub'],
    ['a slash at its end is no other folder', ['/a', '/b/'], ['/b/sub/x.h'], '/a/sub'],
    ['next to a source without a folder', ['inc'], ['a.c', 'inc/sub/x.h'], 'sub'],
  ])('%s', (_, searched, reads, place) => {
    expect(placesOf(searched, reads)).toContain(place)
    expect(placesOf(searched, reads)).toEqual(expect.arrayContaining(searched.map(path => path.replace(/\/$/, ''))))
  })
})
