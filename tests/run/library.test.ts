/** Documented examples of the library that need the real Xen, as somebody else's project has them: from the packed package. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Consumer, documentedExamples, giveHypervisor, makeConsumer } from '../library/consumer.ts'
import { buildPayload } from '../xen/command.ts'
import { patchText } from '../xen/edits.ts'
import { missingFor, toBootXen, toBuildXen, xenTree } from '../xen/tree.ts'

const missing = missingFor(...toBuildXen, ...toBootXen)
const examples = documentedExamples().filter(({ needs }) => needs !== '')
/** As the README has it. */
const EDIT = { file: 'xen/common/kernel.c', find: '(xen_major_version() << 16)', put: '(xen_major_version() << 15)' }

describe.skipIf(missing !== '')(`the packed library on the real Xen ${missing}`, () => {
  let work = ''
  let consumer: Consumer
  beforeAll(async () => {
    work = mkdtempSync(join(tmpdir(), 'hotsplice-library-'))
    const tree = xenTree('release')
    const patch = join(work, 'version.patch')
    writeFileSync(patch, patchText(xenTree('source'), [EDIT]), 'latin1')
    const { payload, stderr } = await buildPayload({ tree, patch, folder: work })
    if (payload === undefined) throw new Error(stderr)
    consumer = makeConsumer(new Map(examples.map(({ name, code }) => [name, code])))
    giveHypervisor(consumer, join(tree, 'xen'), payload)
    expect(consumer.compile()).toBe('')
  })
  afterAll(() => {
    consumer?.remove()
    rmSync(work, { recursive: true, force: true })
  })

  test('there are some', () => {
    expect(examples.length).toBeGreaterThanOrEqual(3)
  })

  test.for(examples)('the example of $name', ({ name }) => {
    const { status, said } = consumer.run(name)
    expect({ status, said: status === 0 ? '' : said }).toEqual({ status: 0, said: '' })
  })
})
