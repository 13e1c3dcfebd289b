import { AARCH64 } from './aarch64.ts'
import type { Machine } from './model.ts'
import { X86_64 } from './x86-64.ts'

export type { Alternative, Machine } from './model.ts'

/** To add an architecture: its file, and here. */
const MACHINES: readonly Machine[] = [X86_64, AARCH64]

/** The rules for `elfMachine` (EM_*); undefined where Xen's loader has none or they are not known here. */
export function machineOf(elfMachine: number): Machine | undefined {
  return MACHINES.find(machine => machine.elfMachine === elfMachine)
}
