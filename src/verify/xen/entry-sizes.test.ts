/** A payload with tables that the rules would read with another stride than its loader does is not accepted. */
import { expect, test } from 'vitest'
import { Editor } from '../../../tests/verify/editor.ts'
import { toyHypervisor, toyPayload } from '../../../tests/verify/toy.ts'
import { verifyPayload, type XenVersion } from '../index.ts'
import { entrySizesOfRules } from './entry-sizes.ts'

const X86_64 = 62

function judge(sizes: readonly (readonly [string, number])[], version: XenVersion = '4.21', payload = toyPayload()) {
  const entrySizes = new Map(sizes)
  return verifyPayload({ payload, symbols: toyHypervisor(), version, tableUse: 'reads', entrySizes, on: [] })
}

test('sizes as the rules have them, and of tables that the payload has not, change nothing', () => {
  const plain = judge([])
  expect(plain.accepted).toBe(true)
  expect(judge([...entrySizesOfRules(X86_64)])).toEqual(plain)
  expect(judge([['.bug_frames.0', 12]])).toEqual(plain)
})

test('frames of assertions are like others on AArch64', () => {
  const frames = [...entrySizesOfRules(183)].filter(([section]) => section.startsWith('.bug_frames'))
  expect(frames).toEqual([0, 1, 2, 3].map(kind => [`.bug_frames.${kind}`, 16]))
})

test.for([
  { section: '.altinstructions', size: 16, rules: 14, before: '4.17' },
  { section: '.ex_table', size: 12, rules: 8, before: '4.17' },
  { section: '.bug_frames.1', size: 16, rules: 8, before: '4.17' },
  { section: '.alt_call_sites', size: 8, rules: 4, before: undefined },
] as const)('entries of $section that have $size bytes are not read as $rules', ({ section, size, rules, before }) => {
  const report = judge([[section, size]])
  expect(report).toMatchObject({ accepted: false, errno: 'EINVAL', stage: 'upload', decidedBy: 'understood' })
  const text = report.checks.find(({ code }) => code === 'understood')?.text
  expect(text).toContain(`entries of ${section} have ${size} bytes in this tree, and ${rules} by the rules of Xen 4.21`)
  // Before 4.21 the loader does not look at alternative calls.
  expect(judge([[section, size]], '4.17').accepted).toBe(before === undefined)
})

test('several are all told, the first in the loader’s order decides, and what is wrong before them counts before', () => {
  const sizes = [
    ['.ex_table', 12],
    ['.altinstructions', 16],
  ] as const
  const told = judge(sizes).checks.filter(({ code }) => code === 'understood')
  expect(told.map(({ text }) => /entries of (\S+)/.exec(text)?.[1])).toEqual(['.altinstructions', '.ex_table'])
  const broken = new Editor(toyPayload()).setSection('.text', 'flags', 7).bytes
  expect(judge(sizes, '4.21', broken)).toMatchObject({ accepted: false, decidedBy: 'section-access' })
})
