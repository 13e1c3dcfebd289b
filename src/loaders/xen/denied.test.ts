/** The deny-list at work: a changed function of each row is refused by select, in its unit only, and `explain` tells why. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../../tests/support/gcc.ts'
import { judge, RULES } from '../../../tests/support/judge.ts'
import { explain } from '../../report/explain.ts'
import { emptyReport } from '../../report/model.ts'
import { select } from '../../select/select.ts'
import { XEN_DENIED } from './denied.ts'
import { XEN } from './xen.ts'

const { denied } = XEN

/** Where a row means the whole unit, any name of it. */
const rows = XEN_DENIED.flatMap(row => (row.functions ?? ['any_function']).map(name => ({ ...row, name })))

test('there are rows of every kind', () => {
  expect([...new Set(rows.map(({ code }) => code))].sort()).toEqual([
    'never-returns',
    'no-safe-moment',
    'patching-code',
  ])
  expect(rows.some(({ functions }) => functions === undefined)).toBe(true)
})

test.skipIf(!hasGcc).for(rows)(`$name of $unit is refused: $code${withoutGcc}`, ({ unit, name, code, functions }) => {
  const refusals = refusalsOf(unit, name)
  expect(refusals.map(refusal => [refusal.code, refusal.unit, refusal.symbol])).toEqual([[code, unit, name]])
  const [refusal] = refusals
  // What the user reads: which function, that it changed, why that cannot be, and what to do instead.
  const [head = '', text = '', way = ''] = explain({ ...emptyReport('build', '0'), refusals }, name).split('\n')
  expect(head).toBe(`${name} (${unit}): refused [${code}]`)
  expect(text).toMatch(new RegExp(`^ {2}${name} changed, but .{40,}`))
  expect(way).toBe(`  way out: ${refusal?.hint}`)
  expect(way.length).toBeGreaterThan(50)
  expect(existsSync(join(import.meta.dirname, '../../../docs/findings', `${code}.md`))).toBe(true)
  expect(refusalsOf('common/elsewhere.o', name)).toEqual([])
  expect(refusalsOf(unit, 'another_function').length).toBe(functions === undefined ? 1 : 0)
})

/** What select says of a function of this name that changes in this unit. */
function refusalsOf(unit: string, name: string) {
  const text = (by: number) => `extern int given; int ${name}(void) { return given * 9 + ${by}; }`
  const verdicts = judge(compile(text(1), FLAGS), compile(text(2), FLAGS))
  return select([{ unit, fileSymbol: 'unit.c', verdicts }], { ...RULES, denied }).refusals
}

/** memcpy is no name for a function of one's own, says gcc. */
const FLAGS = [
  '-O2',
  '-ffunction-sections',
  '-fno-asynchronous-unwind-tables',
  '-fcf-protection=none',
  '-fno-builtin',
  '-w',
]
