/**
 * AArch64, as far as it is known: relocation types and their fields. Its code is not decoded, so objects of it can be
 * compared by bytes and relocations, and no payload is made for it.
 */
import { EM_AARCH64 } from '../../elf/spec/constants.ts'
import type { Machine } from '../machine.ts'
import { isPadding } from './padding.ts'
import { RELOCATION_TYPES } from './relocation-types.ts'

export const AARCH64: Machine = {
  name: 'AArch64',
  number: EM_AARCH64,
  relocationType: type => RELOCATION_TYPES[type],
  isPadding,
  addendsAreExact: true,
  code: undefined,
  patching: undefined,
}
