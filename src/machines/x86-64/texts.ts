/** x86-64 code in the words of the GNU assembler, for people. */
import type { InstructionText } from '../machine.ts'
import { instructionsOf } from './instructions.ts'
import { decoderLibrary } from './library.ts'

export function texts(code: Uint8Array): readonly InstructionText[] {
  const { Formatter, FormatterSyntax, OpKind } = decoderLibrary()
  const formatter = new Formatter(FormatterSyntax.Gas)
  formatter.ripRelativeAddresses = true
  formatter.uppercaseHex = false
  formatter.spaceAfterOperandSeparator = true
  const direct = new Set([OpKind.NearBranch16, OpKind.NearBranch32, OpKind.NearBranch64])
  const list: InstructionText[] = []
  try {
    for (const { instruction, start, end } of instructionsOf(code)) {
      const text = formatter.format(instruction)
      const isDirect = !instruction.isInvalid && instruction.opCount > 0 && direct.has(instruction.op0Kind)
      if (!isDirect) list.push({ start, end, text })
      else {
        const target = Number(BigInt.asIntN(64, instruction.nearBranchTarget))
        list.push({ start, end, text, branch: { name: formatter.formatMnemonic(instruction), target } })
      }
    }
  } finally {
    formatter.free()
  }
  return list
}
