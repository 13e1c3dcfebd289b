/**
 * Command lines as the shell splits them, for commands that a build wrote down.
 *
 * Only what needs no shell to understand is accepted: quotes and backslashes. A command with a variable, a pipe or a
 * pattern has no single meaning here; such a command is `undefined`, never guessed at.
 */

const OPERATORS = new Set(['|', '&', ';', '<', '>', '(', ')', '`', '$', '*', '?', '[', '#', '~', '{', '}'])
/** These have a meaning only at a word's beginning, or where they stand alone. */
const FIRST_ONLY = new Set(['#', '~', '{', '}'])
const SPACE = new Set([' ', '\t', '\n'])

/** The words of one simple command, or undefined where a shell would be needed. */
export function shellWords(text: string): string[] | undefined {
  const words: string[] = []
  let word: string | undefined
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at)
    if (SPACE.has(char)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else if (char === "'" || char === '"') {
      const quoted = readQuoted(text, at)
      if (quoted === undefined) return undefined
      word = (word ?? '') + quoted.text
      at = quoted.end
    } else if (char === '\\') {
      at++
      if (at === text.length) return undefined
      if (text[at] !== '\n') word = (word ?? '') + text.charAt(at)
    } else if (OPERATORS.has(char) && !(word !== undefined && FIRST_ONLY.has(char))) {
      return undefined
    } else {
      word = (word ?? '') + char
    }
  }
  if (word !== undefined) words.push(word)
  return words
}

/** The text between the quote at `start` and its partner, and where that partner is. */
function readQuoted(text: string, start: number): { readonly text: string; readonly end: number } | undefined {
  const quote = text.charAt(start)
  let inside = ''
  for (let at = start + 1; at < text.length; at++) {
    const char = text.charAt(at)
    if (char === quote) return { text: inside, end: at }
    if (quote === '"' && (char === '$' || char === '`')) return undefined
    if (quote === '"' && char === '\\' && '\\"$`\n'.includes(text.charAt(at + 1))) {
      at++
      if (text[at] !== '\n') inside += text.charAt(at)
    } else {
      inside += char
    }
  }
  return undefined
}

/** A command as a reader can paste it into a shell. */
export function shellText(words: readonly string[]): string {
  return words.map(word => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ')
}
