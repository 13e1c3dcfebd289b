/**
 * What a live patch for Linux runs when it is loaded and unloaded.
 *
 *     endbr64
 *     mov   $vmlinux_build_id, %rsi
 *     mov   $id, %rdi
 *     mov   $size, %ecx
 *     repe cmpsb
 *     jne   1f
 *     mov   $patch, %rdi
 *     jmp   klp_enable_patch
 *  1: mov   $-ENOEXEC, %eax
 *     jmp   __x86_return_thunk, or ret
 *
 * The last jumps leave no frame behind, so that the code needs no entry of how to unwind it.
 */
import type { ModuleCode, ModuleText } from '../machine.ts'
import { R_X86_64_32S, R_X86_64_PLT32 } from './relocation-numbers.ts'

const ENDBR64 = [0xf3, 0x0f, 0x1e, 0xfa]
const TO_RSI = [0x48, 0xc7, 0xc6, 0, 0, 0, 0]
const TO_RDI = [0x48, 0xc7, 0xc7, 0, 0, 0, 0]
const JUMP = [0xe9, 0, 0, 0, 0]
const RETURN_THUNK = '__x86_return_thunk'
/** Distances count from the end of their field. */
const FROM_END = -4

export const X86_64_MODULE_CODE: ModuleCode = {
  returnThunk: RETURN_THUNK,
  init: (idSize, hasThunk) => {
    const back = [0xb8, 0xf8, 0xff, 0xff, 0xff]
    const text = [
      ...ENDBR64,
      ...TO_RSI,
      ...TO_RDI,
      ...[0xb9, idSize, 0, 0, 0],
      ...[0xf3, 0xa6],
      ...[0x75, TO_RDI.length + JUMP.length],
      ...TO_RDI,
      ...JUMP,
    ]
    const own: ModuleText['fields'] = [
      { offset: 7, type: R_X86_64_32S, to: { name: 'vmlinux_build_id' }, addend: 0 },
      { offset: 14, type: R_X86_64_32S, to: 'id', addend: 0 },
      { offset: 30, type: R_X86_64_32S, to: 'patch', addend: 0 },
      { offset: 35, type: R_X86_64_PLT32, to: { name: 'klp_enable_patch' }, addend: FROM_END },
    ]
    return returning([...text, ...back], own, hasThunk)
  },
  exit: (_, hasThunk) => returning(ENDBR64, [], hasThunk),
}

/** A kernel with return thunks has a mitigation in them; another has none. */
function returning(text: readonly number[], fields: ModuleText['fields'], hasThunk: boolean): ModuleText {
  if (!hasThunk) return { bytes: Uint8Array.from([...text, 0xc3, 0xcc]), fields }
  const last = { offset: text.length + 1, type: R_X86_64_PLT32, to: { name: RETURN_THUNK }, addend: FROM_END }
  return { bytes: Uint8Array.from([...text, ...JUMP]), fields: [...fields, last] }
}
