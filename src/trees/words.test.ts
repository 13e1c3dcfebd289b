import { describe, expect, test } from 'vitest'
import { shellText, shellWords } from './words.ts'

describe('one simple command is split as the shell splits it', () => {
  test.for([
    { text: 'gcc -c a.c', words: ['gcc', '-c', 'a.c'] },
    { text: "  gcc\t'-D__OBJECT_LABEL__=common/domain.o'  ", words: ['gcc', '-D__OBJECT_LABEL__=common/domain.o'] },
    { text: `-DNAME='"a b"'`, words: ['-DNAME="a b"'] },
    { text: '-DNAME=\\"a\\ b\\"', words: ['-DNAME="a b"'] },
    { text: '"a\\"b\\\\c\\d"', words: ['a"b\\c\\d'] },
    { text: '\'\' "" x', words: ['', '', 'x'] },
    { text: 'a \\\n b', words: ['a', 'b'] },
    { text: 'a#b c~d e{f', words: ['a#b', 'c~d', 'e{f'] },
    { text: "'$HOME' '*'", words: ['$HOME', '*'] },
    { text: '', words: [] },
  ])('$text', ({ text, words }) => {
    expect(shellWords(text)).toEqual(words)
  })

  test.for([
    'a $HOME',
    'a "$HOME"',
    'a `b`',
    'a | b',
    'a && b',
    'a; b',
    'a > b',
    '(a)',
    '*.c',
    "'open",
    '"open',
    'a \\',
    '~/a',
    '#a',
  ])('a shell is needed for %s', text => {
    expect(shellWords(text)).toBeUndefined()
  })
})

test('what is printed can be pasted', () => {
  const words = ['gcc', '-DNAME="a b"', "it's", '-I./x', '']
  expect(shellWords(shellText(words))).toEqual(words)
  expect(shellText(['gcc', '-I./x'])).toBe('gcc -I./x')
})
