/** Line numbers explain what differs only where a second witness says so: the whole table. */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { judge } from '../../tests/support/judge.ts'
import type { LineOracle, UnitVerdicts, Verdict } from './model.ts'
import { provenLines } from './proven-lines.ts'

const SAME: Verdict = { kind: 'same' }
const LINES: Verdict = { kind: 'line-only', sites: 3 }
const CHANGED: Verdict = { kind: 'changed', because: { what: 'byte', offset: 1, original: 1, patched: 2 } }
const moreThan = (verdict: Verdict): Verdict => ({ kind: 'changed', because: { what: 'more-than-lines', verdict } })

interface Row {
  readonly mask: Verdict
  /** Of the original with the patched source's numbers; undefined where it has no such thing. */
  readonly witness: Verdict | undefined
  /** Whether the number of a line in it could not be set. */
  readonly isOff?: boolean
  readonly is: Verdict
  readonly unproven?: boolean
}

const ROWS: readonly Row[] = [
  { mask: SAME, witness: SAME, is: SAME },
  { mask: SAME, witness: CHANGED, is: SAME },
  { mask: { kind: 'new' }, witness: CHANGED, is: { kind: 'new' } },
  { mask: LINES, witness: SAME, is: LINES },
  { mask: LINES, witness: SAME, isOff: true, is: LINES },
  { mask: LINES, witness: CHANGED, is: moreThan(CHANGED) },
  { mask: LINES, witness: CHANGED, isOff: true, is: LINES, unproven: true },
  { mask: LINES, witness: LINES, is: moreThan(LINES) },
  { mask: LINES, witness: undefined, is: moreThan({ kind: 'new' }) },
  { mask: CHANGED, witness: SAME, is: { kind: 'line-only', sites: 1 } },
  { mask: CHANGED, witness: CHANGED, is: CHANGED },
  { mask: CHANGED, witness: CHANGED, isOff: true, is: CHANGED },
  { mask: CHANGED, witness: LINES, is: CHANGED },
  { mask: CHANGED, witness: undefined, is: CHANGED },
]

const cases = ROWS.flatMap(row => (['functions', 'data'] as const).map(list => ({ ...row, list })))

test.skipIf(!hasGcc).for(cases)(
  `$list: mask $mask.kind, witness $witness.kind, off $isOff: $is.kind${withoutGcc}`,
  ({ mask, witness, isOff = false, is, unproven = false, list }) => {
    const found = provenLines(saying(list, mask), lines, {
      verdicts: saying(list, witness),
      isOff: () => isOff,
    })
    expect(found.verdicts[list].map(({ verdict }) => verdict)).toEqual([is])
    expect(found.unproven).toEqual(unproven ? [list === 'data' ? 'kept' : 'f'] : [])
  },
)

const lines: LineOracle = {
  sitesOf: piece => [{ piece, offset: 0, in: 'code', bits: 32, file: 'unit.c', line: 5 }],
  isExpected: () => true,
}

function saying(list: 'functions' | 'data', verdict: Verdict | undefined): UnitVerdicts {
  const object = compile('int kept = 5; int f(int a) { return a * 9; }')
  const verdicts = judge(object, object)
  const said = verdict === undefined ? [] : verdicts[list].map(each => ({ ...each, verdict }))
  return { ...verdicts, [list]: said }
}
