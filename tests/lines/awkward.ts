/** Random C texts made of what is hard for `#line`, and random edits of them. */
import fc from 'fast-check'

/** Macros that show white space and line numbers. */
const PRELUDE = '#define M(x, ...) x __LINE__ #x\n#define PASTE_(a, b) a##b\n#define PASTE(a, b) PASTE_(a, b)\n'

const PIECES = [
  'int v = __LINE__;\n',
  '\n',
  '/* words\n   more */ int a = __LINE__;\n',
  '// words \\\n   more\nint b = __LINE__;\n',
  '#define D(x) do { \\\n  x; \\\n  M(x); \\\n} while (0)\nD(q)\n',
  "#if 0\n  don't (\n#else\n  int c = __LINE__;\n#endif\n",
  '#ifdef X\n  int d = __LINE__;\n#else\n  int e = __LINE__;\n#endif\n',
  '#ifdef X\n  int x1;\n#ifndef Y\n  int x2;\n#elif 1\n  int x3;\n#endif\n  int x4;\n#endif\nint x5;\n',
  'f(a,\n  b + __LINE__,\n  c);\n',
  'M(1,\n  2,\n  3)\n',
  'M\n(4)\n',
  'char *s = "one\\\n two";\n',
  'char *r = R"(\n  one " two\n)";\n',
  'int arr[] = {\n  1,\n  __LINE__,\n  M(2),\n};\n',
  'if ( x )\n  y = __LINE__;\n',
  'asm volatile ( "a"\n  "b" : : "i" (__LINE__) );\n',
  'z = y /* c */ + \\\n  __LINE__;\n',
  'int PASTE(u, __LINE__);\n',
  '#ifdef X\nf(\n#else\ng(\n#endif\n  1);\n',
  '#pragma words\n',
  'w = a + \\\n+b - -c;\n',
  '#define PLUS a+\\\n+b M(x - \\\n-y)\nPLUS\n',
  'q; /* one\n*/ # two\n',
  '/* one */ /* two\n*/ #define EMPTY /* three\n four */ here\nEMPTY\n',
]
const ADDED = [
  'int n = __LINE__;\n',
  '\n',
  '/* c */\n',
  '  more; \\\n',
  '#ifdef X\n',
  '#endif\n',
  '#else\n',
  'k, // c\n',
  'h(\n',
  ');\n',
  '/*\n',
  '*/\n',
  '  one " two\n',
]

export const files = fc
  .array(fc.constantFrom(...PIECES), { minLength: 2, maxLength: 9 })
  .map(pieces => PRELUDE + pieces.join(''))
export const edits = fc.array(
  fc.tuple(
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.nat(3),
    fc.array(fc.constantFrom(...ADDED), { maxLength: 4 }),
  ),
  { minLength: 1, maxLength: 3 },
)

export function edit(text: string, splices: readonly (readonly [number, number, string[]])[]): string {
  const head = PRELUDE.split('\n').length - 1
  const lines = text.split(/(?<=\n)/)
  for (const [where, removed, added] of splices) {
    lines.splice(head + Math.floor(where * (lines.length - head + 1)), removed, ...added)
  }
  return lines.join('')
}

/** Edits that mean to change no token: where (0 to 1), and what is done to the line there. */
export const harmlessEdits = fc.array(
  fc.tuple(
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.constantFrom('blank', 'comment', 'split', 'join', 'indent', 'tighten', 'loosen', 'continue'),
    fc.nat(9),
  ),
  { minLength: 1, maxLength: 4 },
)

export function editHarmlessly(text: string, steps: readonly (readonly [number, string, number])[]): string {
  const lines = text.split(/(?<=\n)/)
  for (const [where, what, choice] of steps) {
    const at = Math.min(lines.length - 1, 3 + Math.floor(where * (lines.length - 3)))
    const line = lines[at] ?? ''
    if (what === 'blank') lines.splice(at, 0, ...Array.from({ length: 1 + (choice % 7) }, () => '\n'))
    if (what === 'comment') lines.splice(at, 0, choice % 2 ? '/* more\n words */\n' : '// words\n')
    if (what === 'indent') lines[at] = ` ${line}`
    // What is between tokens, or inside of one: harmless or not, as it comes.
    const place = Math.floor((choice / 10) * line.length)
    if (what === 'tighten') lines[at] = line.slice(0, place) + line.slice(place).replace(' ', '')
    if (what === 'loosen') lines[at] = `${line.slice(0, place)} ${line.slice(place)}`
    if (what === 'continue') lines[at] = `${line.slice(0, place)}\\\n${line.slice(place)}`
    if (what === 'join' && at + 1 < lines.length) lines.splice(at, 2, `${line.trimEnd()} ${lines[at + 1] ?? ''}`)
    if (what === 'split') {
      const gaps = [...line.matchAll(/ +(?=\S)/g)].map(found => found.index)
      const gap = gaps[choice % Math.max(gaps.length, 1)]
      if (gap !== undefined) lines[at] = `${line.slice(0, gap)}\n${line.slice(gap)}`
    }
  }
  const edited = lines.join('')
  return edited.endsWith('\n') ? edited : `${edited}\n`
}
