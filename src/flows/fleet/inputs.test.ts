/** What a fleet's file asks of a build arrives there, and names the result. */
import { expect, test } from 'vitest'
import { type ReadBase, readFix } from './inputs.ts'
import type { JobBase } from './job.ts'
import { jobOf } from './job-of.ts'
import { readFleet } from './read-fleet.ts'

const jobWith = (options: string) => {
  const text = `bases:\n  - { name: one, tree: t, target: process }\nfixes:\n  - { name: f, patches: [p], options: ${options} }\n`
  const { bases, fixes } = readFleet(text, 'FLEET.yaml')
  const [base, fix] = [bases[0], fixes[0]]
  if (base === undefined || fix === undefined) throw new Error('the file has neither')
  const job: JobBase = { tree: 't', target: base.target, makeArgs: [] }
  const read: ReadBase = { base, job, tree: '', on: [], patches: [], told: '', given: [], rehearsal: undefined }
  const own = readFix(fix, { readFile: () => new Uint8Array() })
  return jobOf({ read, fix: own, series: [own], below: [], replaced: [], version: '1' }).job
}

test('every option of a fix is one of the build', () => {
  const plain = jobWith('{}')
  expect(plain.options.compileAll).toBe(false)
  const job = jobWith('{ compile-all: true, lines: mask, accept-type: [s], leave-init: [i], promote-callers: [c] }')
  expect(job.options).toMatchObject({
    compileAll: true,
    lines: 'mask',
    acceptTypes: ['s'],
    leaveInit: ['i'],
    promoteCallers: ['c'],
  })
  expect(job.key).not.toBe(plain.key)
})
