/** x86-64: the value that stands for it behind `Machine`. */
import { EM_386, EM_X86_64 } from '../../elf/spec/constants.ts'
import type { Machine, PatchingKnowledge } from '../machine.ts'
import { accessesOf } from './accesses.ts'
import { keepsAddress } from './address-flow.ts'
import { endsInJump, isAddressField, isBranchField, LANDING_PAD, returnedNumber } from './bytes.ts'
import { callsTo, takenByCall, X86_64_CALLS } from './calls.ts'
import { bytesToInstructionEnd, endsWithField, numberFieldsAt } from './decode.ts'
import { effectsOf } from './effects.ts'
import { isEndless } from './endless.ts'
import { hiddenReferences } from './flow.ts'
import { mayLeadTo } from './leading.ts'
import { X86_64_MODULE_CODE } from './module-code.ts'
import { heldNumbers } from './numbers.ts'
import { indirectJumps, takesPlaces } from './own-places.ts'
import { isPadding } from './padding.ts'
import { readInstead } from './read-instead.ts'
import { referencesTo } from './references.ts'
import { R_X86_64_64, R_X86_64_PC32 } from './relocation-numbers.ts'
import { RELOCATION_TYPES } from './relocation-types.ts'
import { texts } from './texts.ts'
import { JUMP_SIZE, jump, nops } from './writing.ts'

/** What the ELF header says of an image that a boot loader enters in 32 bits, as it does any of this machine. */
export const BOOTED_AS = EM_386

/** jmp *slot(%rip), then ud2 up to 8 bytes. */
const INDIRECT_JUMP = Uint8Array.of(0xff, 0x25, 0, 0, 0, 0, 0x0f, 0x0b)

export const X86_64_PATCHING: PatchingKnowledge = {
  // ENDBR64 stays in front of the jump.
  trampoline: { size: JUMP_SIZE, jump, landingPad: LANDING_PAD, reach: 2 ** 31 },
  calls: X86_64_CALLS,
  nops,
  padding: 0xcc,
  mustNotLieAt: () => false,
  readying: undefined,
  moduleCode: X86_64_MODULE_CODE,
  addressRelocation: R_X86_64_64,
  distanceRelocation: R_X86_64_PC32,
  indirectStub: { bytes: INDIRECT_JUMP, field: 2, bias: -4n },
}

export const X86_64: Machine = {
  name: 'x86-64',
  number: EM_X86_64,
  relocationType: type => RELOCATION_TYPES[type],
  isPadding,
  addendsAreExact: false,
  disassemblers: [],
  code: {
    // A field of four bytes, and an immediate of up to four behind it.
    fieldBias: { plain: 4, mostBehind: 4 },
    endsWithField,
    bytesToInstructionEnd,
    isBranchField,
    isAddressField,
    takenByCall,
    keepsAddress,
    endsInJump,
    numberFieldsAt,
    readInstead,
    heldNumbers,
    hiddenReferences,
    pageNamed: () => undefined,
    accessesOf,
    effectsOf,
    callsTo,
    referencesTo,
    mayLeadTo,
    texts,
    returnedNumber,
    // gcc's -mindirect-branch and clang's -mretpoline.
    jumpThunks: /^__x86_indirect_(?:thunk|jump|call)|^__llvm_(?:external_)?retpoline/,
    takesPlaces,
    indirectJumps,
    isEndless,
  },
  patching: X86_64_PATCHING,
}
