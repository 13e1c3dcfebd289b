/** What gcc's preprocessor finds wrong with a neutralized text. */
import type { NeutralFile } from '../../src/lines/neutral-model.ts'
import type { TouchedFile } from '../../src/source/model.ts'
import { presumedTokens } from './presumed.ts'

/** Numbers, and names pasted from them: what a line number may turn into. */
export const isLineNumber = (text: string) => /^u?\d+$/.test(text)

/** What is wrong with the rewritten text, seen through gcc with these options; empty where nothing is. */
export function faults(change: TouchedFile, neutral: NeutralFile, options: readonly string[]): string[] {
  const before = presumedTokens(change.newText, options)
  if (before === undefined) return []
  const after = presumedTokens(neutral.text, options)
  if (after === undefined) return ['gcc refuses it']
  if (after.length !== before.length) return [`${before.length} tokens have become ${after.length}`]
  const found: string[] = []
  for (const [index, { text, line }] of before.entries()) {
    const now = after[index] ?? { text: '', line: 0 }
    if (now.text !== text && !(isLineNumber(text) && isLineNumber(now.text)))
      found.push(`${text} has become ${now.text}`)
    const original = change.lineMap.toOriginal[line] ?? 0
    const unsafe = neutral.unsafe.some(({ patched, patchedEnd }) => line >= patched && line < patchedEnd)
    if (original > 0 && !unsafe && now.line !== original) {
      found.push(`${text} of original line ${original}, patched line ${line}, is on line ${now.line}`)
    }
    if (!unsafe && neutral.numbers[line] !== now.line && original > 0)
      found.push(`line ${line} is said to be ${neutral.numbers[line]}`)
  }
  return found
}
