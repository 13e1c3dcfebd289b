import { expect, test } from 'vitest'
import { applyPatches } from './apply-patches.ts'
import { hunkKey } from './without.ts'

const TEXT = Array.from({ length: 30 }, (_, at) => `line ${at + 1}\n`).join('')
const FILES: Readonly<Record<string, string>> = { 'a.c': TEXT, 'gone.c': 'only\n' }
const reader = { read: (path: string) => FILES[path] }

const PATCH = `--- a/a.c
+++ b/a.c
@@ -2,3 +2,4 @@
 line 2
+first
 line 3
 line 4
@@ -20,3 +21,3 @@
 line 20
-line 21
+second
 line 22
--- /dev/null
+++ b/new.c
@@ -0,0 +1 @@
+new
--- a/gone.c
+++ /dev/null
@@ -1 +0,0 @@
-only
`
const patches = [{ name: 'fix.patch', text: PATCH }]

/** The lines that come with the patch when the hunks at these lines of it are left out. */
function changed(...left: readonly number[]): readonly string[] {
  const without = new Set(left.map(patchLine => hunkKey({ patch: 'fix.patch', patchLine })))
  const { files } = applyPatches(patches, reader, { without })
  return files.map(({ oldPath, newPath, newText }) => {
    const fresh = newText.split('\n').filter(line => line !== '' && !/^line (?!21$)/.test(line))
    return `${newPath ?? `no ${oldPath}`}: ${fresh.join(' ')}`.trimEnd()
  })
}

test('hunks are left out one by one, and the later ones stay where they belong', () => {
  expect(changed()).toEqual(['a.c: first second', 'no gone.c:', 'new.c: new'])
  expect(changed(3)).toEqual(['a.c: second', 'no gone.c:', 'new.c: new'])
  expect(changed(8)).toEqual(['a.c: first line 21', 'no gone.c:', 'new.c: new'])
})

test('where no hunk of a file is left, the file is as it was', () => {
  expect(changed(3, 8)).toEqual(['no gone.c:', 'new.c: new'])
  expect(changed(15)).toEqual(['a.c: first second', 'no gone.c:'])
  expect(changed(19)).toEqual(['a.c: first second', 'new.c: new'])
  expect(changed(3, 8, 15, 19)).toEqual([])
})

test('a hunk of another patch is not meant', () => {
  const without = new Set([hunkKey({ patch: 'other.patch', patchLine: 3 })])
  expect(applyPatches(patches, reader, { without }).files).toHaveLength(3)
})
