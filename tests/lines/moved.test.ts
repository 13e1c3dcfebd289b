/** What moves from one place of a text to another is seen wherever it stands; what only looks like it is not. */
import { expect, test } from 'vitest'
import { lex } from '../../src/ctext/lexer.ts'
import { chunksOf } from '../../src/lines/chunks.ts'
import { holdsMoved } from '../../src/lines/moved.ts'
import { movesText } from '../../src/lines/moved-text.ts'
import { touched } from './touched.ts'

/** Three lines, or a diff could as well keep what moves and move these. */
const kept = (name: string) => `int ${name};\nint ${name}_too;\nint ${name}_last;\n`

/** Three texts with lines between them that stay: 2 to 4, and three more, where the texts are empty. */
const apart = (first: string, second: string, third = '') =>
  `int head;\n${first}${kept('k')}${second}${kept('m')}${third}int tail;\n`

function change(before: string, after: string) {
  const file = touched(before, after)
  if (file === undefined) throw new Error('the texts are equal')
  return { file, chunks: chunksOf(file.lineMap) }
}

test.for([
  { name: 'down', before: apart('warn(1);\n', ''), after: apart('', 'warn(1);\n'), moved: [false, true] },
  { name: 'up', before: apart('', 'warn(1);\n'), after: apart('warn(1);\n', ''), moved: [true, false] },
  {
    name: 'the last of several lines, and indented anew',
    before: apart('a;\nb;\nwarn(1);\n', 'c;\n'),
    after: apart('', 'd;\n\twarn(1);\n'),
    moved: [false, true],
  },
  {
    name: 'the first of several lines, behind a chunk that is longer now',
    before: apart('', 'warn(1);\na;\n', ''),
    after: apart('x;\ny;\nz;\n', '', 'warn(1);\n'),
    moved: [false, false, true],
  },
  {
    name: 'a line that holds no number',
    before: apart('a = b;\n', ''),
    after: apart('', 'a = b;\n'),
    moved: [false, false],
  },
  {
    name: 'the number itself',
    before: apart('a = __LINE__;\n', ''),
    after: apart('', 'a = __LINE__;\n'),
    moved: [false, true],
  },
  { name: 'another line', before: apart('warn(1);\n', ''), after: apart('', 'warn(2);\n'), moved: [false, false] },
  {
    name: 'a line that stays in its chunk',
    before: apart('warn(1);\na;\n', ''),
    after: apart('b;\nwarn(1);\n', ''),
    moved: undefined,
  },
])('a line that moves: $name', ({ before, after, moved }) => {
  const { file, chunks } = change(before, after)
  const found = holdsMoved(chunks, lex(file.oldText), lex(file.newText))
  expect(found).toEqual(moved ?? chunks.map(() => false))
})

const BLOCK = 'counts_of(everything);\n'

test.for([
  { name: 'a line', before: apart(BLOCK, ''), after: apart('', BLOCK), from: 1, end: 6, moves: true },
  {
    name: 'a line that is spaced anew',
    before: apart(BLOCK, ''),
    after: apart('', ` counts_of( everything );\n`),
    from: 1,
    end: 6,
    moves: true,
  },
  { name: 'a short line', before: apart('break;\n', ''), after: apart('', 'break;\n'), from: 1, end: 6, moves: false },
  {
    name: 'a string of a short line',
    before: apart('f("x");\n', ''),
    after: apart('', 'g("x");\n'),
    from: 1,
    end: 6,
    moves: true,
  },
  {
    name: 'behind what is looked at',
    before: apart(BLOCK, ''),
    after: apart('', BLOCK),
    from: 5,
    end: 6,
    moves: false,
  },
  {
    name: 'right up to what is looked at',
    before: apart(BLOCK, ''),
    after: apart('', BLOCK),
    from: 3,
    end: 5,
    moves: true,
  },
  {
    name: 'a line short of that',
    before: apart(BLOCK, ''),
    after: apart('', BLOCK),
    from: 3,
    end: 4,
    moves: false,
  },
  {
    name: 'behind a chunk that is longer now',
    before: apart('', BLOCK, ''),
    after: apart('x;\ny;\nz;\n', '', BLOCK),
    from: 1,
    end: 9,
    moves: true,
  },
  {
    name: 'within one chunk',
    before: apart(`${BLOCK}a;\n`, ''),
    after: apart(`b;\n${BLOCK}`, ''),
    from: 1,
    end: 6,
    moves: false,
  },
])('text that moves: $name', ({ before, after, from, end, moves }) => {
  expect(movesText(change(before, after).file, from, end)).toBe(moves)
})
