/**
 * Made-up patches, with the truth known: which line each function's number was compiled from. Whatever prints a number,
 * its true line must be among the meanings; and if there is one meaning only, that is it.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type EmbeddedLine, emptyReport, type FileLines, type LineRun, type Way } from '../model.ts'
import type { Layer, Source } from './model.ts'
import { Translator } from './translator.ts'

/** A number in a log, who printed it, and the patched line that is meant. */
interface Printed {
  readonly number: number
  readonly by: string
  readonly line: number
}

interface World {
  readonly layer: Layer
  readonly printed: readonly Printed[]
}

/** Lines of the original: each stays, goes, or has new ones behind it; some are printed by f1 (replaced), f2, or both. */
const patches = fc.array(
  fc.record({
    gone: fc.boolean(),
    added: fc.nat({ max: 2 }),
    by: fc.subarray(['f1', 'f2']),
  }),
  { minLength: 3, maxLength: 40 },
)
const ways = fc.constantFrom<Way>('auto', 'neutral', 'mask', 'table', 'ignore')

type Line = { readonly gone: boolean; readonly added: number; readonly by: readonly string[] }

function worldOf(lines: readonly Line[], way: Way, noise: readonly number[]): World {
  const isRewritten = way === 'auto' || way === 'neutral'
  const map: LineRun[] = []
  const numbers: LineRun[] = []
  const embedded: EmbeddedLine[] = []
  const printed: Printed[] = []
  let patched = 0
  let above = lines.length
  for (const [index, { gone, added, by }] of lines.entries()) {
    const original = index + 1
    if (!gone) {
      patched++
      map.push([original, patched, 1])
      numbers.push([original, patched, 1])
      const moved = patched !== original
      // Under ignore, what prints a line that moved has changed.
      const fateOf = (name: string) =>
        name === 'f1' || (way === 'ignore' && moved) ? 'replaced' : way === 'table' && moved ? 'set' : 'stays'
      const names = (fate: string) => by.filter(name => fateOf(name) === fate)
      embedded.push({ line: original, stays: names('stays'), replaced: names('replaced'), set: names('set') })
      for (const name of by) {
        const fate = fateOf(name)
        const number = fate === 'set' || (fate === 'replaced' && !isRewritten) ? patched : original
        printed.push({ number, by: name, line: patched })
      }
    }
    for (let count = 0; count < added; count++) {
      patched++
      above++
      numbers.push([above, patched, 1])
      if (by.includes('f1')) printed.push({ number: isRewritten ? above : patched, by: 'f1', line: patched })
    }
  }
  const rewritten = isRewritten ? numbers : []
  const known = way === 'neutral' || way === 'ignore' ? null : embedded
  const file = { ...EMPTY, way, map, numbers: rewritten, embedded: known }
  const texts = {
    original: { path: 'a.c', sha256: 'old', lines: lines.length },
    patched: { path: 'a.c', sha256: 'new', lines: patched },
  }
  return { layer: layerOf({ ...file, ...texts }, printed, noise), printed }
}

const EMPTY = { file: 'a.c', insertions: 0, unsafe: [], reason: '', numbering: 'above' } as const
const CHANGED = { verdict: 'changed', included: true, reasons: [] } as const
const UNIT = {
  unit: 'a.o',
  source: 'a.c',
  kind: 'changed',
  because: ['a.c'],
  command: [],
  cached: false,
  compileTime: 0,
} as const

function layerOf(file: FileLines, printed: readonly Printed[], noise: readonly number[]): Layer {
  const { way } = file
  const included = way === 'ignore' ? ['f1', 'f2'] : ['f1']
  const own = printed.filter(({ by }) => included.includes(by)).map(({ number }) => number)
  const report = {
    ...emptyReport('build', '0'),
    functions: included.map(name => ({ name, unit: 'a.o', symbols: [name], ...CHANGED })),
    lines: { way, root: '', files: [file], held: [...new Set([...own, ...noise])], code: [] },
    units: [{ ...UNIT, text: file.numbers.length > 0 ? ('neutral' as const) : ('patched' as const) }],
  }
  return { name: 'fix', report }
}

function meanings(layer: Layer, text: string, source: Source = 'patched') {
  const translator = new Translator([layer], { source, replace: false, fromLog: false })
  translator.push(text)
  return translator.references[0]?.meanings ?? []
}

/** How often a number was certain; throws where the true line is not among its meanings. */
function check(change: (world: World) => World): { readonly certain: number; readonly all: number } {
  const counts = { certain: 0, all: 0 }
  const property = fc.property(patches, ways, fc.array(fc.nat({ max: 60 })), (lines, way, noise) => {
    const { layer, printed } = change(worldOf(lines, way, noise))
    for (const { number, by, line } of printed) {
      const found = meanings(layer, `a.c:${number}`).map(({ place }) => place.line)
      expect(found, `${way}: ${by} prints ${number} for ${line}`).toContain(line)
      // Named, the function can only make it surer.
      expect(meanings(layer, `${by}: a.c:${number}`).map(({ place }) => place.line)).toContain(line)
      counts.all++
      if (found.length === 1) counts.certain++
    }
  })
  fc.assert(property, { seed: 3, numRuns: 150 })
  return counts
}

test('the true line is among the meanings of what is printed, and mostly alone', () => {
  const { certain, all } = check(world => world)
  expect(all).toBeGreaterThan(1000)
  expect(certain / all).toBeGreaterThan(0.8)
})

test('a report that keeps a number back is caught', () => {
  const silent = ({ layer, printed }: World): World => {
    const { report } = layer
    return { printed, layer: { ...layer, report: { ...report, lines: { ...report.lines, held: [] } } } }
  }
  expect(() => check(silent)).toThrow(/Property failed/)
})
