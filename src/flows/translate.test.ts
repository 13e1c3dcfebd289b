/** What reports are taken for, before any line of a log. */
import { expect, test } from 'vitest'
import { emptyReport, type RunReport } from '../report/model.ts'
import { translate } from './translate.ts'

const report = (name: 'xen' | 'linux', file: string): RunReport => ({
  ...emptyReport('build', '1'),
  outcome: 'built',
  target: { name, version: null, machine: 62 },
  payload: { file, size: 1, sha256: '', buildId: '' },
})
const asked = (name: 'xen' | 'linux', file: string) =>
  translate({
    reports: [{ report: report(name, file) }],
    source: 'patched',
    replace: false,
    fromLog: true,
    version: '1',
  })

test.for([
  ['xen', 'a/fix-1.livepatch', 'fix-1'],
  // As the kernel lists it.
  ['linux', 'a/fix-1.ko', 'fix_1'],
] as const)('%s: %s goes by the name %s', ([name, file, expected]) => {
  expect(
    asked(name, file)
      .report()
      .payloads.map(each => each.name),
  ).toEqual([expected])
})
