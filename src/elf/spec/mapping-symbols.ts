/**
 * Mapping symbols: marks that assemblers of some machines leave where code (`$x`) and data (`$d`) begin, for who takes
 * code apart. They name nothing: no function or variable is called so, and nothing refers to one.
 *
 * Sources: ELF for the Arm Architecture 2023Q3, chapter 5.5.5; ELF for the Arm 64-bit Architecture 2023Q3, chapter 5.4.2;
 * RISC-V ELF psABI 1.0, "Mapping Symbol". To add a machine: a row.
 */
import type { Side } from '../../base/side.ts'
import type { ElfSymbol } from '../model.ts'
import { EM_AARCH64, EM_ARM, EM_RISCV } from './constants.ts'

const NAMES: ReadonlyMap<number, RegExp> = new Map([
  [EM_ARM, /^\$[atd](?:\.|$)/],
  [EM_AARCH64, /^\$[xd](?:\.|$)/],
  // Behind `$x` may stand the extensions that the code takes: `$xrv64i2p1_m2p0`.
  [EM_RISCV, /^\$(?:[xd](?:\.|$)|xrv)/],
])

/** Whether the symbol, of an object for `machine` (EM_*), is a mark of that kind. On other machines it is a name like any other. */
export function isMappingSymbol<S extends Side>(
  machine: number,
  { name, kind, binding }: Pick<ElfSymbol<S>, 'name' | 'kind' | 'binding'>,
): boolean {
  return name.startsWith('$') && kind === 'untyped' && binding === 'local' && NAMES.get(machine)?.test(name) === true
}
