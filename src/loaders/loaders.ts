import { InputError } from '../base/errors.ts'
import type { TargetFacts, TargetName } from './loader.ts'
import { PROCESS_X86_64 } from './process/process.ts'
import { XEN_X86_64 } from './xen/xen.ts'

export type { TargetFacts, TargetName } from './loader.ts'

/** To add a target or a machine: a row. */
const TARGETS: readonly TargetFacts[] = [XEN_X86_64, PROCESS_X86_64]

/** What is known of `name` on `machine` (EM_*). */
export function targetFacts(name: TargetName, machine: number): TargetFacts {
  const found = TARGETS.find(facts => facts.name === name && facts.machine === machine)
  if (found !== undefined) return found
  const known = TARGETS.filter(facts => facts.name === name).map(facts => facts.machine)
  throw new InputError(
    'target/machine',
    `the objects are for machine ${machine}, but payloads for ${name} can be made for ${known.join(', ')} only`,
    'machine 62 is x86-64 and 183 AArch64; build the tree for one that is supported',
  )
}
