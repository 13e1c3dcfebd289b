/** White space means nothing around tokens, and something within literals. */
const LITERALS_AND_SPACE = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\s+/g

/** With one blank for each run of white space; strings and characters stay as they are. */
export function withOneBlank(text: string): string {
  return text.replace(LITERALS_AND_SPACE, found => (/^\s/.test(found) ? ' ' : found))
}
