/** A few drawn cases of kinds whose effect lies between objects; scripts/variations.ts judges more. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { agentFile } from '../../src/hosts/process/agent-file.ts'
import { hasGcc } from '../support/gcc.ts'
import { sampled } from '../support/sampled.ts'
import { judgeObject } from './judge-object.ts'
import { judgeVariation } from './judge-variation.ts'
import { KINDS } from './kinds.ts'
import { OBJECT_KINDS } from './object-kinds.ts'

const possible = hasGcc && process.arch === 'x64' && process.platform === 'linux'

describe.skipIf(!possible)('variations of kinds (need gcc on x86-64 Linux)', () => {
  let cache = ''
  let agent = ''
  beforeAll(() => {
    cache = mkdtempSync(join(tmpdir(), 'hotsplice-variations-'))
    agent = agentFile(cache)
  })
  afterAll(() => rmSync(cache, { recursive: true, force: true }))

  test.each(sampled(KINDS))('$name', async kind => {
    const { ended, words, options } = await judgeVariation(kind, 2, agent, cache)
    expect(`${ended}: ${options}: ${words}`).not.toMatch(/^wrong/)
  })
})

test.each(OBJECT_KINDS)('of two objects: $name', kind => {
  const judged = [1, 2, 3].map(seed => judgeObject(kind, seed))
  for (const { ended, words, options } of judged) expect(`${ended}: ${options}: ${words}`).not.toMatch(/^wrong/)
})
