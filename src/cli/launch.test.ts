import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launch } from './launch.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-test-'))
  writeFileSync(join(folder, 'first.cjs'), FIRST)
  writeFileSync(join(folder, 'second.cjs'), SECOND)
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

const FIRST = "exports.before = 1; const { add } = require('./second.cjs'); exports.sum = add(require('node:path').sep)"
const SECOND = "const first = require('./first.cjs'); exports.add = text => text + first.before"
const load = (compiled?: (place: string, keep: () => Buffer) => void) =>
  launch(join(folder, 'first.cjs'), (place, script) => compiled?.(place, () => script.createCachedData()))

test('modules require each other, each once, and what node has', () => {
  expect(load()).toEqual({ before: 1, sum: '/1' })
})

test.for([
  { what: 'as it was kept', change: (kept: Buffer) => kept },
  { what: 'cut short', change: (kept: Buffer) => kept.subarray(0, 20) },
  {
    what: 'of another V8',
    change: (kept: Buffer) => Buffer.concat([kept.subarray(0, 4), Buffer.alloc(8, 1), kept.subarray(12)]),
  },
  { what: 'no such thing', change: () => Buffer.from('nonsense') },
  { what: 'empty', change: () => Buffer.alloc(0) },
])('what was kept is $what', ({ change }) => {
  const kept = new Map<string, () => Buffer>()
  load((place, keep) => kept.set(place, keep))
  expect([...kept.keys()]).toEqual(['first.cjs.compiled', 'second.cjs.compiled'].map(name => join(folder, name)))
  for (const [place, keep] of kept) writeFileSync(place, change(keep()))
  expect(load()).toEqual({ before: 1, sum: '/1' })
  for (const place of kept.keys()) rmSync(place)
})

test('what was kept of another text is not taken', () => {
  const place = join(folder, 'second.cjs')
  const kept = new Map<string, () => Buffer>()
  load((at, keep) => kept.set(at, keep))
  for (const [at, keep] of kept) writeFileSync(at, keep())
  const text = readFileSync(place, 'utf8')
  writeFileSync(place, `${text.replace('first.before', 'first.before + 41')}`)
  expect(load()).toEqual({ before: 1, sum: '/141' })
  writeFileSync(place, text)
})
