/** A cell as it is known: what came of its job, held against what was expected, with its page. */
import type { FleetCell } from '../../report/fleet-index.ts'
import type { ReadBase } from './inputs.ts'
import type { JobDone } from './job.ts'
import { type BareCell, cellOf, judgeCell } from './judge-cell.ts'
import { type KeptRehearsal, recalledRehearsal } from './kept.ts'
import type { Fix, FleetBase } from './model.ts'
import { pageOf } from './page-of.ts'
import type { JobPlan } from './planned.ts'
import { rehearsalKey } from './rehearse-built.ts'
import type { FleetWorld } from './world.ts'

export interface CellAbout {
  readonly base: FleetBase
  readonly fix: Fix
  /** Of hotsplice. */
  readonly version: string
}

/** Before anything is done. */
export function knownCell(plan: JobPlan, read: ReadBase, about: CellAbout, world: FleetWorld): FleetCell {
  const { inputs, recalled, todo, parts } = plan
  if (recalled.done === undefined || todo !== 'nothing') {
    const bare: BareCell = { outcome: 'not-done', asExpected: false, text: 'not done yet', inputs }
    return cellOf(about.base, about.fix, bare)
  }
  const key = rehearsalKey(read, parts, recalled.done)
  const rehearsal = key === undefined ? undefined : recalledRehearsal(key, world.folder)
  return finishedCell(plan, recalled.done, rehearsal, { ...about, world })
}

/** The verdict, and the page about it where there is something to show. */
export function finishedCell(
  { inputs, parts: { below, includes } }: JobPlan,
  done: JobDone,
  rehearsal: KeptRehearsal | undefined,
  { base, fix, version, world }: CellAbout & { readonly world: FleetWorld },
): FleetCell {
  const bare = judgeCell(base, fix, done, rehearsal)
  const page = bare.report === undefined ? {} : { page: pageOf(bare.report, rehearsal, { version, world }) }
  const upon = below.map(each => each.fix)
  return cellOf(base, fix, { ...bare, ...page, inputs, upon, includes })
}
