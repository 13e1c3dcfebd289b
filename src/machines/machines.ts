/** Every machine of which anything is known, by its number in an ELF header. To add one: a row. */
import { AARCH64 } from './aarch64/aarch64.ts'
import type { Machine } from './machine.ts'
import { X86_64 } from './x86-64/x86-64.ts'

export const MACHINES: readonly Machine[] = [X86_64, AARCH64]

const BY_NUMBER: ReadonlyMap<number, Machine> = new Map(MACHINES.map(machine => [machine.number, machine]))

/** What is known of machine `number` (EM_*); one without a row answers that nothing is. */
export function machineOf(number: number): Machine {
  return BY_NUMBER.get(number) ?? unknownMachine(number)
}

function unknownMachine(number: number): Machine {
  return {
    name: `machine ${number}`,
    number,
    relocationType: () => undefined,
    isPadding: undefined,
    addendsAreExact: false,
    disassemblers: [],
    code: undefined,
    patching: undefined,
  }
}
