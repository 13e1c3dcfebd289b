import { expect, test } from 'vitest'
import { shownBytes, shownName, shownText, utf8Text, withShownNames } from './printable.ts'

test.for([
  { what: 'an escape sequence', name: 'f\u001b[31m', shown: 'f^[[31m' },
  { what: 'the other way to begin one', name: 'f\u009b31m', shown: 'f<U+009B>31m' },
  { what: 'a title that would be set', name: '\u001b]0;x\u0007', shown: '^[]0;x^G' },
  { what: 'NUL, backspace, delete', name: 'a\0\b\u007f', shown: 'a^@^H^?' },
  { what: 'a line end', name: 'a\nXen would take this payload.', shown: 'a^JXen would take this payload.' },
  { what: 'a carriage return and a tab', name: 'a\r\tb', shown: 'a^M^Ib' },
  { what: 'the first and the last of C1', name: '\u0080\u009f', shown: '<U+0080><U+009F>' },
  { what: 'text that runs the other way', name: 'a\u202ec.txt', shown: 'a<U+202E>c.txt' },
  { what: 'an isolate', name: '\u2066a\u2069', shown: '<U+2066>a<U+2069>' },
  { what: 'what has no width', name: 'a\u200bb\ufeff', shown: 'a<U+200B>b<U+FEFF>' },
  { what: 'a line separator', name: 'a\u2028b', shown: 'a<U+2028>b' },
  { what: 'a tag beyond 16 bits', name: 'a\u{e0041}', shown: 'a<U+E0041>' },
  { what: 'half a pair', name: 'a\ud800b', shown: 'a<U+D800>b' },
  { what: 'letters, whatever they are', name: 'größe→✓ 変数 🙂', shown: 'größe→✓ 変数 🙂' },
])('$what is shown, not obeyed', ({ name, shown }) => {
  expect(shownName(name)).toBe(shown)
})

test('a text keeps its lines and tabs', () => {
  expect(shownText('a\tb\n\u001bc\r\n')).toBe('a\tb\n^[c^M\n')
})

test.for([
  { what: 'UTF-8', name: 'gr\xc3\xb6\xc3\x9fe', shown: 'größe' },
  { what: 'UTF-8 that acts', name: 'a\xe2\x80\xaeb', shown: 'a<U+202E>b' },
  { what: 'C1 in UTF-8', name: 'a\xc2\x9bm', shown: 'a<U+009B>m' },
  { what: 'no UTF-8', name: 'a\xff\x9bm', shown: 'aÿ<U+009B>m' },
  { what: 'text that is decoded already', name: 'a→\u009b', shown: 'a→<U+009B>' },
])('bytes of a name: $what', ({ name, shown }) => {
  expect(shownBytes(name)).toBe(shown)
})

test('what is no UTF-8 is no text', () => {
  expect(utf8Text('\xc3\xa9')).toBe('é')
  for (const bytes of ['\xff', '\xc3', '\xed\xa0\x80', '\xc0\x80']) expect(utf8Text(bytes)).toBeUndefined()
})

test('names are shown wherever they stand in a value', () => {
  const value = { name: 'a\n', list: [{ needs: ['b\u001b'] }, 3, null], none: undefined }
  expect(withShownNames(value)).toEqual({ name: 'a^J', list: [{ needs: ['b^['] }, 3, null], none: undefined })
})
