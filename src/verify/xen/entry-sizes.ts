/** With which sizes of entries the rules about special sections read them, and where those are not the real ones. */
import { NotReached } from '../finding.ts'
import { ALTERNATIVE_CALL, EXCEPTION_ENTRY } from './checks/special.ts'
import type { LoadContext } from './load-context.ts'
import { machineOf } from './machines/index.ts'
import type { Step } from './steps.ts'

interface ReadTable {
  readonly section: string
  readonly size: number
  /** In which the loader comes to it. */
  readonly step: Step
}

function readTables(elfMachine: number): readonly ReadTable[] {
  const machine = machineOf(elfMachine)
  if (machine === undefined) return []
  // On x86 a frame of an assertion takes two entries, and no compiler tells their size.
  const kinds = machine.bugFrameSize === EXCEPTION_ENTRY ? [0, 1, 2] : [0, 1, 2, 3]
  const frames = kinds.map(kind => {
    return { section: `.bug_frames.${kind}`, size: machine.bugFrameSize, step: 'bug-frames' } as const
  })
  const { entrySize } = machine.alternatives
  const rows: readonly (ReadTable | undefined)[] = [
    ...frames,
    { section: '.altinstructions', size: entrySize, step: 'alternatives' },
    machine.takesExceptionTable ? { section: '.ex_table', size: EXCEPTION_ENTRY, step: 'exception-table' } : undefined,
    machine.calls === undefined
      ? undefined
      : { section: '.alt_call_sites', size: ALTERNATIVE_CALL, step: 'alternative-calls' },
  ]
  return rows.filter(row => row !== undefined)
}

/** By section, in bytes; none where the loader's rules are not known for the machine (EM_*). */
export function entrySizesOfRules(elfMachine: number): ReadonlyMap<string, number> {
  return new Map(readTables(elfMachine).map(({ section, size }) => [section, size]))
}

/** The payload's tables that the rules read with another stride than their loader does, whose compiler was asked. */
export function misreadTables(
  loading: LoadContext,
  real: ReadonlyMap<string, number> | undefined,
): readonly { readonly step: Step; readonly text: string }[] {
  if (real === undefined) return []
  try {
    return readTables(loading.machine.elfMachine).flatMap(({ section, size, step }) => {
      const own = real.get(section)
      if (own === undefined || own === size || loading.sectionNamed(section) === undefined) return []
      const text = `entries of ${section} have ${own} bytes in this tree, and ${size} by the rules of Xen ${loading.version}: what its loader does with them is not known`
      return [{ step, text }]
    })
  } catch (error) {
    // A payload whose sections cannot be told is refused for that.
    if (error instanceof NotReached) return []
    throw error
  }
}
