/** `--memory FILE[@ADDRESS]`: what it means, and what is said where it means nothing. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readMemory } from '../../src/flows/hotpatch/running.ts'
import { toyHypervisor } from './toy.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-option-'))
  writeFileSync(join(folder, 'text@1.bin'), Uint8Array.of(1, 2, 3))
})
afterAll(() => rmSync(folder, { recursive: true }))

const symbols = toyHypervisor({ lookup: name => (name === '_stext' ? 0x1000n : undefined) })

test.for([
  { given: 'text@1.bin@', address: 0x1000n },
  { given: 'text@1.bin@ffff82d040200000', address: 0xffff_82d0_4020_0000n },
  { given: 'text@1.bin@0xFF', address: 0xffn },
])('$given begins at $address', ({ given, address }) => {
  const memory = readMemory(join(folder, given), symbols)
  expect(memory.address).toBe(address)
  expect([...memory.bytes]).toEqual([1, 2, 3])
})

test.for([
  { given: 'text@1.bin@here', code: 'build/bad-memory' },
  { given: 'text', code: 'build/cannot-read' },
  { given: 'text@10', code: 'build/cannot-read' },
])('$given: $code', ({ given, code }) => {
  expect(() => readMemory(join(folder, given), symbols)).toThrow(expect.objectContaining({ code }))
})

test('without an address the symbols must have _stext', () => {
  const bare = toyHypervisor({ lookup: () => undefined })
  expect(() => readMemory(join(folder, 'text'), bare)).toThrow(expect.objectContaining({ code: 'build/bad-memory' }))
})
