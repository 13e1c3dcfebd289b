/** The words of a link command that name what may be linked. */
import { join } from 'node:path'

/** What a linker script takes beside (INPUT) is not read: such a link is not known. */
const SCRIPT = /^(?:-T|--script|--default-script|-dT)/
/** A library by its name, in one word or two. */
const LIBRARY = /^(?:-l|--library=)(?=.)/
const NAMED_LIBRARY = /^(?:-l|--library)$/

/** Undefined where the words do not say all. */
export function linkInputs(words: readonly string[], folder: string): readonly string[] | undefined {
  const inputs: string[] = []
  let isLibrary = false
  // What goes on to the linker may name files as well: -Wl,--whole-archive,libx.a.
  for (const word of words.flatMap(each => (each.startsWith('-Wl,') ? each.slice(4).split(',') : [each]))) {
    if (SCRIPT.test(word) || word.startsWith('@')) return undefined
    if (isLibrary) inputs.push(`-l${word}`)
    else if (LIBRARY.test(word)) inputs.push(word.replace(LIBRARY, '-l'))
    else if (word !== '' && !word.startsWith('-')) inputs.push(join(word.startsWith('/') ? '/' : folder, word))
    isLibrary = NAMED_LIBRARY.test(word)
  }
  return inputs
}
