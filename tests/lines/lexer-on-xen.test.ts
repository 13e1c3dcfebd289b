/**
 * The judge of "here `#line` may stand" is gcc: with `#line` at every such place of a file, each giving the line its own
 * number, the preprocessor's output must not change. HOTSPLICE_ALL_UNITS=1 asks about every C unit of Xen.
 */
import { beforeAll, describe, expect, test } from 'vitest'
import { SAFE } from '../../src/ctext/lexed.ts'
import { lex } from '../../src/ctext/lexer.ts'
import { missingFor, toBuildXen, xenTree } from '../xen/tree.ts'
import { cUnits, preprocess, sample, withDirectives, type XenUnit } from './xen-units.ts'

const missing = missingFor(...toBuildXen)
const all = process.env.HOTSPLICE_ALL_UNITS === '1'

describe.skipIf(missing !== '')(`#line at every safe place of Xen's files${missing && ` (${missing})`}`, () => {
  let units: XenUnit[] = []
  beforeAll(() => {
    const every = cUnits(xenTree('release'))
    units = all ? every : sample(every, 12)
  }, 1_200_000)

  test('leaves what the preprocessor puts out unchanged', { timeout: 1_800_000 }, () => {
    let safe = 0
    let lines = 0
    const changed: string[] = []
    for (const unit of units) {
      const { barriers, lineCount } = lex(unit.text)
      const isSafe = (line: number) => barriers[line] === SAFE
      lines += lineCount
      for (let line = 1; line <= lineCount; line++) if (isSafe(line)) safe++
      const before = preprocess(unit, unit.text)
      expect(before, unit.source).toBeDefined()
      if (preprocess(unit, withDirectives(unit.text, isSafe)) !== before) changed.push(unit.source)
    }
    if (all) console.log(`${units.length} units, ${lines} lines, ${((100 * safe) / lines).toFixed(1)} % safe`)
    expect(changed).toEqual([])
    expect(safe).toBeGreaterThan(lines / 2)
  })

  test('and at every line it does not, so the comparison can fail', { timeout: 600_000 }, () => {
    const changed = sample(units, 12).filter(
      unit =>
        preprocess(
          unit,
          withDirectives(unit.text, () => true),
        ) !== preprocess(unit, unit.text),
    )
    expect(changed.length).toBeGreaterThan(0)
  })
})
