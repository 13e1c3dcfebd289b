/**
 * Where x86-64 instructions end. The decoder takes a tenth of a second to load, and hardly any payload switches a
 * function off, so it is loaded when it is first asked for.
 */
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** Whether one of the instructions that begin with `code` ends at `length`; `code` goes on behind it. */
export function isInstructionEnd(code: Uint8Array, length: number): boolean {
  const { Decoder, DecoderOptions, Code }: typeof import('iced-x86') = require('iced-x86')
  const decoder = new Decoder(64, code, DecoderOptions.None)
  try {
    let at = 0
    while (at < length && decoder.canDecode) {
      const instruction = decoder.decode()
      at = instruction.code === Code.INVALID ? code.length + 1 : at + instruction.length
      instruction.free()
    }
    return at === length
  } finally {
    decoder.free()
  }
}
