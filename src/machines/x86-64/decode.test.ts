import { Decoder, DecoderOptions, Instruction } from 'iced-x86'
import { expect, test } from 'vitest'
import { bytesToInstructionEnd, endsWithField } from './decode.ts'

const bytes = (hex: string) => Uint8Array.from(hex.split(' '), byte => Number.parseInt(byte, 16))

test.for([
  { name: 'a call', code: 'e8 00 00 00 00', field: 1, ends: true },
  { name: 'a conditional jump', code: '0f 85 00 00 00 00', field: 2, ends: true },
  { name: 'lea x(%rip), %rdi', code: '48 8d 3d 00 00 00 00', field: 3, ends: true },
  { name: 'mov x(%rip), %eax', code: '8b 05 00 00 00 00', field: 2, ends: true },
  { name: 'mov %eax, x(%rip)', code: '89 05 00 00 00 00', field: 2, ends: true },
  { name: 'cmpb $0, x(%rip)', code: '80 3d 00 00 00 00 00', field: 2, ends: false },
  { name: 'movl $1, x(%rip)', code: 'c7 05 00 00 00 00 01 00 00 00', field: 2, ends: false },
  { name: 'imul $9, x(%rip), %eax', code: '6b 05 00 00 00 00 09', field: 2, ends: false },
])('$name: $ends', ({ code, field, ends }) => {
  expect(endsWithField(bytes(code), field)).toBe(ends)
  const behind = bytesToInstructionEnd(bytes(code), [field]).get(field)
  expect(behind === 4).toBe(ends)
})

test('what the bytes before a field say is never wrong, by decoding every opcode of every map behind every prefix', () => {
  const prefixes = ['', '66', 'f2', 'f3', '48', '4f', '66 48', 'f0']
  const maps = ['', '0f', '0f 38', '0f 3a']
  const vex = ['c5 f8', 'c5 fd', 'c4 e1 78', 'c4 e2 79', 'c4 e3 7d', 'c4 e3 fd', '8f e8 78', '8f e9 78', '8f ea 78']
  const evex = ['62 f1 7c 48', '62 f2 7d 48', '62 f3 7d 48', '62 f3 fd 08']
  const heads = [...prefixes.flatMap(prefix => maps.map(map => `${prefix} ${map}`.trim())), ...vex, ...evex]
  let asked = 0
  for (const head of heads) {
    const start = head === '' ? [] : [...bytes(head)]
    const code = Uint8Array.from([...start, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    const at = start.length
    for (let opcode = 0; opcode < 256; opcode++) {
      for (let modrm = 0; modrm < 256; modrm++) {
        for (const next of [0x05, 0x85]) {
          code.set([opcode, modrm, next], at)
          // Decoding takes long, and where nothing is said nothing can be wrong.
          if ([at + 1, at + 2, at + 3].some(field => endsWithField(code, field))) asked += checkFields(code)
        }
      }
    }
  }
  expect(asked).toBeGreaterThan(10_000)
})

const instruction = new Instruction()

/** Holds the instruction's fields of four bytes that can be PC-relative against what is said of them; answers how many. */
function checkFields(code: Uint8Array): number {
  const decoder = new Decoder(64, code, DecoderOptions.None)
  decoder.decodeOut(instruction)
  const constants = decoder.getConstantOffsets(instruction)
  const fields = [
    { offset: constants.displacementOffset, size: instruction.isIpRelMemoryOperand ? constants.displacementSize : 0 },
    { offset: constants.immediateOffset, size: constants.immediateSize },
    { offset: constants.immediateOffset2, size: constants.immediateSize2 },
  ]
  const wrong = fields.find(
    ({ offset, size }) => size === 4 && endsWithField(code, offset) && offset + 4 !== instruction.length,
  )
  const isInvalid = instruction.isInvalid
  constants.free()
  decoder.free()
  if (wrong !== undefined && !isInvalid) throw new Error(`${Buffer.from(code).toString('hex')}, field ${wrong.offset}`)
  return isInvalid ? 0 : fields.filter(({ offset, size }) => size === 4 && endsWithField(code, offset)).length
}
