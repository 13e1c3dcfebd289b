/** An index of a fleet, made by hand: bases and fixes by names, and for each cell what came of it. */
import type { CellOutcome, FleetCell, FleetIndex, FleetIndexBase } from '../../src/report/fleet-index.ts'

/** A build-id of twenty bytes for a short word. */
export const idOf = (word: string): string => Buffer.from(word.padEnd(20, '.')).toString('hex')

interface CellTold {
  readonly is: CellOutcome
  /** For what is built: the word of what it stands on; null where it asks for nothing. */
  readonly upon?: string | null
  /** Fixes that it has besides its own. */
  readonly includes?: readonly string[]
  readonly isCumulative?: boolean
}

export interface IndexTold {
  readonly bases: readonly (Pick<FleetIndexBase, 'name'> & Partial<FleetIndexBase>)[]
  /** Fixes in their order, and their cells by base. */
  readonly fixes: Readonly<Record<string, Readonly<Record<string, CellTold>>>>
}

export function makeIndex({ bases, fixes }: IndexTold): FleetIndex {
  const names = Object.keys(fixes)
  return {
    schema: 1,
    command: 'fleet',
    version: '1.2.3',
    outcome: 'as-expected',
    bases: bases.map(base => ({ buildId: idOf(base.name), endOfLife: null, on: [], ...base })),
    fixes: names.map(name => ({ name, ids: [`CVE-${name}`] })),
    cells: bases.flatMap(base => names.map(fix => cellOf(base.name, fix, fixes[fix]?.[base.name]))),
  }
}

function cellOf(base: string, fix: string, told: CellTold = { is: 'not-affected' }): FleetCell {
  const { is, upon = base, includes = [], isCumulative = false } = told
  const standing = { upon: [], includes: is === 'built' ? [...includes, fix] : [], isCumulative }
  const nothing = {
    ...standing,
    codes: [],
    expected: null,
    payload: null,
    report: null,
    page: null,
    debugFile: null,
    rehearsal: null,
    error: null,
  }
  const cell = { ...nothing, base, fix, outcome: is, asExpected: true, text: `${fix} on ${base}`, inputs: {} }
  if (is !== 'built') return cell
  const runs = idOf(base)
  const depends = upon === null ? null : idOf(upon)
  const stored = { file: `content/${base}-${fix}.livepatch`, sha256: `digest of ${base} ${fix}`, size: 1 }
  return { ...cell, payload: { ...stored, buildId: idOf(fix), runs, depends } }
}
