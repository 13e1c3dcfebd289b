/** A bounded part of `make fuzz`: every reader, a few wrong inputs each, in this process. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { hasGcc } from '../support/gcc.ts'
import { carryOut, sound } from './carry-out.ts'
import { READER_NAMES, wrongInput } from './wrong-inputs.ts'

const SEED = 1
/** Those that start no compiler and need no other program. */
const HERE = READER_NAMES.filter(name => name !== 'commands' && name !== 'agents')
const EACH = 40

const given = sound({ lines: 2000, line: 2000 })
let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-fuzz-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test.for(HERE)(`${EACH} wrong %s of seed ${SEED} end with 0 to 3`, async reader => {
  const statuses = new Set<number>()
  for (let number = 0; number < EACH; number++) {
    const input = wrongInput(reader, SEED, number, given)
    if (input.args[0] === 'build') continue
    const { status, said } = await carryOut(input, join(folder, 'case'))
    expect(status, `make fuzz SEED=${SEED} ONLY=${reader}:${number}\n${said}`).toBeLessThanOrEqual(3)
    statuses.add(status)
  }
  // Damage that never shows would find nothing.
  if (reader !== 'logs') expect(statuses).toContain(1)
  // And damage that always shows would be found by the first line that reads.
  if (['objects', 'payloads', 'patches', 'reports', 'logs'].includes(reader)) expect(statuses).toContain(0)
  if (hasGcc && ['payloads', 'symbols', 'keys'].includes(reader)) expect(statuses).toContain(2)
})

test('a case is the same whenever it is made', () => {
  for (const reader of HERE.filter(name => name !== 'keys')) {
    expect(wrongInput(reader, 7, 3, given)).toEqual(wrongInput(reader, 7, 3, given))
  }
})
