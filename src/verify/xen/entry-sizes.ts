/** With which sizes of entries the rules about special sections read them, for whoever knows the real ones. */
import { ALTERNATIVE_CALL, EXCEPTION_ENTRY } from './checks/special.ts'
import { machineOf } from './machines/index.ts'

/** By section, in bytes; none where the loader's rules are not known for the machine (EM_*). */
export function entrySizesOfRules(elfMachine: number): ReadonlyMap<string, number> {
  const machine = machineOf(elfMachine)
  if (machine === undefined) return new Map()
  const frames = [0, 1, 2].map(kind => [`.bug_frames.${kind}`, machine.bugFrameSize] as const)
  const always = [...frames, ['.altinstructions', machine.alternatives.entrySize] as const]
  const exceptions = machine.takesExceptionTable ? [['.ex_table', EXCEPTION_ENTRY] as const] : []
  const calls = machine.calls === undefined ? [] : [['.alt_call_sites', ALTERNATIVE_CALL] as const]
  return new Map([...always, ...exceptions, ...calls])
}
