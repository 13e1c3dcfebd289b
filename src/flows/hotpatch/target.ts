/** For which loader on which machine the payload is made: the objects say, and nothing else. Part of the pipeline. */
import { InputError } from '../../base/errors.ts'
import type { Loader, Target } from '../../loaders/loader.ts'
import { targetOf } from '../../loaders/loaders.ts'
import { machineOf } from '../../machines/machines.ts'
import type { UnitInput } from '../../select/select.ts'

/** No machine has this number. */
const NO_MACHINE = 0

/**
 * The target of a run. Where there is no unit, there is nothing to decide about, and nothing is known of the machine: what
 * would ask is refused.
 */
export function targetOfUnits(loader: Loader, units: readonly UnitInput[]): Target {
  const first = new Map<number, string>()
  for (const { unit, verdicts } of units) {
    for (const { object } of [verdicts.correlation.original, verdicts.correlation.patched]) {
      if (!first.has(object.header.machine)) first.set(object.header.machine, unit)
    }
  }
  const [one, other] = first
  if (one === undefined) return { loader, machine: machineOf(NO_MACHINE), writesTable: false }
  if (other === undefined) return targetOf(loader, one[0])
  throw new InputError(
    'target/several-machines',
    `${one[1]} is for ${machineOf(one[0]).name}, but ${other[1]} for ${machineOf(other[0]).name}; a payload is for one machine`,
    'is the tree built as a whole, with one compiler? what one machine does not run, leave out of the patch',
  )
}
