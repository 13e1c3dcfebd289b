/** In which form the code of a function is listed: as instructions, or as what stands for them where nobody named them. */
import type { Listing } from '../model.ts'

/** What words of a machine's code, and bytes of one that is not known, stand behind. */
export const WORD = '.inst'
export const BYTES = '.byte'

export type CodeForm = 'instructions' | 'words' | 'bytes'

/** A disassembler leaves some words as they are: data among code, and instructions that are newer than it. */
export function codeForm({ original, patched }: Pick<Listing, 'original' | 'patched'>): CodeForm {
  const texts = [original, patched].flatMap(code => code?.instructions.map(([, text]) => text) ?? [])
  const all = (form: string) => texts.length > 0 && texts.every(text => text.startsWith(`${form} `))
  if (all(WORD)) return 'words'
  return all(BYTES) ? 'bytes' : 'instructions'
}

/** What is said of code that nobody named. */
export const FORM_WORDS: Readonly<Record<CodeForm, string>> = {
  instructions: '',
  words: 'Its instructions are shown as words: no disassembler was there that knows this machine.',
  bytes: 'Its instructions are shown as bytes: hotsplice does not know this machine.',
}
