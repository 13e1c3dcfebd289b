import { expect, test } from 'vitest'
import { InputError } from '../base/errors.ts'
import { applyPatches } from './apply-patches.ts'

const FILE = patch('one', 'two', 'three', 'four', 'five', 'six', 'seven')
const EDIT = patch('--- a/f.c', '+++ b/f.c', '@@ -2,3 +2,4 @@', ' two', '-three', '+THREE', '+more', ' four')

test.for<{ name: string; tree?: Record<string, string>; patch: string; code: string; fact: RegExp }>([
  {
    name: 'a hunk that does not fit, with what stands there',
    tree: { 'f.c': FILE.replace('three', 'drei') },
    patch: EDIT,
    code: 'source/hunk-failed',
    fact: /^p: hunk 1 of 1 for f\.c \(line 3 of the patch\) does not apply at lines 2 to 4: line 3 should be "three", but is "drei"$/,
  },
  {
    name: 'a hunk whose closest place is elsewhere',
    tree: { 'f.c': `a\nb\nc\nd\ne\n${FILE.replace('three', 'drei')}` },
    patch: EDIT,
    code: 'source/hunk-failed',
    fact: /the closest place is line 7, where 2 of 3 lines agree; line 8 should be "three", but is "drei"/,
  },
  { name: 'a patch that is applied already', patch: EDIT + EDIT, code: 'source/hunk-failed', fact: /already there/ },
  {
    name: 'line ends that differ',
    tree: { 'f.c': FILE.replaceAll('\n', '\r\n') },
    patch: EDIT,
    code: 'source/hunk-failed',
    fact: /only white space at its end differs/,
  },
  {
    name: 'all hunks that fail, at once',
    tree: { 'f.c': 'x\n', 'g.c': 'x\n' },
    patch: EDIT + EDIT.replaceAll('f.c', 'g.c'),
    code: 'source/hunk-failed',
    fact: /for f\.c .*\n.*for g\.c /,
  },
  {
    name: 'a binary part, by name',
    patch: patch(
      'diff --git a/logo.png b/logo.png',
      'index 1234567..89abcde 100644',
      'GIT binary patch',
      'literal 3',
      'KcmZQzWMT#Y01f~L',
      '',
    ),
    code: 'source/binary-patch',
    fact: /line 3 changes a binary file: diff --git a\/logo\.png/,
  },
  {
    name: 'a binary file that diff only mentions',
    patch: `Binary files a/x and b/x differ\n${EDIT}`,
    code: 'source/binary-patch',
    fact: /a\/x and b\/x/,
  },
  {
    name: 'a file that is not there',
    tree: {},
    patch: EDIT,
    code: 'source/no-such-file',
    fact: /line 1 is about f\.c, which is not/,
  },
  {
    name: 'a new file that is there already',
    patch: patch('--- /dev/null', '+++ b/f.c', '@@ -0,0 +1 @@', '+x'),
    code: 'source/hunk-failed',
    fact: /it makes a new file, but there is one, of 7 lines/,
  },
  {
    name: 'a removal that would leave text',
    patch: patch('--- a/f.c', '+++ /dev/null', '@@ -1,2 +0,0 @@', '-one', '-two'),
    code: 'source/text-left',
    fact: /removes f\.c, but 5 lines of it would be left/,
  },
  {
    name: 'a path out of the tree',
    patch: EDIT.replaceAll('/f.c', '/../f.c'),
    code: 'source/unsafe-path',
    fact: /names "\.\.\/f\.c"/,
  },
  {
    name: 'a symbolic link',
    patch: patch(
      'diff --git a/l b/l',
      'new file mode 120000',
      'index 0000000..1234567',
      '--- /dev/null',
      '+++ b/l',
      '@@ -0,0 +1 @@',
      '+f.c',
    ),
    code: 'source/not-a-file',
    fact: /a symbolic link \(mode 120000\), l/,
  },
  { name: 'text without a diff', patch: 'Dear all,\n', code: 'source/no-diff', fact: /p holds no diff/ },
  {
    name: 'a diff that is cut off',
    patch: EDIT.slice(0, EDIT.indexOf('-three')),
    code: 'source/malformed-patch',
    fact: /line 5 is the patch's end/,
  },
  {
    name: 'a diff that is cut off in a line',
    patch: EDIT.slice(0, -3),
    code: 'source/malformed-patch',
    fact: /line 8 has no line end/,
  },
  {
    name: 'a hunk that is shorter than it says',
    patch: EDIT.replace(' four\n', 'four\n'),
    code: 'source/malformed-patch',
    fact: /line 8 should go on with the hunk of line 3/,
  },
  {
    name: 'a hunk behind stray text, which patch(1) would drop silently',
    patch: `${EDIT}\n@@ -6,2 +7,2 @@\n-six\n+6\n seven\n`,
    code: 'source/malformed-patch',
    fact: /line 10 begins a hunk, but text stands between/,
  },
  {
    name: 'headers without a hunk',
    patch: '--- a/f.c\n+++ b/f.c\n',
    code: 'source/malformed-patch',
    fact: /no hunk follows for f\.c/,
  },
  {
    name: 'a diff in context format',
    patch: patch('*** a/f.c', '--- b/f.c', '***************', '*** 1,2 ****'),
    code: 'source/unsupported-format',
    fact: /context format/,
  },
  {
    name: 'a diff in normal format',
    patch: patch('3c3', '< three', '---', '> drei'),
    code: 'source/unsupported-format',
    fact: /normal format/,
  },
  {
    name: 'a merge',
    patch: patch('diff --cc f.c', '--- a/f.c', '+++ b/f.c', '@@@ -1,2 -1,2 +1,2 @@@'),
    code: 'source/unsupported-format',
    fact: /merge/,
  },
  {
    name: 'a rename whose source the same diff has changed',
    patch: patch(
      'diff --git a/f.c b/f.c',
      '--- a/f.c',
      '+++ b/f.c',
      '@@ -1,2 +1,2 @@',
      '-one',
      '+1',
      ' two',
      'diff --git a/f.c b/g.c',
      'similarity index 100%',
      'rename from f.c',
      'rename to g.c',
    ),
    code: 'source/ambiguous-rename',
    fact: /renames f\.c/,
  },
  {
    name: 'a rename onto a file that exists',
    tree: { 'f.c': FILE, 'g.c': 'x\n' },
    patch: patch('diff --git a/f.c b/g.c', 'similarity index 100%', 'rename from f.c', 'rename to g.c'),
    code: 'source/already-exists',
    fact: /makes g\.c/,
  },
  {
    name: 'names without a component to strip',
    patch: EDIT.replaceAll(/[ab]\/f\.c/g, 'f.c'),
    code: 'source/no-file-name',
    fact: /names no file/,
  },
  ...[
    { what: 'a NUL byte', name: '"a/n\\000.c"', fact: /line 1 names n\^@\.c, which has a NUL byte/ },
    { what: 'a NUL byte that is not quoted', name: 'a/n\0.c', fact: /names n\^@\.c, which has a NUL byte/ },
    { what: 'a NUL byte in a folder', name: '"a/d\\000/n.c"', fact: /names d\^@\/n\.c, which has a NUL byte/ },
    { what: 'bytes that are no UTF-8', name: '"a/n\\351.c"', fact: /names n\u00e9\.c, which is not UTF-8/ },
    { what: 'half a character', name: 'a/n\xc3.c', fact: /which is not UTF-8/ },
    { what: 'a half of a pair', name: 'a/\xed\xa0\x80.c', fact: /which is not UTF-8/ },
    { what: 'a part that is too long', name: `a/${'n'.repeat(256)}`, fact: /nnn\.\.\., which has a part of 256 bytes/ },
    { what: 'a long part of few letters', name: `a/${'\xc3\xa9'.repeat(128)}`, fact: /which has a part of 256 bytes/ },
    { what: 'a path that is too long', name: `a/${'d/'.repeat(2048)}n.c`, fact: /which has 4099 bytes/ },
  ].map(({ what, name, fact }) => ({
    name: `a name with ${what}`,
    patch: patch('--- /dev/null', `+++ ${name}`, '@@ -0,0 +1 @@', '+x'),
    code: 'source/unusable-name',
    fact,
  })),
  ...['f.c/x.h', 'f.c/d/e/x.h', 'd/g.c/x.h'].map(path => ({
    name: `a file below a file (${path})`,
    tree: { 'f.c': FILE, 'd/g.c': FILE },
    patch: patch('--- /dev/null', `+++ b/${path}`, '@@ -0,0 +1 @@', '+x'),
    code: 'source/not-a-folder',
    fact: /makes .*, but (f|d\/g)\.c is a file/,
  })),
  {
    name: 'a rename to below a file',
    tree: { 'f.c': FILE, 'g.c': FILE },
    patch: patch('diff --git a/f.c b/g.c/f.c', 'similarity index 100%', 'rename from f.c', 'rename to g.c/f.c'),
    code: 'source/not-a-folder',
    fact: /g\.c is a file/,
  },
  {
    name: 'a file where a folder is',
    patch: patch('--- /dev/null', '+++ b/folder', '@@ -0,0 +1 @@', '+x'),
    code: 'source/not-a-file',
    fact: /makes folder, but something that is no ordinary file/,
  },
])('$name is refused', ({ tree = { 'f.c': FILE }, patch, code, fact }) => {
  const error = failure(() => apply(tree, patch))
  expect(error.code).toBe(code)
  expect(error.message).toMatch(fact)
  expect(error.hint).toBeTruthy()
})

function patch(...lines: string[]): string {
  return lines.map(line => `${line}\n`).join('')
}

function apply(tree: Record<string, string>, text: string) {
  return applyPatches([{ name: 'p', text }], { read: path => tree[path], isNoFile: path => path === 'folder' })
}

test('a file may take the place of a folder of that name, once what stood there is gone', () => {
  const gone = patch('--- a/f.c', '+++ /dev/null', '@@ -1 +0,0 @@', '-x')
  const made = patch('--- /dev/null', '+++ b/f.c/x.h', '@@ -0,0 +1 @@', '+x')
  expect(apply({ 'f.c': 'x\n' }, gone + made).files.map(({ kind }) => kind)).toEqual(['removed', 'added'])
})

test('names in UTF-8 are text, spelled in either way', () => {
  for (const name of ['"b/d/\\303\\251.c"', 'b/d/\xc3\xa9.c']) {
    const { files } = apply({}, patch('--- /dev/null', `+++ ${name}`, '@@ -0,0 +1 @@', '+x'))
    expect(files[0]?.newPath).toBe('d/\u00e9.c')
  }
})

function failure(run: () => unknown): InputError {
  try {
    run()
  } catch (error) {
    if (error instanceof InputError) return error
    throw error
  }
  throw new Error('nothing was refused')
}
