import { type Chunk, newLines, oldLines } from './chunks.ts'
import type { Treatment } from './layout.ts'
import type { UnsafeLines } from './neutral-model.ts'
import type { Numbering } from './numbering.ts'

/** The words for what neutralizing did and could not do. */

const WHY_OFF: Readonly<Record<UnsafeLines['because'], string>> = {
  'continued-line': 'go on from a line that ends with a backslash',
  directive: 'belong to a directive',
  comment: 'begin inside a comment',
  string: 'begin inside a string',
  'raw-string': 'begin inside a raw string',
  parentheses: 'stand between parentheses that may be those of a macro call',
  'macro-call': "stand between what may be a macro's name and its arguments",
  'joined-lines': 'hold tokens of several original lines',
  'own-numbers': 'are in a file that numbers its lines itself, with #line',
  trigraphs: 'are in a file with `??/` or `??=`, which with -trigraphs goes on in the next line, or begins a directive',
  'no-place': 'have no place above them where a directive may stand',
}

export function explainOff(because: UnsafeLines['because'], first: number, last: number): string {
  const what = first === last ? `line ${first} does` : `lines ${first} to ${last} do`
  return `${what} not keep ${first === last ? 'its number' : 'their numbers'}: such lines ${WHY_OFF[because]}`
}

export function explainReformat(chunk: Chunk, how: Treatment): string {
  const [before, after] = [count(oldLines(chunk)), count(newLines(chunk))]
  switch (how) {
    case 'restored':
      return `${after} put back as the original ${before}: no token differs, and no directive may stand there`
    case 'joined':
      return `${after} on the original's ${before}: no directive may stand there`
    case 'padded':
      return `empty lines added to ${after}, as the original had ${before}: no directive may stand there`
    case 'as-is':
      return ''
  }
}

export function numberingNotes({ how }: Numbering, lineCount: number, limit: number): string[] {
  if (how !== 'between' && how !== 'shared') return []
  const limits = `the original has ${count(lineCount)}, and ${limit} is the largest number that the target holds`
  const numbers =
    how === 'between'
      ? 'added lines get numbers of original lines without code'
      : 'some added lines share their numbers with lines that did not change'
  return [`${numbers}: ${limits}`]
}

const count = (lines: number) => (lines === 1 ? '1 line' : `${lines} lines`)
