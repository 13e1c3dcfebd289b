/** What Xen's loader takes on AArch64 and gets wrong: a verdict of its own. */
import { expect, test } from 'vitest'
import { toyHypervisor } from '../../../tests/verify/toy.ts'
import { type NewRelocation, writeElf } from '../../elf/index.ts'
import { describeVerify } from '../../report/verify-text.ts'
import { verifyPayload } from '../index.ts'

const AARCH64 = 183
const symbols = toyHypervisor({ machine: AARCH64 })
const [PROGBITS, ALLOC, EXECUTE] = [1, 2, 4]
const [CALL26, LDST64, TSTBR14] = [283, 286, 279]

/** Code of 64 KiB, and data behind which nothing is. */
function payload(relocation: Omit<NewRelocation, 'symbol'>): Uint8Array {
  return writeElf({
    header: { machine: AARCH64 },
    sections: [
      {
        name: '.text',
        type: PROGBITS,
        flags: ALLOC | EXECUTE,
        alignment: 16,
        bytes: new Uint8Array(0x10000).fill(0x1f),
        relocations: [{ ...relocation, symbol: 0 }],
      },
    ],
    symbols: [
      {
        name: 'place',
        kind: 'object',
        binding: 'local',
        visibility: 'default',
        place: { in: 'section', section: 0, offset: 0 },
        size: 8,
      },
    ],
  })
}

test.for([
  { name: 'a load of a whole place', type: LDST64, addend: 8n, is: 'passed' },
  { name: 'a load of four bytes more', type: LDST64, addend: 12n, is: 'failed' },
  { name: 'a test that reaches', type: TSTBR14, addend: 0x7ffcn, is: 'passed' },
  { name: 'a test that would reach farther', type: TSTBR14, addend: 0x8000n, is: 'failed' },
  { name: 'a call far away', type: CALL26, addend: 0x8000n, is: 'passed' },
])('$name: $is', ({ type, addend, is }) => {
  const report = verifyPayload({ payload: payload({ offset: 0, type, addend }), symbols, version: '4.17', on: [] })
  const check = report.checks.find(({ code }) => code === 'relocation-cut')
  expect(check?.status).toBe(is)
  expect(check?.errno).toBe(is === 'failed' ? 'wrong' : undefined)
  expect(check?.stage).toBe('run')
  expect(describeVerify(report, { all: true }).includes('bits of it out')).toBe(is === 'failed')
})
