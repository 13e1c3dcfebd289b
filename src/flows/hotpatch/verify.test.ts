/** A payload whose special sections its rules would read with another stride than its loader does, is not passed on. */
import { expect, test } from 'vitest'
import { toyHypervisor, toyPayload } from '../../../tests/verify/toy.ts'
import type { Payload } from '../../assemble/model.ts'
import { targetOf } from '../../loaders/loaders.ts'
import { PROCESS } from '../../loaders/process/process.ts'
import { XEN } from '../../loaders/xen/xen.ts'
import { X86_64 } from '../../machines/x86-64/x86-64.ts'
import { Stopwatch } from './stopwatch.ts'
import { checkAssembled } from './verify.ts'

const section = (name: string) => ({ name, type: 1, flags: 2, alignment: 1, size: 0 })
const PAYLOAD: Payload = {
  bytes: toyPayload(),
  buildId: '',
  sections: ['.text', '.altinstructions', '.ex_table'].map(section),
  map: [],
  symbols: [],
  notices: [],
}

const check = (sizes: readonly (readonly [string, number])[] | undefined, loader = XEN) =>
  checkAssembled(PAYLOAD, {
    target: targetOf(loader, X86_64.number),
    running: { symbols: toyHypervisor(), version: '4.21', tableUse: 'reads', below: [] },
    options: {},
    entrySizes: sizes && new Map(sizes),
    watch: new Stopwatch({}),
  })

test.for([
  { name: 'nothing was asked', sizes: undefined, refused: [] },
  {
    name: 'the sizes are those of the rules',
    sizes: [
      ['.altinstructions', 14],
      ['.ex_table', 8],
    ] as const,
    refused: [],
  },
  { name: 'another size, of a section that the payload has not', sizes: [['.bug_frames.0', 16]] as const, refused: [] },
  { name: 'alternatives are larger', sizes: [['.altinstructions', 16]] as const, refused: ['.altinstructions'] },
  { name: 'the exception table is', sizes: [['.ex_table', 12]] as const, refused: ['.ex_table'] },
])('$name: refused $refused', ({ sizes, refused }) => {
  const { payload, refusals } = check(sizes)
  expect(refusals.map(({ code, symbol }) => [code, symbol])).toEqual(refused.map(name => ['loader-unknown', name]))
  expect(payload === undefined).toBe(refused.length > 0)
})

test('a loader whose rules are not known here checks for itself', () => {
  expect(check([['.altinstructions', 16]], PROCESS)).toMatchObject({ refusals: [], payload: PAYLOAD })
})
