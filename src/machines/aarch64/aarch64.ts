/**
 * AArch64: the value that stands for it behind `Machine`. Whether code keeps an address is not followed: it always may.
 */
import { EM_AARCH64 } from '../../elf/spec/constants.ts'
import type { Machine, PatchingKnowledge } from '../machine.ts'
import { mustNotLieAt } from './erratum.ts'
import { endsInJump, hiddenReferences, isBranchField, isEndless } from './flow.ts'
import { heldNumbers, numberFieldsAt } from './numbers.ts'
import { indirectJumps, takesPlaces } from './own-places.ts'
import { isPadding } from './padding.ts'
import { pageNamed } from './pages.ts'
import { READYING } from './ready.ts'
import { R_AARCH64_ABS64, R_AARCH64_PREL32 } from './relocation-numbers.ts'
import { RELOCATION_TYPES } from './relocation-types.ts'
import { texts } from './texts.ts'
import { accessesOf, callsTo, referencesTo, returnedNumber } from './uses.ts'
import { JUMP_SIZE, jump, nops } from './writing.ts'

const PATCHING: PatchingKnowledge = {
  trampoline: { size: JUMP_SIZE, jump, landingPad: [], reach: 2 ** 27 },
  calls: undefined,
  nops,
  // Zeros are `udf #0`, a trap.
  padding: 0,
  mustNotLieAt,
  addressRelocation: R_AARCH64_ABS64,
  distanceRelocation: R_AARCH64_PREL32,
  readying: READYING,
  moduleCode: undefined,
  // A jump by an address in memory takes more than one field.
  indirectStub: undefined,
}

export const AARCH64: Machine = {
  name: 'AArch64',
  number: EM_AARCH64,
  relocationType: type => RELOCATION_TYPES[type],
  isPadding,
  addendsAreExact: true,
  // The second is that of a machine of this kind; elsewhere it says that it does not know it.
  disassemblers: ['aarch64-linux-gnu-objdump', 'objdump'],
  code: {
    // A field counts from its own instruction, as its relocation does.
    fieldBias: { plain: 0, mostBehind: 0 },
    endsWithField: () => true,
    bytesToInstructionEnd: (_code, fields) => new Map(fields.map(field => [field, 0])),
    isBranchField,
    // An address takes two instructions, of which the first only names a page.
    isAddressField: () => false,
    keepsAddress: () => true,
    endsInJump,
    numberFieldsAt,
    heldNumbers,
    hiddenReferences,
    pageNamed,
    accessesOf,
    effectsOf: undefined,
    takenByCall: undefined,
    readInstead: undefined,
    callsTo,
    referencesTo,
    mayLeadTo: undefined,
    texts,
    returnedNumber,
    jumpThunks: /^__(llvm_slsblr_thunk|call_indirect)_x\d+$/,
    takesPlaces,
    indirectJumps,
    isEndless,
  },
  patching: PATCHING,
}
