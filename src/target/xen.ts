/**
 * Xen 4.17 to 4.22 on x86-64, as its live patch loader sees the world.
 * Sources: common/livepatch.c, common/livepatch_elf.c, arch/x86/livepatch.c and tools/symbols.c of these versions.
 */
import { EM_X86_64 } from '../elf/spec/constants.ts'
import type { RelocationWay, TargetFacts } from './facts.ts'
import { LIST_HOOKS, SINGLE_HOOKS } from './payload-sections.ts'
import { R_X86_64_64, R_X86_64_NONE, R_X86_64_PC32, R_X86_64_PLT32 } from './x86-relocations.ts'

/** The loader takes these and answers -EOPNOTSUPP to any other. A NONE of ours would name symbol 0, which it refuses. */
const RELOCATIONS: ReadonlyMap<number, RelocationWay> = new Map([
  [R_X86_64_NONE, 'drop'],
  [R_X86_64_64, 'as-is'],
  [R_X86_64_PC32, 'as-is'],
  [R_X86_64_PLT32, 'as-is'],
])

interface Denial {
  /** The object file below the build folder. */
  readonly unit: string
  /** Absent where all of the unit's functions are meant. */
  readonly functions?: readonly string[]
  readonly why: string
}

const PATCHING = 'it is part of the code that applies the patch, and runs while the patch is applied'

/** Functions that must not be replaced. To add one: a row, with a reason that says what would go wrong. */
const DENIED: readonly Denial[] = [
  { unit: 'common/livepatch.o', why: PATCHING },
  { unit: 'common/livepatch_elf.o', why: PATCHING },
  { unit: 'arch/x86/livepatch.o', why: PATCHING },
  {
    unit: 'arch/x86/traps.o',
    functions: ['do_nmi'],
    why: 'an NMI may arrive while its first bytes are being written; no rendezvous keeps NMIs away',
  },
  {
    unit: 'arch/x86/domain.o',
    functions: ['idle_loop'],
    why: 'it never returns, so the running CPUs would stay in the old code for ever',
  },
]

export const XEN_X86_64: TargetFacts = {
  name: 'xen',
  machine: EM_X86_64,
  sectionTable: 'xen',
  trampoline: { size: 5, landingPad: [0xf3, 0x0f, 0x1e, 0xfa], reach: 2 ** 31 },
  relocations: RELOCATIONS,
  addressRelocation: R_X86_64_64,
  distanceRelocation: R_X86_64_PC32,
  padding: 0xcc,
  hooks: { lists: LIST_HOOKS, single: SINGLE_HOOKS },
  needsDependencies: true,
  writableForbidsReapply: true,
  limits: { size: 2 * 1024 * 1024, sections: 1024, name: 126 },
  runningName: xenName,
  denied: xenDenied,
}

/** `common/irq.c#foo` for a symbol that is local to its file, the plain name for any other. */
export function xenName(fileSymbol: string, name: string, local: boolean): string {
  return local && fileSymbol !== '' ? `${fileSymbol}#${name}` : name
}

/** Why `name` of `unit` must not be replaced; undefined when it may. */
export function xenDenied(unit: string, name: string): string | undefined {
  return DENIED.find(row => row.unit === unit && (row.functions?.includes(name) ?? true))?.why
}
