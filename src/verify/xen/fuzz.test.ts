/** Whatever the bytes, verify answers; and the answer hangs together. */
import { expect, test } from 'vitest'
import { Random } from '../../../tests/verify/random.ts'
import { toyHypervisor, toyPayload } from '../../../tests/verify/toy.ts'
import { describeVerify } from '../../report/verify-text.ts'
import { verifyPayload, verifyStack, XEN_VERSIONS } from '../index.ts'

/** HOTSPLICE_FUZZ=100000 for a long run. */
const COUNT = Number(process.env.HOTSPLICE_FUZZ ?? 3000)
const SEED = 20261122

const INTERESTING = [0, 1, 2, 3, 4, 7, 8, 0x3f, 0x40, 0x7f, 0x80, 0xff]

/** One to four places changed: a byte, or eight bytes at once. */
function damage(payload: Uint8Array, random: Random): Uint8Array {
  const bytes = payload.slice(0, random.below(20) === 0 ? random.below(payload.length) : payload.length)
  for (let left = 1 + random.below(4); left > 0 && bytes.length > 0; left--) {
    const at = random.below(bytes.length)
    const width = random.below(4) === 0 ? 8 : 1
    for (let i = at; i < at + width && i < bytes.length; i++) bytes[i] = random.pick(INTERESTING)
  }
  return bytes
}

test(`${COUNT} damaged payloads are each judged, and the same way twice`, () => {
  const random = new Random(SEED)
  const payload = toyPayload()
  const symbols = toyHypervisor()
  for (let index = 0; index < COUNT; index++) {
    const bytes = damage(payload, random)
    const version = random.pick(XEN_VERSIONS)
    const input = { payload: bytes, symbols: random.below(10) === 0 ? undefined : symbols, version, on: [] }
    const report = verifyPayload(input)
    const decided = report.checks.find(({ code, status }) => code === report.decidedBy && status === 'failed')
    expect(report.accepted).toBe(report.checks.every(({ status }) => status !== 'failed'))
    expect(report.errno ?? undefined).toBe(decided?.errno)
    expect(describeVerify(report)).toContain(version)
    if (index % 50 === 0) expect(verifyPayload({ ...input, payload: bytes.slice() })).toEqual(report)
  }
})

test('a payload never changes under the eyes of verify', () => {
  const payload = toyPayload()
  const before = payload.slice()
  verifyStack(
    [
      { name: 'one', bytes: payload },
      { name: 'two', bytes: payload },
    ],
    { symbols: toyHypervisor(), version: '4.22' },
  )
  expect(payload).toEqual(before)
})
