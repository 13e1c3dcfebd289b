/** What the select stage must know of a kind of running system, as rows. */
import { EM_X86_64 } from '../elf/spec/constants.ts'

/** Units of the hypervisor that carry out the patching; code of theirs may run while it is being replaced. */
const XEN_PATCHING: readonly string[] = [
  'common/livepatch.o',
  'common/livepatch_elf.o',
  'arch/x86/livepatch.o',
  'arch/arm/livepatch.o',
]

export type TargetName = 'xen' | 'process'

const ENDBR64 = [0xf3, 0x0f, 0x1e, 0xfa]

/** The rules for x86-64. Sizes from Xen's arch/x86/livepatch.c: a 5-byte jump, behind a 4-byte ENDBR64 where there is one. */
export function selectRules(target: TargetName) {
  return {
    table: target,
    machine: EM_X86_64,
    runningName: (fileSymbol: string, name: string, local: boolean) => (local ? `${fileSymbol}#${name}` : name),
    smallest: (startsWithLandingPad: boolean) => (startsWithLandingPad ? 9 : 5),
    startsWithLandingPad: (code: Uint8Array) => ENDBR64.every((byte, index) => code[index] === byte),
    denied: (unit: string, _name: string) =>
      target === 'xen' && XEN_PATCHING.includes(unit)
        ? `${unit} is what carries out the patching, and may be running while it is replaced`
        : undefined,
  }
}
