import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { namesIn, PlaceNames, placesOf } from './searched.ts'

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

test('names of many places are those of each, whatever was looked at before', () => {
  const own = mkdtempSync(join(tmpdir(), 'hotsplice-places-'))
  onTestFinished(() => rmSync(own, { recursive: true }))
  // What stands above is looked at too, and is to be nobody else's.
  const top = join(own, 'top')
  mkdirSync(join(top, 'there/deep/deeper'), { recursive: true })
  mkdirSync(join(top, 'other'))
  for (const path of ['one.h', 'there/two.h', 'there/deep/deeper/three.h', 'other/four.h', 'file'])
    writeFileSync(join(top, path), '')
  symlinkSync('there', join(top, 'link'))
  symlinkSync('nowhere', join(top, 'broken'))
  const below = [
    ...['', '/', '/there', '/there/', '/there/.', '/there/..', '/there/../other', '/there//deep', '/there/deep/deeper'],
    ...['/other', '/other/deep', '/none', '/none/deep', '/none/..', '/none/../other', '/link', '/link/deep', '/broken'],
    ...['/broken/deep', '/file', '/file/deep', '/..', '/../none'],
  ]
  for (const order of [below, below.toReversed()]) {
    const names = new PlaceNames()
    expect(order.map(path => names.of(top + path))).toEqual(order.map(path => namesIn(top + path)))
  }
  expect(new Set(below.map(path => namesIn(top + path))).size).toBeGreaterThan(5)
})
