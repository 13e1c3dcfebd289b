/** New per-CPU variables of a patch, which become arrays of the payload's own. */
import { sourceName } from '../../pieces/names.ts'
import type { PerCpuWay } from '../../ways-out/model.ts'
import { perCpuEdits } from '../../ways-out/per-cpu.ts'
import type { HotpatchRun } from '../hotpatch/hotpatch.ts'
import type { Draft } from './draft.ts'
import type { Unwritten } from './shadow-ways.ts'

interface PerCpuWays {
  readonly ways: readonly PerCpuWay[]
  readonly unwritten: readonly Unwritten[]
}

/** Of those that are refused; what was there before the patch is not new. */
export function perCpuWays({ refusals, change, affected }: HotpatchRun, draft: Draft): PerCpuWays {
  const refused = refusals.filter(({ code }) => code === 'percpu-data')
  const before = change.files.map(({ oldText }) => oldText)
  const isNew = (name: string) => !before.some(text => perCpuEdits(text, new Set([name])).defined.size > 0)
  const names = new Set(
    refused
      .map(({ symbol }) => sourceName(symbol).replace(/^per_cpu__/, ''))
      .filter(name => name !== '' && isNew(name)),
  )
  const unwritten: Unwritten[] = []
  if (names.size === 0) return { ways: [], unwritten }
  const ways = change.files.flatMap(({ newPath }): readonly PerCpuWay[] => {
    const text = newPath === undefined ? undefined : draft.text(newPath)
    if (newPath === undefined || text === undefined) return []
    const { edits, defined } = perCpuEdits(text, names)
    const readers = affected.affected.filter(({ unit }) => unit.dependencies.includes(newPath))
    if (defined.size > 0 && readers.length > 1) {
      const units = readers.map(({ unit }) => unit.unit)
      const why = `it is defined in ${newPath}, of which ${inWords(units)} are made: each would have its own, and one name cannot stand for them`
      unwritten.push(...[...defined.keys()].map(symbol => ({ symbol, why })))
      return []
    }
    draft.edit(newPath, edits)
    const unit = affected.affected.find(({ unit }) => unit.dependencies[0] === newPath)?.unit.unit
    if (unit === undefined) return []
    return [...defined].map(([name, type]) => ({ way: 'per-cpu', unit, source: newPath, name, type }))
  })
  return { ways, unwritten }
}

const inWords = (units: readonly string[]): string =>
  units.length > 3 ? `${units.slice(0, 2).join(', ')} and ${units.length - 2} more units` : units.join(' and ')
