/**
 * Readers of a constant that changed, replaced for its sake. Part of the pipeline: the first selection shows which constants
 * only want for that; the next one has it, and is taken where nothing else stands in the way of it.
 */
import type { Loader } from '../../loaders/loader.ts'
import { withReadersChanged } from '../../select/constant-readers.ts'
import type { Selection, UnitInput } from '../../select/select.ts'

interface Selected {
  readonly units: readonly UnitInput[]
  readonly selection: Selection
}

export async function withReaders<T extends Selected>(
  first: T,
  loader: Loader,
  again: (units: readonly UnitInput[]) => Promise<T>,
): Promise<T> {
  let found = first
  for (;;) {
    const { units, selection } = found
    const changed = withReadersChanged(units, selection.readConstants, loader)
    if (changed.every((input, at) => input === units[at])) return found
    const next = await again(changed)
    if (!isBetter(selection, next.selection)) return found
    found = next
  }
}

/** Whether something is refused no more, and nothing is that was not. */
function isBetter({ refusals: before }: Selection, { refusals: after }: Selection): boolean {
  const known = new Set(before.map(each => JSON.stringify(each)))
  return after.length < before.length && after.every(each => known.has(JSON.stringify(each)))
}
