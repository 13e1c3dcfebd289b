/** Entry sizes, asked of trees that declare the structures where one version of Xen or another does, or nowhere. */
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { askEntrySizes } from '../../src/flows/hotpatch/entry-sizes.ts'
import { affectedUnits } from '../../src/trees/index.ts'
import { missingFor } from '../xen/tree.ts'
import { built, edit, inFolder } from './support.ts'

const missing = missingFor('gcc', 'make', 'objcopy', 'ld')

const FRAME = 'struct bug_frame { int at, file; };\n'
const LAYOUTS = [
  {
    name: '4.17: lib.h has it by way of another header',
    headers: { 'xen/lib.h': '#include <asm/bug.h>\n', 'asm/bug.h': FRAME },
  },
  { name: '4.20: bug.h has it, lib.h no longer', headers: { 'xen/lib.h': '', 'xen/bug.h': FRAME } },
]
const TABLE = { 'asm/uaccess.h': 'struct exception_table_entry { int at, next, more; };\n' }

describe.skipIf(missing !== '')(`sizes of entries (${missing || 'gcc and make are here'})`, () => {
  const ask = (headers: Readonly<Record<string, string>>) =>
    inFolder(async folder => {
      const files = Object.entries(headers).map(([path, text]) => [join('xen/include', path), text])
      const tree = await built(folder, Object.fromEntries(files))
      return askEntrySizes(tree, await affectedUnits(tree, edit(tree, 'xen/common/one.c', 'x + ', 'x - ')))
    })

  test.for(LAYOUTS)('$name', async ({ headers }) => {
    const { known, notices } = await ask({ ...headers, ...TABLE })
    expect([...(known.probed ?? [])]).toEqual([
      ['.bug_frames.0', 8],
      ['.bug_frames.1', 8],
      ['.bug_frames.2', 8],
      ['.ex_table', 12],
    ])
    expect(notices).toEqual([])
  })

  test('a structure that is nowhere is told, and the others are known all the same', async () => {
    const { known, notices } = await ask({ 'xen/lib.h': '', ...TABLE })
    expect([...(known.probed ?? [])]).toEqual([['.ex_table', 12]])
    expect(notices.map(({ code, text }) => [code, /^the size of (\S+)’s/.exec(text)?.[1]])).toEqual([
      ['entry-size-unknown', '.bug_frames.0'],
      ['entry-size-unknown', '.bug_frames.1'],
      ['entry-size-unknown', '.bug_frames.2'],
    ])
  })
})
