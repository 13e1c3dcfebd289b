import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { allCases } from './cases/all.ts'
import { type Edit, editFiles, patchText } from './edits.ts'
import { missingFor, toBuildXen, xenTree } from './tree.ts'

const missing = missingFor(...toBuildXen, 'patch')

describe.skipIf(missing !== '')(`edits of Xen's source as patches ${missing}`, () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplice-patch-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const everyEdit: [string, readonly Edit[]][] = allCases.flatMap(({ name, edits, probe }) => [
    [name, edits] as [string, readonly Edit[]],
    ...(probe ? [[`${name}: probe`, probe.edits] as [string, readonly Edit[]]] : []),
  ])

  test.for(everyEdit)('%s: patch(1) makes of the source what the edits say', { timeout: 60_000 }, ([, edits]) => {
    const tree = xenTree('source')
    const edited = editFiles(tree, edits)
    for (const { file } of edited.filter(({ before }) => before !== undefined)) {
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      cpSync(join(tree, file), join(folder, file))
    }
    execFileSync('patch', ['-p1', '--fuzz=0', '-s', '-d', folder], {
      input: Buffer.from(patchText(tree, edits), 'latin1'),
    })
    for (const { file, after } of edited) expect(readFileSync(join(folder, file), 'latin1') === after, file).toBe(true)
  })

  test('a text that is not there, or there twice, is named', { timeout: 600_000 }, () => {
    const tree = xenTree('source')
    const file = 'xen/common/version.c'
    const edit = (find: string, after?: string) => () =>
      editFiles(tree, [{ file, find, put: '', ...(after === undefined ? {} : { after }) }])
    expect(edit('no such text')).toThrow('does not hold "no such text"')
    expect(edit('return ')).toThrow('more than once')
    expect(edit('XEN_CHANGESET', 'xen_deny(void)')).toThrow('after "xen_deny(void)"')
    expect(existsSync(join(tree, file))).toBe(true)
  })
})
