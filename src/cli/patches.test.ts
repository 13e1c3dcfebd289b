/** `-p`: names in a patch without prefixes, or with longer ones, lead to the same files. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runHere } from '../../tests/support/run-here.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-strip-'))
  mkdirSync(join(folder, 'tree/lib'), { recursive: true })
  writeFileSync(join(folder, 'tree/lib/f.c'), 'int a;\nint b;\n')
  for (const [at, prefix] of [
    [0, ''],
    [1, 'new/'],
    [3, 'work/of/today/'],
  ] as const) {
    const text = `--- ${prefix}lib/f.c\n+++ ${prefix}lib/f.c\n@@ -1,2 +1,3 @@\n int a;\n+int c;\n int b;\n`
    writeFileSync(join(folder, `${at}.patch`), text)
  }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const neutralize = (patch: string, ...more: readonly string[]) =>
  runHere(['neutralize', '--tree', join(folder, 'tree'), '--patch', join(folder, patch), ...more])

test('the same rewritten patch, whatever stands in front of its names', async () => {
  const usual = await neutralize('1.patch')
  expect(usual.stdout).toContain('+++ b/lib/f.c')
  expect(await neutralize('0.patch', '-p0')).toEqual(usual)
  expect(await neutralize('0.patch', '-p', '0')).toEqual(usual)
  expect(await neutralize('3.patch', '--strip', '3')).toEqual(usual)
})

test.for([
  [['0.patch'], 'which the tree does not have', 'without their first component (-p says how many)'],
  [['0.patch', '-p2'], 'names no file that is left', 'how many components to strip'],
  [['0.patch', '-p', '-1'], 'It must be a whole number, 0 or more', ''],
  [['0.patch', '-px'], 'It must be a whole number, 0 or more', ''],
] as const)('%s is an error with a way out', async ([[patch, ...more], fact, hint]) => {
  const { status, stderr } = await neutralize(patch, ...more)
  expect(status).toBe(1)
  expect(stderr).toContain(fact)
  expect(stderr).toContain(hint)
})
