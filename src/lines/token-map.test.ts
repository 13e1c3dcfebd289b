import { expect, test } from 'vitest'
import type { TouchedFile } from '../source/model.ts'
import { corresponds, refineLineMap } from './token-map.ts'

/** A file of which the middle is replaced, between the lines `int before;` and `int after;`. */
function replaced(from: string, to: string): TouchedFile {
  const [head, tail] = ['int before;\n', 'int after;\n']
  const [old, now] = [from.split('\n').length - 1, to.split('\n').length - 1]
  const map = (own: number, other: number) =>
    Int32Array.from({ length: own + 3 }, (_, line) => (line === 1 ? 1 : line === own + 2 ? other + 2 : 0))
  const lineMap = { toPatched: map(old, now), toOriginal: map(now, old) }
  const [oldText, newText] = [head + from + tail, head + to + tail]
  return { oldPath: 'f.c', newPath: 'f.c', oldText, newText, kind: 'edited', hunks: [], lineMap }
}

test.for([
  {
    name: 'a statement that is split',
    from: 'a = b + c;\n',
    to: 'a = b\n  + c;\n',
    pairs: [
      [2, 2],
      [2, 3],
    ],
  },
  {
    name: 'statements that are joined',
    from: 'a;\nb;\n',
    to: 'a; b;\n',
    pairs: [
      [2, 2],
      [3, 2],
    ],
  },
  { name: 'comments and empty lines', from: '/* a */\nb;\n', to: '\nb; // c\n\n', pairs: [[3, 3]] },
  {
    name: 'a call that is split where white space was',
    from: 'f(a, b);\n',
    to: 'f(a,\n  b);\n',
    pairs: [
      [2, 2],
      [2, 3],
    ],
  },
  {
    name: 'a backslash that moves in a macro',
    from: '#define M a \\\n b\n',
    to: '#define M \\\n a b\n',
    pairs: [
      [2, 2],
      [2, 3],
      [3, 3],
    ],
  },
  { name: 'only comments', from: '', to: '/* a\n b */\n', pairs: [] },
])('equal tokens: $name', ({ from, to, pairs }) => {
  const file = replaced(from, to)
  const map = refineLineMap(file)
  expect(map.equalChunks.length).toBe(1)
  const inside = (count: number) => Array.from({ length: count - 2 }, (_, index) => index + 2)
  const found = inside(file.lineMap.toPatched.length - 1).flatMap(original =>
    inside(file.lineMap.toOriginal.length - 1).flatMap(patched =>
      corresponds(map, original, patched) ? [[original, patched]] : [],
    ),
  )
  expect(found).toEqual(pairs)
})

test.for([
  { name: 'a token that differs', from: 'a = 1;\n', to: 'a = 2;\n' },
  { name: 'a string that differs by white space', from: 's = "a b";\n', to: 's = "a  b";\n' },
  { name: 'white space that `#` could show', from: 'f(a+b);\n', to: 'f(a + b);\n' },
  { name: 'white space in a macro', from: '#define M a+b\n', to: '#define M a + b\n' },
  { name: 'a macro with arguments that loses them', from: '#define M(a)\n', to: '#define M (a)\n' },
  { name: 'two tokens that become one', from: 'a = b + +c;\n', to: 'a = b ++c;\n' },
  { name: 'a prefix that becomes a word', from: 's = L"a";\n', to: 's = L "a";\n' },
  { name: 'a comment that swallows the next line', from: 'a;\n', to: 'a; /*\n' },
  { name: 'a directive that ends early', from: '#define M \\\n a\n', to: '#define M\n a\n' },
  { name: 'code that becomes a directive', from: 'a # b\n', to: 'a\n# b\n' },
  { name: 'a comment after code, which makes a # behind it no directive', from: 'a;\n/* b\n', to: 'a; /* b\n' },
  { name: 'white space before a backslash', from: 'a + \\\n', to: 'a +\\\n' },
  { name: 'a backslash that takes the next line in', from: '#undef a\n', to: '#undef a \\\n' },
])('no equal tokens: $name', ({ from, to }) => {
  const map = refineLineMap(replaced(from, to))
  expect(map.equalChunks).toEqual([])
  expect(corresponds(map, 2, 2)).toBe(false)
})

test('a string that began before is part of what is compared', () => {
  const line = (second: number) => Int32Array.of(0, 1, second, 3)
  const oldText = 's = "a \\\nb";\nc;\n'
  const file: TouchedFile = {
    oldPath: 'f.c',
    newPath: 'f.c',
    kind: 'edited',
    hunks: [],
    oldText,
    newText: oldText.replace('b"', 'x"'),
    lineMap: { toPatched: line(0), toOriginal: line(0) },
  }
  expect(refineLineMap(file).equalChunks).toEqual([])
})
