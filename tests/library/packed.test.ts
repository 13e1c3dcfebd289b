/**
 * The packed package as somebody else's project has it: its declarations compile at the strictest, types are what they are
 * said to be, and each documented example does what it says. What needs a hypervisor is in tests/run/library.test.ts.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasGcc, withoutGcc } from '../support/gcc.ts'
import { type Consumer, documentedExamples, examplesOfPage, makeConsumer } from './consumer.ts'

/** Without it there is no certificate to sign with. */
const hasOpenssl = spawnSync('openssl', ['version']).status === 0
const examples = [...documentedExamples(), ...examplesOfPage('docs/library.md')].filter(({ needs }) => needs === '')
const here = examples.filter(({ code }) => hasOpenssl || !code.includes('cert.pem'))
const TYPES = 'types.ts'

describe.skipIf(!hasGcc)(
  `the packed library${withoutGcc}${hasOpenssl ? '' : ' (openssl is missing: nothing is signed)'}`,
  () => {
    let consumer: Consumer
    beforeAll(() => {
      const types = readFileSync(join(import.meta.dirname, TYPES), 'utf8')
      consumer = makeConsumer(new Map([...examples.map(({ name, code }) => [name, code] as const), [TYPES, types]]))
    })
    afterAll(() => consumer?.remove())

    test('compiles under strict, its own declarations included, and types are as they are said to be', () => {
      expect(consumer.compile()).toBe('')
    })

    test.for(here)('the example of $name', ({ name }) => {
      const { status, said } = consumer.run(name)
      expect({ status, said: status === 0 ? '' : said }).toEqual({ status: 0, said: '' })
    })
  },
)
