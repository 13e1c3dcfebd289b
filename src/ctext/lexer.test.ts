import { describe, expect, test } from 'vitest'
import { type Barrier, barrierAt, directiveAt, hasCode, isSkipped } from './lexed.ts'
import { lex } from './lexer.ts'
import { tokenText } from './tokens.ts'

/** Rows read as: before which of the lines no directive may stand, and why. Lines that are not named are safe. */
interface Row {
  readonly name: string
  readonly text: string
  readonly barriers: Record<number, Barrier>
}

describe('where #line may stand', () => {
  test.for<Row>([
    { name: 'plain code', text: 'int a;\nint b;\n', barriers: {} },
    {
      name: 'a macro with several lines',
      text: '#define M(x) \\\n  x \\\n  x\nint a;\n',
      barriers: { 2: 'directive', 3: 'directive' },
    },
    { name: 'a backslash in code', text: 'a = \\\n b;\nc;\n', barriers: { 2: 'continued-line' } },
    {
      name: 'a backslash, white space, and a carriage return',
      text: 'a = \\ \t\r\n b;\r\nc;\r\n',
      barriers: { 2: 'continued-line' },
    },
    { name: 'a backslash inside a word', text: 'ret\\\nurn a;\nb;\n', barriers: { 2: 'continued-line' } },
    { name: 'a backslash at the end of a line comment', text: '// a \\\n b\nc;\n', barriers: { 2: 'comment' } },
    { name: 'a block comment', text: '/* a\n b\n */ c;\nd;\n', barriers: { 2: 'comment', 3: 'comment' } },
    { name: 'a comment whose end is broken by a backslash', text: '/* a *\\\n/ b;\nc;\n', barriers: { 2: 'comment' } },
    {
      name: 'a comment whose beginning is broken by a backslash',
      text: '/\\\n* a\n */ b;\n',
      barriers: { 2: 'comment', 3: 'comment' },
    },
    {
      name: 'a comment inside a directive, which then goes on',
      text: '#define M /* a\n */ b\nc;\n',
      barriers: { 2: 'comment' },
    },
    { name: 'a comment mark inside a string', text: 's = "/*";\na;\n', barriers: {} },
    { name: 'a quote inside a comment', text: '// don\'t\n/* " */\na;\n', barriers: {} },
    { name: 'a string that goes on', text: 's = "a\\\n b";\nc;\n', barriers: { 2: 'string' } },
    {
      name: 'an escaped quote, an escaped backslash',
      text: 's = "\\"";\nt = "\\\\";\nc = \'\\\'\';\nd;\n',
      barriers: {},
    },
    { name: 'a quote without a partner ends with its line', text: "#error don't\na;\n", barriers: {} },
    { name: 'a raw string', text: 's = R"x(\n)" )\n)x";\na;\n', barriers: { 2: 'raw-string', 3: 'raw-string' } },
    { name: 'a name that ends with R is no raw string', text: 's = FOR"(";\na;\n', barriers: {} },
    {
      name: 'parentheses over lines',
      text: 'f(a,\n  (b),\n  c);\nd;\n',
      barriers: { 2: 'parentheses', 3: 'parentheses' },
    },
    { name: 'braces over lines', text: 'int a[] = {\n  1,\n};\n', barriers: {} },
    {
      name: 'a parenthesis in a string, in a character, in a macro',
      text: 's = "(";\nc = \'(\';\n#define P (\na;\n',
      barriers: {},
    },
    {
      name: 'both ways open a parenthesis',
      text: '#ifdef X\nf(\n#else\ng(\n#endif\n1);\na;\n',
      barriers: { 3: 'parentheses', 5: 'parentheses', 6: 'parentheses' },
    },
    {
      name: 'one way opens a parenthesis: what is open stays in doubt',
      text: '#ifdef X\nf(\n#endif\na;\n',
      barriers: { 3: 'parentheses', 4: 'parentheses' },
    },
    {
      name: 'a brace at the start of a line ends that doubt',
      text: '#ifdef X\nf(\n#endif\n}\na;\n',
      barriers: { 3: 'parentheses', 4: 'parentheses' },
    },
    {
      name: 'a parenthesis in a group that is always skipped',
      text: '#if 0\nf(\n#endif\na;\n',
      barriers: { 3: 'parentheses' },
    },
    {
      name: 'a macro, and its arguments on a later line',
      text: 'M\n\n(a);\nb;\n',
      barriers: { 2: 'macro-call', 3: 'macro-call' },
    },
    { name: 'the result of a macro that takes arguments again', text: 'M(a)\n(b);\n', barriers: { 2: 'macro-call' } },
    { name: 'a statement that begins with a parenthesis', text: 'a;\n(b)();\n', barriers: {} },
    { name: 'the end of a text without a line end', text: 'f(\na', barriers: { 2: 'parentheses' } },
    { name: 'nothing', text: '', barriers: {} },
  ])('$name', ({ text, barriers }) => {
    const file = lex(text)
    const found = Array.from({ length: file.lineCount }, (_, index) => [index + 1, barrierAt(file, index + 1)] as const)
    expect(Object.fromEntries(found.filter(([, barrier]) => barrier !== undefined))).toEqual(barriers)
  })
})

describe('what stands on a line', () => {
  test('directives, code, and what #if 0 skips', () => {
    const file = lex('#if 0\nint a;\n#if 1\nb\n#endif\n#elif 1\nint c;\n#endif\n# 7 "x"\n%: define D\n#\n\nd // e\n')
    const lines = Array.from({ length: file.lineCount }, (_, index) => index + 1)
    expect(lines.map(line => directiveAt(file, line) ?? '')).toEqual([
      'if',
      '',
      'if',
      '',
      'endif',
      'elif',
      '',
      'endif',
      'line',
      'other',
      'other',
      '',
      '',
    ])
    expect(lines.filter(line => hasCode(file, line))).toEqual([2, 4, 7, 13])
    expect(lines.filter(line => isSkipped(file, line))).toEqual([2, 3, 4, 5, 6])
  })

  test('a # inside a line is no directive', () => {
    const file = lex('a # define b\n  # define c\n/* d */ # undef e\n')
    expect([1, 2, 3].map(line => directiveAt(file, line))).toEqual([undefined, 'other', 'other'])
  })
})

test.for([
  {
    name: 'words, numbers, punctuators',
    text: 'a1+=0x1e+2 .5e-3f $b;',
    tokens: ['a1', '+', '=', '0x1e+2', '.5e-3f', '$b', ';'],
  },
  { name: 'strings with prefixes', text: 'L"a b" u8\'c\'', tokens: ['L', '"a b"', 'u8', "'c'"] },
  { name: 'comments are no tokens', text: 'a/* b */c// d\ne', tokens: ['a', 'c', 'e'] },
  { name: 'words broken by backslashes', text: 'ab\\\n\\\ncd 1\\\n2 \\\n e', tokens: ['abcd', '12', 'e'] },
  { name: 'a directive ends with its line', text: '#if a \\\n b\nc', tokens: ['#', 'if', 'a', 'b', '', 'c'] },
])('tokens: $name', ({ text, tokens }) => {
  const file = lex(text)
  expect(Array.from({ length: file.tokens.count }, (_, at) => tokenText(file, at))).toEqual(tokens)
})

test('no text is too odd, whatever its bytes', () => {
  for (let byte = 0; byte < 256; byte++) {
    const character = String.fromCharCode(byte)
    for (const text of [character, `#${character}\n${character}\\\n${character}"`, `'${character}/*${character}`]) {
      expect(lex(text).lineCount, JSON.stringify(text)).toBe(text.split(/(?<=\n)/).length)
    }
  }
})
