/** The words of a link command that name what may be linked. */
import { join } from 'node:path'

/** What a linker script takes beside (INPUT) is not read: such a link is not known. */
const SCRIPT = /^(?:-T|--script|--default-script|-dT)/

/** Undefined where the words do not say all. */
export function linkInputs(words: readonly string[], folder: string): readonly string[] | undefined {
  const inputs: string[] = []
  // What goes on to the linker may name files as well: -Wl,--whole-archive,libx.a.
  for (const word of words.flatMap(each => (each.startsWith('-Wl,') ? each.slice(4).split(',') : [each]))) {
    if (SCRIPT.test(word) || word.startsWith('@')) return undefined
    if (/^-l./.test(word)) inputs.push(word)
    else if (word !== '' && !word.startsWith('-')) inputs.push(join(word.startsWith('/') ? '/' : folder, word))
  }
  return inputs
}
