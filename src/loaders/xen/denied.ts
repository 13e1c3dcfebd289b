/**
 * Functions of Xen that cannot be replaced although a jump could be written into them: as data, each with what would go
 * wrong. Sources: common/livepatch.c, arch/x86/livepatch.c, arch/x86/domain.c, arch/x86/traps.c, arch/x86/setup.c,
 * arch/x86/string.c, arch/x86/memcpy.S, arch/x86/cpu/mcheck/mce.c and arch/arm/domain.c of Xen 4.17 to 4.22.
 *
 * Processors quiesce at the end of a hypercall or exit, or in the idle loop, where Xen's stacks hold
 * nothing that is needed any more. What is running at that very point, what runs again without passing it, and what may
 * start in the middle of the writing has a row here. To add one: say what would happen, not that it is forbidden.
 */
import type { Denial } from '../loader.ts'

interface Row extends Denial {
  /** The object file below the build folder. */
  readonly unit: string
  /** Absent where all of the unit's functions are meant. */
  readonly functions?: readonly string[]
}

const REBOOT = 'this change needs a reboot into a rebuilt system; leave it out of the hotpatch'

const PATCHING: Denial = {
  code: 'patching-code',
  why: 'it is part of the code that applies the patch, and runs while the patch is applied',
  hint: REBOOT,
}

const WRITES: Denial = {
  code: 'patching-code',
  why: 'it writes the jumps, and would be running while it writes the one into itself; every later jump of the payload would be written by the new one',
  hint: REBOOT,
}

const IDLE: Denial = {
  code: 'never-returns',
  why: 'it never returns, so that processors that are in it stay in the old code for ever, and some would run the old and some the new',
  hint: 'change the functions that it calls in each round; calls out of the old loop reach the new ones; a call that goes can be switched off where it stands (HOTSPLICE_NO_CALL)',
  // They wait within a call that they make, where no bytes of theirs are being run.
  losesCalls: true,
}

const ROWS: readonly Row[] = [
  { unit: 'common/livepatch.o', ...PATCHING },
  { unit: 'common/livepatch_elf.o', ...PATCHING },
  { unit: 'arch/x86/livepatch.o', ...PATCHING },
  { unit: 'arch/arm/livepatch.o', ...PATCHING },
  { unit: 'arch/arm/arm64/livepatch.o', ...PATCHING },
  // 4.17's, and that of later versions.
  { unit: 'arch/x86/string.o', functions: ['memcpy'], ...WRITES },
  { unit: 'arch/x86/memcpy.o', functions: ['memcpy'], ...WRITES },
  {
    unit: 'arch/x86/traps.o',
    functions: ['do_nmi'],
    code: 'no-safe-moment',
    why: 'an NMI may arrive while its first bytes are being written: the rendezvous keeps no NMI away, Xen only makes its handler return early',
    hint: 'change what it calls: the handler that is registered as the NMI callback, or the functions behind it',
  },
  {
    unit: 'arch/x86/cpu/mcheck/mce.o',
    functions: ['do_machine_check'],
    code: 'no-safe-moment',
    why: 'a machine check may arrive while its first bytes are being written, and the processor would run half of a jump',
    hint: 'change what it calls: it only passes on to the handler of the processor (mcheck_cmn_handler)',
  },
  { unit: 'arch/x86/domain.o', functions: ['idle_loop'], ...IDLE },
  { unit: 'arch/arm/domain.o', functions: ['idle_loop'], ...IDLE },
  {
    unit: 'arch/x86/setup.o',
    functions: ['init_done'],
    code: 'never-returns',
    why: 'it ran once, as the last thing of the boot, and is never called again: nothing would come of the change',
    hint: 'do what it would have done from a load hook, if the running system needs it',
  },
]

/** Why `name` of `unit` must not be replaced; undefined when it may. */
export function xenDenied(unit: string, name: string): Denial | undefined {
  const row = ROWS.find(each => each.unit === unit && (each.functions?.includes(name) ?? true))
  if (row === undefined) return undefined
  const { code, why, hint, losesCalls } = row
  return { code, why, hint, ...(losesCalls === undefined ? {} : { losesCalls }) }
}

/** Every row, for documents and tests. */
export const XEN_DENIED: readonly Row[] = ROWS
