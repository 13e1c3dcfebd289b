/** What is to be done with one cell, once all that it stands on is settled. */
import type { FleetCell, StoredPayload } from '../../report/fleet-index.ts'
import { type FleetPayload, jobOf, payloadFile } from './job-of.ts'
import { recalledJob, recalledRehearsal } from './kept.ts'
import type { Fix } from './model.ts'
import type { Asked, BlockedPlan, CellParts, JobPlan } from './planned.ts'
import { rehearsalKey } from './rehearse-built.ts'
import type { FleetWorld } from './world.ts'

/** `cells` are those of the same base by their fixes, all that `namesBefore` has among them. */
export async function planCell(
  asked: Asked,
  cells: ReadonlyMap<string, FleetCell>,
  world: FleetWorld,
): Promise<JobPlan | BlockedPlan> {
  const parts = partsOf(asked, cells, world)
  if ('kind' in parts) return parts
  const { read, fix, fixes, series, version, before } = asked
  const text = series.fixes.flatMap(each => fixes.filter(one => one.fix === each))
  const { job, inputs } = jobOf({ read, fix, series: text, version, ...parts })
  const recalled = await recalledJob(job, world)
  const common = { kind: 'job', job, parts, inputs, recalled } as const
  if (recalled.done === undefined) {
    return { ...common, todo: 'build', why: recalled.why ?? whyNew(inputs, before) }
  }
  const key = rehearsalKey(read, parts, recalled.done)
  if (key === undefined || recalledRehearsal(key, world.folder) !== undefined)
    return { ...common, todo: 'nothing', why: 'nothing changed' }
  return { ...common, todo: 'rehearse', why: 'it was not tried on that hypervisor, or did not pass' }
}

type Cells = ReadonlyMap<string, FleetCell>

function partsOf({ read: { base }, series }: Asked, cells: Cells, world: FleetWorld): CellParts | BlockedPlan {
  const below: FleetPayload[] = []
  const replaced: FleetPayload[] = []
  const payloadOf = (fix: string, payload: StoredPayload, upon: readonly string[]): FleetPayload => ({
    ...{ fix, payload, upon },
    path: world.folder.shownAt(`${base.name}/${fix}`, payloadFile(fix, base)),
  })
  const blocked = ({ name }: Fix, what: string, cell: FleetCell | undefined): BlockedPlan => ({
    kind: 'blocked',
    text: `${name}, ${what}, has no payload here: ${cell?.text ?? 'it was not done'}`,
  })
  for (const fix of series.below) {
    const cell = cells.get(fix.name)
    if (cell?.outcome === 'built' && cell.payload !== null) below.push(payloadOf(fix.name, cell.payload, cell.upon))
    else if (cell?.outcome !== 'nothing-to-do') return blocked(fix, 'which it stands on', cell)
  }
  for (const fix of series.replaced) {
    const cell = cells.get(fix.name)
    // What is not known now may have been given out by an earlier run.
    if (cell === undefined || UNKNOWN.has(cell.outcome)) return blocked(fix, 'whose place it takes', cell)
    if (cell.payload !== null) replaced.push(payloadOf(fix.name, cell.payload, cell.upon))
  }
  return { below, replaced, includes: series.fixes.map(({ name }) => name) }
}

const UNKNOWN: ReadonlySet<FleetCell['outcome']> = new Set(['error', 'not-done'])

const PARTS: Readonly<Record<string, string>> = {
  hotsplice: 'hotsplice is of another version',
  tree: 'the tree changed',
  base: 'what is said of the base changed',
  patches: 'the patch changed',
  options: 'the options of the fix changed',
  below: 'what it stands on changed',
  replaced: 'what it takes the place of changed',
}

function whyNew(inputs: Readonly<Record<string, string>>, before: FleetCell | undefined): string {
  if (before === undefined || Object.keys(before.inputs).length === 0) return 'it is new'
  const names = new Set([...Object.keys(inputs), ...Object.keys(before.inputs)])
  const changed = [...names].filter(part => inputs[part] !== before.inputs[part])
  if (changed.length > 0) return changed.map(part => PARTS[part] ?? part).join(', ')
  return before.outcome === 'error' ? 'it failed the last time' : 'it was not done'
}
