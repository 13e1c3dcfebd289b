/** The comparison of two checkouts sees what differs, and fails then: held against commands that only pretend. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compareWork, keyOf } from '../../scripts/compare/compare-work.ts'
import { differencesOf, words } from '../../scripts/compare/differences.ts'
import { readKnown, sorted } from '../../scripts/compare/known.ts'

describe('differences of two values', () => {
  test.for<{ first: unknown; second: unknown; lines: readonly string[] }>([
    { first: { a: 1 }, second: { a: 1 }, lines: [] },
    { first: { a: 1 }, second: { a: 2 }, lines: ['a: 1 → 2'] },
    { first: { a: { b: [1, 2] } }, second: { a: { b: [1, 3] } }, lines: ['a.b[1]: 2 → 3'] },
    { first: { a: [] }, second: { a: [{ b: 1 }] }, lines: ['a[0]: nothing → {"b":1}'] },
    { first: { a: 1 }, second: {}, lines: ['a: 1 → nothing'] },
    { first: { a: null }, second: { a: {} }, lines: ['a: null → {}'] },
    { first: undefined, second: {}, lines: ['the whole: nothing → {}'] },
    { first: [], second: {}, lines: ['the whole: [] → {}'] },
    // What a run cannot repeat.
    { first: { timings: { open: 1 } }, second: { timings: { open: 2 } }, lines: [] },
    { first: { units: [{ compileTime: 1 }] }, second: { units: [{ compileTime: 2 }] }, lines: [] },
    { first: { units: [{ cached: true }] }, second: { units: [{ cached: false }] }, lines: [] },
    // The release of hotsplice may be another, the version of Xen may not.
    { first: { version: '1' }, second: { version: '2' }, lines: [] },
    { first: { target: { version: '1' } }, second: { target: { version: '2' } }, lines: ['target.version: "1" → "2"'] },
  ])('$first and $second: $lines', ({ first, second, lines }) => {
    expect(differencesOf(first, second).map(words)).toEqual(lines)
  })
})

describe('known differences', () => {
  test.for([
    { line: 'ways/a auto: notices[0].text: "x" → "y"', known: 'ways/a auto: notices', isKnown: true },
    { line: 'ways/a auto: notices[0].text: "x" → "y"', known: 'ways/*: notices[*].text', isKnown: true },
    { line: 'ways/a auto: notices[0].text: "x" → "y"', known: 'ways/b auto: notices', isKnown: false },
    { line: 'ways/a auto: notices[0].text: "x" → "y"', known: 'notices', isKnown: false },
  ])('$known is about $line: $isKnown', ({ line, known, isKnown }) => {
    expect(sorted([line], readKnown(`# the ways\n\n${known} # a reason\n`))).toEqual({
      unknown: isKnown ? [] : [line],
      reasons: isKnown ? [{ why: 'a reason', count: 1 }] : [],
    })
  })

  test('none is without a reason', () => {
    expect(() => readKnown('ways/a: notices')).toThrow('no reason')
  })
})

describe('a work done twice', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplice-compare-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  /** A checkout whose command writes this report and payload, and ends so. */
  function checkout(name: string, { report = '{}', payload = 'code', code = 0 } = {}): string {
    const write = (file: string, text: string) =>
      text === '' ? '' : `writeFileSync(${JSON.stringify(file)}, ${JSON.stringify(text)})\n`
    mkdirSync(join(folder, name, 'bin'), { recursive: true })
    mkdirSync(join(folder, name, 'dist'))
    const program = `${write('report.json', report)}${write('fix.livepatch', payload)}process.exitCode = ${code}\n`
    writeFileSync(join(folder, name, 'dist/main.js'), program)
    writeFileSync(join(folder, name, 'bin/hotsplice'), `const { writeFileSync } = require('node:fs')\n${program}`)
    return join(folder, name)
  }

  test.for([
    { name: 'nothing', other: {}, lines: [] },
    { name: 'a field', other: { report: '{"outcome":"refused"}' }, lines: ['outcome: nothing → "refused"'] },
    { name: 'a byte', other: { payload: 'cede' }, lines: ['payload: 4 bytes → 4 bytes, from byte 0x1 on'] },
    { name: 'a longer payload', other: { payload: 'code.' }, lines: ['payload: 4 bytes → 5 bytes, from byte 0x4 on'] },
    { name: 'no payload', other: { payload: '' }, lines: ['payload: 4 bytes → none, from byte 0x0 on'] },
    { name: 'another ending', other: { code: 2 }, lines: ['exit 0 → 2: '] },
    {
      name: 'no report',
      other: { report: '' },
      lines: ['a checkout wrote no report: ', 'the whole: {} → nothing'],
    },
  ])('$name', ({ name, other, lines }) => {
    const sides = [checkout(`${name}, first`), checkout(`${name}, second`, other)] as const
    expect(compareWork({ name, prepare: () => [] }, sides, folder)).toEqual(lines)
    expect(keyOf(sides[0]) === keyOf(sides[1])).toBe(lines.length === 0)
  })

  const script = join(import.meta.dirname, '../../scripts/compare-checkouts.ts')
  const compared = (...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync('npx', ['tsx', script, ...args], { encoding: 'utf8' })
    return { status, said: stdout + stderr }
  }

  test('the script says so and fails, goes on where it stood, and takes what is meant', () => {
    const sides = [checkout('a'), checkout('b', { report: '{"outcome":"refused"}' })] as const
    const state = ['--state', join(folder, 'state')]
    const few = compared(...sides, 'ways/series', '--most', '1', ...state)
    expect(few.said).toContain('ways/series ignore: outcome: nothing → "refused"')
    expect(few.said).toContain('5 cases: 0 the same, 1 differ (1 differences that are not known), 4 not compared yet')
    expect(few.status).toBe(1)
    const known = join(folder, 'known.txt')
    writeFileSync(known, 'ways/*: outcome # meant\n')
    const all = compared(...sides, 'ways/series', '--most', '1', '--known', known, ...state)
    expect(all.said).toContain(
      'known, 2 times: meant\n5 cases: 0 the same, 2 differ (0 differences that are not known)',
    )
    expect(all.status).toBe(0)
  })
})
