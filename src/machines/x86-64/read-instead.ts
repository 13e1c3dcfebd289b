/**
 * Numbers that a starting Linux writes into its code, read from memory instead: `movabs $number,%reg` of ten bytes becomes
 * `mov variable(%rip),%reg` of seven, and a nop. Neither touches flags. Linux compiles modules that way itself.
 * Source: Linux 6.12 arch/x86/include/asm/runtime-const.h, runtime_const_ptr(); uaccess_64.h for modules.
 */
import type { ReadInstead } from '../machine.ts'
import { R_X86_64_PC32 } from './relocation-numbers.ts'

/** What the compiler is given in the number's place: 0x0123456789abcdef. */
const PLACEHOLDER: readonly number[] = [0xef, 0xcd, 0xab, 0x89, 0x67, 0x45, 0x23, 0x01]

/** See `CodeKnowledge.readInstead`. */
export function readInstead(code: Uint8Array, field: number): ReadInstead | undefined {
  const at = field - 2
  const [prefix = 0, opcode = 0] = code.subarray(Math.max(at, 0), Math.max(field, 0))
  // REX.W, with B for the upper eight registers; B8 and the register's lower bits.
  const isMove = at >= 0 && (prefix & 0xfe) === 0x48 && (opcode & 0xf8) === 0xb8
  if (!isMove || !PLACEHOLDER.every((byte, index) => code[field + index] === byte)) return undefined
  const register = opcode & 7
  // REX.W, with R for those; 8B; mod 0, r/m 5: a distance of four bytes from the instruction's end.
  const [upper, mode] = [(prefix & 1) === 0 ? 0x48 : 0x4c, (register << 3) | 0x05]
  const bytes = Uint8Array.of(upper, 0x8b, mode, 0, 0, 0, 0, 0x0f, 0x1f, 0x00)
  return { at, bytes, field: at + 3, type: R_X86_64_PC32, addend: -4n }
}
