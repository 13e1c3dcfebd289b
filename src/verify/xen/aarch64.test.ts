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

const [PREL32, WORDS] = [261, 4]
const [NOP, BRANCH, IF_EQUAL] = [0xd503201f, 0x14000000, 0x54000000]
/** A branch by so many words. */
const by = (words: number) => BRANCH | (words & 0x3ffffff)
const COMPARED = 0x74000000

test.for([
  { that: 'another byte order', at: 5, value: 2 },
  { that: 'no byte order', at: 5, value: 0 },
  { that: 'flags', at: 48, value: 4 },
])('a header with $that is taken, and wrong', ({ at, value }) => {
  const payload = Uint8Array.from(altered([NOP, NOP]))
  payload[at] = value
  const report = verifyPayload({ payload, symbols, version: '4.17', on: [] })
  expect(report.checks.find(({ code }) => code === 'header-marks')).toMatchObject({ status: 'failed', errno: 'wrong' })
  expect(report).toMatchObject({ accepted: false, errno: 'wrong', stage: 'upload', decidedBy: 'header-marks' })
})

/** A payload of four words of code, of which an alternative replaces two by `replacement`. */
function altered(replacement: readonly number[], [from, to]: readonly [number, number] = [8, 8]): Uint8Array {
  const place = (section: number) => ({ in: 'section', section, offset: 0 }) as const
  const symbol = (section: number) =>
    ({ name: '', kind: 'section', binding: 'local', visibility: 'default', place: place(section), size: 0 }) as const
  const code = (words: readonly number[]) => new Uint8Array(Uint32Array.from(words).buffer)
  return writeElf({
    header: { machine: AARCH64 },
    sections: [
      {
        name: '.text',
        type: PROGBITS,
        flags: ALLOC | EXECUTE,
        alignment: 16,
        bytes: code([NOP, NOP, NOP, 0xd65f03c0]),
      },
      {
        name: '.altinstr_replacement',
        type: PROGBITS,
        flags: ALLOC | EXECUTE,
        alignment: WORDS,
        bytes: code(replacement),
      },
      {
        name: '.altinstructions',
        type: PROGBITS,
        flags: ALLOC,
        alignment: WORDS,
        bytes: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 4, 0, from, to),
        relocations: [0, 1].map(section => ({ offset: section * WORDS, type: PREL32, symbol: section, addend: 0n })),
      },
    ],
    symbols: [symbol(0), symbol(1)],
  })
}

test.for([
  { name: 'no branch', replacement: [NOP, NOP], is: 'passed' },
  { name: 'a branch within', replacement: [by(1), NOP], is: 'passed' },
  { name: 'a branch to its end', replacement: [by(2), NOP], is: 'passed' },
  { name: 'a branch back into the code', replacement: [NOP, by(-5)], is: 'failed' },
  { name: 'a condition that leads there', replacement: [IF_EQUAL | (((-4 & 0x7ffff) << 5) >>> 0), NOP], is: 'failed' },
  { name: 'a branch to nowhere', replacement: [by(0x100000), NOP], is: 'failed' },
  {
    name: 'a branch that Xen does not know, and copies',
    replacement: [COMPARED | ((-4 & 0x1ff) << 5), NOP],
    is: 'failed',
  },
])('a replacement with $name: $is', ({ replacement, is }) => {
  const report = verifyPayload({ payload: altered(replacement), symbols, version: '4.17', on: [] })
  const check = report.checks.find(({ code }) => code === 'alternatives-inward')
  expect(check?.status, check?.text).toBe(is)
})
