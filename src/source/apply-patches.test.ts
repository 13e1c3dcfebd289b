import { describe, expect, test } from 'vitest'
import { overlayOf } from '../trees/index.ts'
import { applyPatches } from './apply-patches.ts'
import { patchPaths } from './patch-paths.ts'

const LINES = ['one', 'two', 'three', 'four', 'five', 'six', 'seven']
const FILE = text(...LINES)
const EDIT = patch('--- a/f.c', '+++ b/f.c', '@@ -2,3 +2,4 @@', ' two', '-three', '+THREE', '+more', ' four')

interface Case {
  readonly name: string
  readonly tree?: Record<string, string>
  readonly patch: string
  readonly after: Record<string, string | null>
}

describe('what a patch makes of a tree', () => {
  test.for<Case>([
    {
      name: 'a plain edit',
      patch: EDIT,
      after: { 'f.c': text('one', 'two', 'THREE', 'more', 'four', 'five', 'six', 'seven') },
    },
    {
      name: 'a mail around it: header, statistics, trailer',
      patch: `From: someone\nSubject: fix\n\nWords --- and more.\n---\n f.c | 3 ++-\n 1 file changed\n\n${EDIT}-- \n2.39.5\n\n`,
      after: { 'f.c': text('one', 'two', 'THREE', 'more', 'four', 'five', 'six', 'seven') },
    },
    {
      name: 'a removed line that begins with `-- ` looks like a header',
      tree: { 'f.c': text('one', '-- a/x', 'three') },
      patch: patch('--- a/f.c', '+++ b/f.c', '@@ -1,3 +1,2 @@', ' one', '--- a/x', ' three'),
      after: { 'f.c': text('one', 'three') },
    },
    {
      name: 'no line end at the end of the file, before and after',
      tree: { 'f.c': 'one\ntwo' },
      patch: patch(
        '--- a/f.c',
        '+++ b/f.c',
        '@@ -1,2 +1,2 @@',
        ' one',
        '-two',
        '\\ No newline at end of file',
        '+2',
        '\\ No newline at end of file',
      ),
      after: { 'f.c': 'one\n2' },
    },
    {
      name: 'a file with CRLF, in a patch whose headers have none',
      tree: { 'f.c': 'one\r\ntwo\r\n' },
      patch: patch('--- a/f.c', '+++ b/f.c', '@@ -1,2 +1,2 @@', ' one\r', '-two\r', '+2\r'),
      after: { 'f.c': 'one\r\n2\r\n' },
    },
    {
      name: 'a patch that was sent through DOS, on a file without CRLF',
      patch: EDIT.replaceAll('\n', '\r\n'),
      after: { 'f.c': text('one', 'two', 'THREE', 'more', 'four', 'five', 'six', 'seven') },
    },
    {
      name: 'a quoted name is UTF-8',
      tree: { 'd/\u00e9 x.c': 'a\n' },
      patch: patch(
        'diff --git "a/d/\\303\\251 x.c" "b/d/\\303\\251 x.c"',
        '--- "a/d/\\303\\251 x.c"',
        '+++ "b/d/\\303\\251 x.c"',
        '@@ -1 +1 @@',
        '-a',
        '+b',
      ),
      after: { 'd/\u00e9 x.c': 'b\n' },
    },
    {
      name: 'a new empty file whose name holds a space',
      patch: patch('diff --git a/my file.c b/my file.c', 'new file mode 100644', 'index 0000000..e69de29'),
      after: { 'my file.c': '' },
    },
    {
      name: 'a new file by git, one by diff -N',
      patch: patch(
        'diff --git a/n.c b/n.c',
        'new file mode 100644',
        'index 0000000..1234567',
        '--- /dev/null',
        '+++ b/n.c',
        '@@ -0,0 +1 @@',
        '+new',
        '--- a/m.c\t1970-01-01 01:00:00.000000000 +0100',
        '+++ b/m.c\t2026-11-22 10:00:00.000000000 +0100',
        '@@ -0,0 +1 @@',
        '+plain',
      ),
      after: { 'n.c': 'new\n', 'm.c': 'plain\n' },
    },
    {
      name: 'a removed file',
      tree: { 'f.c': 'a\n' },
      patch: patch(
        'diff --git a/f.c b/f.c',
        'deleted file mode 100644',
        'index 1234567..0000000',
        '--- a/f.c',
        '+++ /dev/null',
        '@@ -1 +0,0 @@',
        '-a',
      ),
      after: { 'f.c': null },
    },
    {
      name: 'a rename with an edit',
      patch: patch(
        'diff --git a/f.c b/d/g.c',
        'similarity index 90%',
        'rename from f.c',
        'rename to d/g.c',
        'index 1234567..89abcde 100644',
        '--- a/f.c',
        '+++ b/d/g.c',
        '@@ -1,2 +1,2 @@',
        '-one',
        '+1',
        ' two',
      ),
      after: { 'f.c': null, 'd/g.c': text('1', ...LINES.slice(1)) },
    },
    {
      name: 'a copy takes the text from before the same diff changed it',
      patch: patch(
        'diff --git a/f.c b/f.c',
        '--- a/f.c',
        '+++ b/f.c',
        '@@ -1,2 +1,2 @@',
        '-one',
        '+1',
        ' two',
        'diff --git a/f.c b/g.c',
        'similarity index 90%',
        'copy from f.c',
        'copy to g.c',
        '--- a/f.c',
        '+++ b/g.c',
        '@@ -1,2 +1,2 @@',
        '-one',
        '+eins',
        ' two',
      ),
      after: { 'f.c': text('1', ...LINES.slice(1)), 'g.c': text('eins', ...LINES.slice(1)) },
    },
    {
      name: 'a series in one file: the second commit renames what the first has edited',
      patch: patch(
        'From 1111111',
        '',
        'diff --git a/f.c b/f.c',
        '--- a/f.c',
        '+++ b/f.c',
        '@@ -1,2 +1,2 @@',
        '-one',
        '+1',
        ' two',
        '-- ',
        '2.39',
        'From 2222222',
        '',
        'diff --git a/f.c b/g.c',
        'similarity index 100%',
        'rename from f.c',
        'rename to g.c',
        '-- ',
        '2.39',
      ),
      after: { 'f.c': null, 'g.c': text('1', ...LINES.slice(1)) },
    },
  ])('$name', ({ tree = { 'f.c': FILE }, patch, after }) => {
    const change = apply(tree, patch)
    expect(Object.fromEntries(overlayOf(change, { generated: new Map(), renamed: new Map() }))).toEqual(after)
  })
})

describe('what it says', () => {
  test.for<{ name: string; tree?: Record<string, string>; patch: string; notice: RegExp }>([
    { name: 'an empty patch', patch: ' \n', notice: /^p is empty$/ },
    {
      name: 'a change of mode only',
      patch: patch('diff --git a/f.c b/f.c', 'old mode 100644', 'new mode 100755'),
      notice: /mode of f\.c changes from 100644 to 100755/,
    },
    {
      name: 'an offset',
      tree: { 'f.c': `zero\n${FILE}` },
      patch: EDIT,
      notice: /hunk 1 for f\.c \(line 3 of the patch\) applies at line 3, 1 line below/,
    },
    { name: 'a file that ends up as it was', patch: EDIT + reversed(EDIT), notice: /^f\.c ends up as it was$/ },
    {
      name: 'a file that diff -r without -N left out',
      patch: `Only in b/d: n.c\n${EDIT}`,
      notice: /tells of n\.c in b\/d only/,
    },
  ])('$name is a notice', ({ tree = { 'f.c': FILE }, patch, notice }) => {
    expect(apply(tree, patch).notices).toEqual([expect.stringMatching(notice)])
  })

  test('a patch without any of these says nothing', () => {
    expect(apply({ 'f.c': FILE }, EDIT).notices).toEqual([])
  })
})

describe('the line map', () => {
  test('comes from the hunks: a line that is removed and added again is not kept', () => {
    const again = patch('--- a/f.c', '+++ b/f.c', '@@ -1,3 +1,4 @@', '-one', '+new', '+one', ' two', ' three')
    expect(mapOf(apply({ 'f.c': FILE }, again))).toEqual([0, 0, 2, 3, 4, 5, 6, 7])
  })

  test('is composed over several patches', () => {
    const first = { name: '1', text: EDIT }
    const second = { name: '2', text: patch('--- a/f.c', '+++ b/f.c', '@@ -1,3 +1,2 @@', '-one', ' two', ' THREE') }
    const change = applyPatches([first, second], reader({ 'f.c': FILE }))
    expect(mapOf(change)).toEqual([2, 0, 0, 4, 5, 6, 7])
    expect([...(change.files[0]?.lineMap.toPatched ?? [])]).toEqual([0, 0, 1, 0, 4, 5, 6, 7])
    expect(change.files[0]?.hunks.map(hunk => hunk.patch)).toEqual(['1', '2'])
  })

  test('goes on through a rename, and ends where the file is replaced', () => {
    const rename = patch('diff --git a/f.c b/g.c', 'similarity index 100%', 'rename from f.c', 'rename to g.c')
    expect(apply({ 'f.c': FILE }, `${EDIT}\n${rename}`).files).toMatchObject([
      { kind: 'renamed', oldPath: 'f.c', newPath: 'g.c' },
    ])
    expect(mapOf(apply({ 'f.c': FILE }, `${EDIT}\n${rename}`))).toEqual([1, 2, 0, 0, 4, 5, 6, 7])
    const remade = patch('--- /dev/null', '+++ b/f.c', '@@ -0,0 +1 @@', '+one')
    const { files } = apply({ 'f.c': FILE }, `${rename}\n${remade}`)
    expect(files.map(({ kind, oldPath, newPath }) => [kind, oldPath, newPath])).toEqual([
      ['edited', 'f.c', 'f.c'],
      ['added', undefined, 'g.c'],
    ])
    expect(mapOf({ files })).toEqual([0])
  })
})

test('the paths a patch speaks of, and which of them must exist', () => {
  const added = patch('--- /dev/null', '+++ b/d/n.c', '@@ -0,0 +1 @@', '+x')
  expect(patchPaths([{ name: 'p', text: EDIT + added }])).toEqual([
    { path: 'f.c', mustExist: true },
    { path: 'd/n.c', mustExist: false },
  ])
})

function text(...lines: string[]): string {
  return lines.map(line => `${line}\n`).join('')
}

function patch(...lines: string[]): string {
  return text(...lines)
}

function reversed(edit: string): string {
  return edit.replace('-2,3 +2,4', '-2,4 +2,3').replace('-three\n+THREE\n+more', '+three\n-THREE\n-more')
}

function reader(tree: Record<string, string>) {
  return { read: (path: string) => tree[path] }
}

function apply(tree: Record<string, string>, patchText: string) {
  return applyPatches([{ name: 'p', text: patchText }], reader(tree))
}

/** For each patched line of the first file its original line. */
function mapOf(change: Pick<ReturnType<typeof apply>, 'files'>): number[] {
  return [...(change.files[0]?.lineMap.toOriginal ?? [])].slice(1)
}
