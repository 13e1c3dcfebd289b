/** Lines that go on behind a backslash; white space may stand between it and the line's end, as gcc has it. */
export const SPLICE = /\\[ \t\f\v\r]*\n/y

export function withoutSplices(text: string): string {
  return text.replace(/\\[ \t\f\v\r]*\n/g, '')
}

/** The `+` in `1e+5`, which belongs to the number. */
export function isExponentSign(text: string, at: number): boolean {
  const character = text[at]
  if (character !== '+' && character !== '-') return false
  const before = text[at - 1]
  return before === 'e' || before === 'E' || before === 'p' || before === 'P'
}
