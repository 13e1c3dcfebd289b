import { expect, test } from 'vitest'
import { answerOf, type HarmlessFacts } from './harmless-answer.ts'

const NOTHING: HarmlessFacts = { replaced: 0, refused: 0, unsafe: 0, changed: [] }

test.for<{ name: string; way: Parameters<typeof answerOf>[0]; facts: Partial<HarmlessFacts>; answer: string }>([
  { name: 'nothing found', way: 'mask', facts: {}, answer: 'right' },
  { name: 'nothing found, though lines lost their numbers', way: 'neutral', facts: { unsafe: 3 }, answer: 'right' },
  { name: 'a size', way: 'mask', facts: { replaced: 1, changed: ['size'] }, answer: 'none' },
  { name: 'a size and a byte', way: 'mask', facts: { replaced: 2, changed: ['size', 'byte'] }, answer: 'wrong' },
  { name: 'a refusal without any change', way: 'mask', facts: { refused: 1 }, answer: 'wrong' },
  { name: 'a replacement without any change', way: 'mask', facts: { replaced: 1 }, answer: 'wrong' },
  { name: 'a change that nothing comes of', way: 'mask', facts: { changed: ['byte'] }, answer: 'wrong' },
  { name: 'a line', way: 'neutral', facts: { replaced: 1, unsafe: 1, changed: ['byte'] }, answer: 'none' },
  {
    name: 'a byte, and every line kept its number',
    way: 'neutral',
    facts: { replaced: 1, changed: ['byte'] },
    answer: 'wrong',
  },
  { name: 'a refusal alone', way: 'neutral', facts: { refused: 1, unsafe: 1 }, answer: 'wrong' },
  { name: 'a size', way: 'auto', facts: { replaced: 1, changed: ['size'] }, answer: 'wrong' },
  {
    name: 'a size where lines lost their numbers',
    way: 'auto',
    facts: { replaced: 1, unsafe: 1, changed: ['size'] },
    answer: 'wrong',
  },
])('$way: $name is $answer', ({ way, facts, answer }) => {
  expect(answerOf(way, { ...NOTHING, ...facts })).toBe(answer)
})
