/**
 * One of the two ways is made to be wrong, in one function, behind its back: the other must catch it, and the function
 * must go into the payload. Everything is the real thing but for one byte of one compiled object.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readElf } from '../../src/elf/index.ts'
import { type CompiledUnits, compileForWay, judgeUnits, requestOf } from '../../src/flows/hotpatch/judge.ts'
import { targetOf } from '../../src/loaders/loaders.ts'
import { PROCESS } from '../../src/loaders/process/process.ts'
import { select } from '../../src/select/select.ts'
import { verdictReason } from '../../src/select/words.ts'
import { applyPatches } from '../../src/source/apply-patches.ts'
import { affectedUnits, quiet } from '../../src/trees/index.ts'
import { hasGcc, withoutGcc } from '../support/gcc.ts'
import { RULES } from '../support/judge.ts'
import { openTree } from '../support/opened.ts'
import { makeTree, readCases } from './read.ts'

/** Two functions change; between() and below() only hold line numbers. */
const CASE = 'series'

describe.skipIf(!hasGcc)(`a disagreement of two ways${withoutGcc}`, () => {
  let work = ''
  let compiled: CompiledUnits
  beforeAll(async () => {
    work = mkdtempSync(join(tmpdir(), 'hotsplice-disagreement-'))
    const one = readCases().find(({ name }) => name === CASE)
    if (one === undefined) throw new Error(`no case ${CASE}`)
    makeTree(one, join(work, 'tree'))
    const options = { target: 'process', jobs: 2, progress: quiet, cacheFolder: join(work, 'cache') } as const
    const tree = await openTree({ tree: join(work, 'tree'), ...options })
    const change = applyPatches(one.patches, tree.reader)
    compiled = await compileForWay(tree, await requestOf(tree, await affectedUnits(tree, change), change, 'auto'))
  })
  afterAll(() => rmSync(work, { recursive: true, force: true }))

  test('there is none where nothing is wrong', () => {
    const { replaced, notices } = judge(compiled)
    expect(replaced).toEqual(['first', 'second'])
    expect(notices.filter(({ code }) => code === 'disagreement')).toEqual([])
  })

  test.for(['neutral', 'pair'] as const)(
    'an object of the way “%s” differs in a function that did not change',
    which => {
      const { replaced, notices, reasons } = judge(withByte(compiled, which, 'below'))
      expect(replaced).toEqual(['below', 'first', 'second'])
      expect(reasons.get('below')).toBe('disagreement')
      const [said, ...more] = notices.filter(({ code }) => code === 'disagreement')
      expect(more).toEqual([])
      expect(said?.text).toMatch(/^unit\.o: two modes .* of below; it counts as changed$/)
      expect(said?.text).toMatch(
        which === 'neutral' ? /neutral says changed .*, mask says line-only/ : /neutral says same, mask says changed/,
      )
    },
  )
})

function judge(units: CompiledUnits) {
  const judged = judgeUnits(units, { loader: PROCESS })
  const { replacements } = select(judged.units, { ...RULES, target: targetOf(PROCESS, 62) })
  const functions = judged.units.flatMap(({ verdicts }) => verdicts.functions)
  return {
    replaced: replacements.map(({ runningName }) => runningName).sort(),
    reasons: new Map(functions.map(({ name, verdict }) => [name, verdictReason(verdict).code])),
    notices: judged.notices,
  }
}

/** The same objects, with one bit of a function's first byte turned over in the patched object of one way. */
function withByte(units: CompiledUnits, which: 'neutral' | 'pair', name: string): CompiledUnits {
  const pairs = units.pairs.map(each => {
    const chosen = each[which]
    if (chosen?.patched === undefined) throw new Error(`no object of ${which}`)
    const patched = chosen.patched.slice()
    const object = readElf<'patched'>(patched)
    const symbol = object.symbols.find(({ name: own, kind }) => own === name && kind === 'function')
    if (symbol?.place.in !== 'section') throw new Error(`no function ${name}`)
    const at = (object.sections[symbol.place.section]?.fileOffset ?? 0) + symbol.place.offset
    patched[at] = (patched[at] ?? 0) ^ 1
    return { ...each, [which]: { ...chosen, patched } }
  })
  return { ...units, pairs }
}
