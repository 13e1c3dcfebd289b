/** How many components are taken off the names in a patch: as patch(1) does with -p0, -p1 and so on. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { InputError } from '../../src/base/errors.ts'
import { applyPatches } from '../../src/source/apply-patches.ts'

const hasPatch = spawnSync('patch', ['--version']).status === 0

/** Every name that some stripping of the headers below can lead to. */
const PLACES = ['f.c', 'x/f.c', 'x/y/f.c', 'a/x/y/f.c', 'b/x/y/f.c', 'my file.c', 'a/my file.c', 'b/my file.c']
const HUNK = '@@ -1 +1 @@\n-one\n+two\n'

const HEADERS: Readonly<Record<string, string>> = {
  'as git writes it': 'diff --git a/x/y/f.c b/x/y/f.c\n--- a/x/y/f.c\n+++ b/x/y/f.c\n',
  'without prefixes': 'diff --git x/y/f.c x/y/f.c\n--- x/y/f.c\n+++ x/y/f.c\n',
  'of diff -u': '--- x/y/f.c\t2026-01-02 03:04:05.000000000 +0000\n+++ x/y/f.c\t2026-01-02 03:04:06.000000000 +0000\n',
  'with slashes that are one': '--- a//x///y/f.c\n+++ b//x///y/f.c\n',
  'with a dot in front': '--- ./x/y/f.c\n+++ ./x/y/f.c\n',
  'in quotes': 'diff --git "a/x/y/\\146.c" "b/x/y/\\146.c"\n--- "a/x/y/\\146.c"\n+++ "b/x/y/\\146.c"\n',
  'with a space': 'diff --git a/my file.c b/my file.c\n--- a/my file.c\t\n+++ b/my file.c\t\n',
  'of another index':
    'Index: x/y/f.c\n===================================================================\n--- x/y/f.c\n+++ x/y/f.c\n',
  'by its index alone': 'Index: x/y/f.c\n',
}

for (const strip of [0, 1, 2, 3, 4]) {
  test.skipIf(!hasPatch).for(Object.keys(HEADERS))(
    `-p${strip}: a header %s${hasPatch ? '' : ' (skipped: needs patch)'}`,
    name => {
      const text = `${HEADERS[name]}${name === 'by its index alone' ? '--- \n+++ \n' : ''}${HUNK}`
      expect(ours(text, strip)).toEqual(theirs(text, strip))
    },
  )
}

/** git writes the names of a rename without a/ and b/. git apply with -p0 is for patches that have none anywhere. */
test.for([
  [0, 'x/y/f.c', 'x/y/g.c', 'x/y/f.c', 'x/y/g.c'],
  [1, 'a/x/y/f.c', 'b/x/y/g.c', 'x/y/f.c', 'x/y/g.c'],
  [2, 'a/z/x/y/f.c', 'b/z/x/y/g.c', 'z/x/y/f.c', 'z/x/y/g.c'],
] as const)('-p%i: a rename from %s', ([strip, from, to, bareFrom, bareTo]) => {
  const head = `diff --git ${from} ${to}\nsimilarity index 100%\nrename from ${bareFrom}\nrename to ${bareTo}\n`
  const { files } = applyPatches([{ name: 'p', text: head, strip }], {
    read: path => (path === 'x/y/f.c' ? 'one\n' : undefined),
  })
  expect(files.map(({ oldPath, newPath }) => [oldPath, newPath])).toEqual([['x/y/f.c', 'x/y/g.c']])
})

test.for([
  ['an absolute name', 0, '--- /etc/f.c\n+++ /etc/f.c\n', 'source/unsafe-path'],
  ['a name that leads out', 1, '--- a/../f.c\n+++ b/../f.c\n', 'source/unsafe-path'],
  ['nothing left', 9, '--- a/f.c\n+++ b/f.c\n', 'source/no-file-name'],
] as const)('%s is an error', ([, strip, head, code]) => {
  expect(() => applyPatches([{ name: 'p', text: head + HUNK, strip }], { read: () => 'one\n' })).toThrow(
    expect.objectContaining({ code }),
  )
})

/** The files that were changed; undefined where the patch does not apply. */
function ours(text: string, strip: number): readonly string[] | undefined {
  try {
    const change = applyPatches([{ name: 'p', text, strip }], {
      read: path => (PLACES.includes(path) ? 'one\n' : undefined),
    })
    return change.files.flatMap(({ newPath }) => newPath ?? [])
  } catch (error) {
    if (error instanceof InputError) return undefined
    throw error
  }
}

function theirs(text: string, strip: number): readonly string[] | undefined {
  const root = mkdtempSync(join(tmpdir(), 'hotsplice-strip-'))
  try {
    for (const path of PLACES) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), 'one\n')
    }
    const options = [`-p${strip}`, '--fuzz=0', '--force', '--no-backup-if-mismatch', '-r', '-']
    if (spawnSync('patch', options, { cwd: root, input: text }).status !== 0) return undefined
    const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
    const paths = files.map(entry => join(entry.parentPath, entry.name))
    return paths
      .filter(path => readFileSync(path, 'utf8') === 'two\n')
      .map(path => path.slice(root.length + 1))
      .toSorted()
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}
