/** White space means nothing around tokens, and something within literals; a directive ends with its line. */
export const LITERALS_AND_SPACE = /^[ \t]*#[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\s+/gm

/** With one blank for each run of white space; literals and directives stay as they are. */
export function withOneBlank(text: string): string {
  return text.replace(LITERALS_AND_SPACE, found => {
    if (found.includes('#') && /^[ \t]*#/.test(found)) return `${found}\n`
    return /^\s/.test(found) ? ' ' : found
  })
}
