/** What is said of a thread in the way: which word, where it leads, and what to do. */
import { expect, test } from 'vitest'
import { readWork, WORK } from './layout.ts'
import { explainWork, type NamedRange } from './obstacles.ts'

const KNOWN: readonly NamedRange[] = [
  { name: 'step', start: 0x401000, end: 0x401040 },
  { name: 'a part of step', start: 0x402000, end: 0x402010 },
  { name: 'the new step', start: 0x500000, end: 0x500080 },
]

interface Held {
  readonly place: number
  /** As the agent numbers them. */
  readonly spot?: number
  readonly held?: number
  readonly same?: number
  readonly attempts?: number
}

test.for<[what: string, held: Held, words: string, wayOut: string | undefined]>([
  [
    'a return on the stack',
    { place: 0x401012, spot: 3, same: 1 },
    'the word at 0x7ffe00000058 of its stack, 0x58 above the stack pointer, holds step+0x12 (0x401012), in the only attempt',
    undefined,
  ],
  [
    'the same word each time',
    { place: 0x401012, spot: 3, same: 9, attempts: 12 },
    'the word at 0x7ffe00000058 of its stack, 0x58 above the stack pointer, holds step+0x12 (0x401012), in the last of 12 attempts',
    'the same word in each of the last 9 attempts: either a call that lasts',
  ],
  [
    'a register',
    { place: 0x402004, spot: 2, held: 11, same: 2, attempts: 2 },
    'its register rbx holds a part of step+0x4 (0x402004), in the last of 2 attempts',
    'the same register in each of the last 2 attempts',
  ],
  [
    'a thread that is there',
    { place: 0x500000, spot: 1, same: 3, attempts: 3 },
    'it runs at the new step+0x0 (0x500000), in the last of 3 attempts',
    'it was there in each of the last 3 attempts: let it come out',
  ],
  ['code without a name', { place: 0x600000, spot: 1 }, 'it runs at 0x600000, in the only attempt', undefined],
  ['an agent that does not tell', { place: 0x401012 }, 'it has step+0x12 (0x401012), in the only attempt', undefined],
  ['a register of no number', { place: 0x401012, spot: 2, held: 99, same: 5 }, 'it has step+0x12', undefined],
])('%s', ([, held, words, wayOut]) => {
  const [said, advice, ...more] = explainWork(workWith(held), KNOWN)
  expect(said).toContain(`thread 77 was in what is replaced, or would return to it: ${words}`)
  expect(more).toEqual([])
  if (wayOut === undefined) expect(advice).toBeUndefined()
  else expect(advice).toContain(wayOut)
})

function workWith({ place, spot = 0, held = 0, same = 0, attempts = 1 }: Held) {
  const view = new DataView(new ArrayBuffer(WORK.size))
  view.setUint32(84, attempts, true)
  view.setUint32(88, 1, true)
  view.setUint32(92, 77, true)
  view.setBigUint64(96, BigInt(place), true)
  view.setBigUint64(120, 0x7ffe00000058n, true)
  view.setBigUint64(128, 0x7ffe00000000n, true)
  view.setUint32(136, spot, true)
  view.setUint32(140, held, true)
  view.setUint32(144, same, true)
  return readWork(new Uint8Array(view.buffer))
}
