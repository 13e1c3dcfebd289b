/** Two ways side by side: the whole table of what each may say. A contradiction is a change, whoever is right. */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { judge } from '../../tests/support/judge.ts'
import { crossCheck } from './cross-check.ts'
import type { Difference, Judged, UnitVerdicts, Verdict } from './model.ts'

const BYTE: Difference = { what: 'byte', offset: 3, original: 1, patched: 2 }
const SIZE: Difference = { what: 'size', original: 5, patched: 8 }
const changed = (because: Difference): Verdict => ({ kind: 'changed', because })

const SAID: Readonly<Record<string, Verdict>> = {
  same: { kind: 'same' },
  'line-only': { kind: 'line-only', sites: 2 },
  byte: changed(BYTE),
  size: changed(SIZE),
  'size of a part': changed({ what: 'part', name: 'f.cold', difference: SIZE }),
  'byte of a part': changed({ what: 'part', name: 'f.cold', difference: BYTE }),
  'a new part': changed({ what: 'part', name: 'f.cold', difference: 'new' }),
  'size of an entry': changed({ what: 'entry', section: '.ex_table', index: 0, difference: SIZE }),
}

/** Rows: neutral. Columns: mask, in the order of SAID. `!` is a contradiction, `l` lines only, `s` same, `c` changed. */
const TABLE: Readonly<Record<string, string>> = {
  same: 's l ! l l ! ! !',
  'line-only': '! l ! ! ! ! ! !',
  byte: '! ! c c c c c c',
  size: '! ! c c c c c c',
  'size of a part': '! ! c c c c c c',
}

const rows = Object.entries(TABLE).flatMap(([neutral, cells]) =>
  Object.keys(SAID).map((mask, column) => ({ neutral, mask, is: cells.split(' ')[column] ?? '' })),
)

test.skipIf(!hasGcc).for(rows)(`neutral says $neutral, mask says $mask: $is${withoutGcc}`, ({ neutral, mask, is }) => {
  expect(letterOf(checked(SAID[neutral], SAID[mask]))).toBe(is)
})

test.skipIf(!hasGcc)(`where mask is blind, neutral's “same” stands; nothing else does${withoutGcc}`, () => {
  expect(letterOf(checked(SAID.same, SAID.byte, true))).toBe('l')
  expect(letterOf(checked(SAID['line-only'], SAID.byte, true))).toBe('!')
  expect(letterOf(checked(SAID.byte, SAID.same, true))).toBe('!')
})

test.skipIf(!hasGcc)(`what neutral calls new or gone is no matter of lines${withoutGcc}`, () => {
  expect(checked({ kind: 'new' }, SAID.same).verdict).toEqual({ kind: 'new' })
  expect(checked({ kind: 'gone' }, SAID.byte).verdict).toEqual({ kind: 'gone' })
})

test.skipIf(!hasGcc)(`each is held against its own, also among data and what has no name${withoutGcc}`, () => {
  const verdicts = unit()
  const twisted = { ...verdicts, data: verdicts.data.map(each => ({ ...each, verdict: changed(BYTE) })) }
  const { disagreements, verdicts: result } = crossCheck(verdicts, twisted)
  expect(disagreements.map(({ name }) => name)).toEqual(['kept'])
  expect(result.data.map(({ verdict }) => verdict.kind)).toEqual(['changed'])
  expect(result.functions.map(({ verdict }) => verdict.kind)).toEqual(['same', 'same'])
  const unnamed = [{ ...verdicts.data[0], name: 'bytes' } as Judged]
  const third = crossCheck(
    { ...verdicts, unnamed },
    { ...verdicts, unnamed: [{ ...(unnamed[0] as Judged), verdict: changed(BYTE) }] },
  )
  expect(third.disagreements.map(({ name }) => name)).toEqual(['bytes'])
})

function unit(): UnitVerdicts {
  const object = compile('int kept = 5; int f(int a) { return a * 9 + kept; } int g(int a) { return a; }')
  return judge(object, object)
}

/** What comes of f; g says the same both times, so that nothing of it may spill over. */
function checked(neutral: Verdict | undefined, mask: Verdict | undefined, isBlind = false) {
  const verdicts = unit()
  const saying = (verdict: Verdict | undefined) => ({
    ...verdicts,
    functions: verdicts.functions.map(each =>
      each.name === 'f' && verdict !== undefined ? { ...each, verdict } : each,
    ),
  })
  const { verdicts: result, disagreements } = crossCheck(saying(neutral), saying(mask), () => isBlind)
  const verdict = result.functions.find(({ name }) => name === 'f')?.verdict ?? { kind: 'gone' }
  expect(result.functions.find(({ name }) => name === 'g')?.verdict).toEqual({ kind: 'same' })
  return { verdict, isSaid: disagreements.length > 0 }
}

function letterOf({ verdict, isSaid }: ReturnType<typeof checked>): string {
  const isContradiction = verdict.kind === 'changed' && verdict.because.what === 'disagreement'
  expect(isSaid).toBe(isContradiction)
  return isContradiction ? '!' : verdict.kind.slice(0, 1)
}
