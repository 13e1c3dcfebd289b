/** AArch64 code for people: as words, since nothing here knows the names of its instructions (report/page/instruction-names.ts). */
import type { InstructionText } from '../machine.ts'
import { WORD, wordsOf } from './words.ts'

export function texts(code: Uint8Array): readonly InstructionText[] {
  return [...wordsOf(code)].map(({ at, word }) => ({
    start: at,
    end: at + WORD,
    text: `.inst 0x${word.toString(16).padStart(8, '0')}`,
  }))
}
