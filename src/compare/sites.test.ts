/**
 * What may be taken for an embedded line number when lines are shifted. A number too many that is taken for one errs
 * towards "same": whatever the patch makes of it could then be explained away.
 */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { readElf } from '../elf/index.ts'
import { XEN } from '../loaders/xen/xen.ts'
import { pieceMap } from '../pieces/pieces.ts'
import { findLineSites, type ShiftedFile } from './sites.ts'

const SHIFT = 3
/** A hundred lines, shifted by three, unless a row says otherwise. */
const FILE: ShiftedFile = { file: 'unit.c', shift: SHIFT, lines: 100 }

/** What holds a number: four, two and eight bytes of data, code, and the addends of a bug frame. */
const held = (number: number) => `
  int four = ${number}; unsigned short two = ${number}; long eight = ${number};
  extern void say(int);
  void code(void) { say(${number}); }
  void frame(void) { __asm__ volatile(".Lbug: ud2\\n.pushsection .bug_frames.2, \\"a\\", @progbits\\n.p2align 2\\n.Lfrm:\\n\\
.long (.Lbug - .Lfrm) + %c0\\n.long (%c1 - .Lfrm) + %c2\\n.popsection" :: "i"(${(number >> 7) << 24}), "i"("file.c"), "i"(${(number & 127) << 24})); }
`
/** Of eight bytes the lower four. */
const HOLDERS = ['addend 14', 'code 32', 'data 16', 'data 32', 'data 32']

interface Row {
  readonly name: string
  readonly from: number
  readonly to: number
  readonly files?: readonly ShiftedFile[]
  /** The file whose line it is; undefined where it is no line of any. */
  readonly file?: string
}

const OTHER: ShiftedFile = { file: 'header.h', shift: 7, lines: 200 }

const ROWS: readonly Row[] = [
  { name: 'a line in the middle', from: 42, to: 45, file: 'unit.c' },
  { name: 'a line whose byte is a digit in a text', from: 51, to: 54, file: 'unit.c' },
  { name: 'the first line', from: 1, to: 4, file: 'unit.c' },
  { name: 'the last line', from: 100, to: 103, file: 'unit.c' },
  { name: 'a line two of whose bytes move', from: 254, to: 257, files: [{ ...FILE, lines: 300 }], file: 'unit.c' },
  { name: 'one behind the last line', from: 101, to: 104 },
  { name: 'far behind the last line', from: 5000, to: 5003 },
  { name: 'another step than the shift', from: 42, to: 46 },
  { name: 'a step backwards', from: 45, to: 42 },
  { name: 'the step of the other file', from: 150, to: 157, files: [FILE, OTHER], file: 'header.h' },
  { name: "the step of the shorter file, at the longer one's line", from: 150, to: 153, files: [FILE, OTHER] },
  { name: 'a shift of no file at all', from: 42, to: 45, files: [] },
]

test.skipIf(!hasGcc).for(ROWS)(`$name ($from to $to)${withoutGcc}`, ({ from, to, files, file }) => {
  const { sites, unexplained } = sitesOf(held(from), held(to), files)
  expect(sites.map(site => `${site.in} ${site.bits}`).sort()).toEqual(file === undefined ? [] : HOLDERS)
  expect(new Set(sites.map(site => `${site.file}:${site.line}`))).toEqual(
    new Set(file === undefined ? [] : [`${file}:${from}`]),
  )
  const doubtful = new Set(unexplained.map(({ piece }) => piece)).size
  expect(doubtful).toBe(file === undefined ? HOLDERS.length : 0)
})

/** Line 0 is no line, and whatever is 0 in the unshifted object is none either. */
test.skipIf(!hasGcc)(`what was 0 is no line${withoutGcc}`, () => {
  const zero = (number: number) =>
    ['char', 'short', 'int', 'long']
      .map(type => `__attribute__((section(".data.${type}"))) ${type} a_${type} = ${number};`)
      .join('\n')
  const { sites, unexplained } = sitesOf(zero(0), zero(SHIFT))
  expect(sites).toEqual([])
  expect(unexplained).toHaveLength(4)
})

/** As FORTIFY_SOURCE of Linux has it; one digit of it moves by the shift, as a byte that holds a line would. */
test.skipIf(!hasGcc).for([
  { name: 'one digit', from: 42, to: 45 },
  { name: 'two digits', from: 58, to: 61 },
])(`a line that is spelled out in a text is no number: $name differs${withoutGcc}`, ({ from, to }) => {
  const text = (line: number) =>
    `extern void say(const char *); void f(void) { say("field at unit.c:${line}"); } const char own[] = "at ${line}";`
  const { sites, unexplained } = sitesOf(text(from), text(to))
  expect(sites).toEqual([])
  expect(unexplained.map(each => each.text.replace(/^.* is a text/, 'is a text'))).toEqual(
    Array(2).fill(`is a text that spells out line ${from} of unit.c`),
  )
})

test.skipIf(!hasGcc)(`what is cut in another way explains nothing${withoutGcc}`, () => {
  const { sites, unexplained } = sitesOf('int place = 5; int other = 7;', 'int place = 8;')
  expect(sites).toEqual([])
  expect(unexplained.length).toBeGreaterThan(0)
})

test.skipIf(!hasGcc)(`sections of other names are not the same, however alike they are cut${withoutGcc}`, () => {
  const inSection = (name: string, number: number) => `__attribute__((section("${name}"))) int place = ${number};`
  const { sites, unexplained } = sitesOf(inSection('.data.one', 42), inSection('.data.two', 45))
  expect(sites).toEqual([])
  expect(unexplained.map(({ text }) => text)).toEqual(['.data.one splits differently when lines are shifted'])
})

test.skipIf(!hasGcc)(`what grows is no line${withoutGcc}`, () => {
  expect(sitesOf('int place[2] = { 5 };', 'int place[3] = { 8 };')).toMatchObject({ sites: [], unexplained: [{}] })
})

/** What a field of `f` refers to, before and after, in assembly; all else is the same. */
const REFERENCES: readonly {
  readonly name: string
  readonly from: string
  readonly to: string
  readonly more?: string
}[] = [
  { name: 'another function', from: '.long a - .', to: '.long b - .' },
  { name: 'another place of a function', from: '.long a - .', to: '.long a + 3 - .' },
  { name: 'a function of this unit instead', from: '.long a - .', to: '.long own - .' },
  { name: 'another function of this unit', from: '.long own - .', to: '.long owned - .' },
  { name: 'another place of data', from: '.quad kept', to: '.quad kept + 3' },
  { name: 'another number', from: '.long fixed - .', to: '.long other_fixed - .' },
  { name: 'another place that is not loaded', from: '.quad .Lmeta', to: '.quad .Lmeta + 3' },
  { name: 'another section that is not loaded', from: '.quad .Lmeta', to: '.quad .Lmore' },
  { name: 'the same as another kind of field', from: 'call a', to: '.byte 0xe8; .long a - 4 - .' },
]

const reaching = (how: string) => `
  extern void a(void), b(void);
  int kept[3] = { 1, 2, 3 };
  void own(void) {} void owned(void) {}
  void f(void) { __asm__ volatile("${how}"); }
  __asm__(".globl fixed, other_fixed; fixed = 0x1234; other_fixed = 0x1237\\n\
    .section .meta,\\"\\"; .long 0; .Lmeta: .long 1, 2; .section .more,\\"\\"; .long 0; .Lmore: .long 1, 2; .text");
`

test.skipIf(!hasGcc).for(REFERENCES)(`what reaches $name is no line${withoutGcc}`, ({ from, to }) => {
  const { sites, unexplained } = sitesOf(reaching(from), reaching(to))
  expect(sites).toEqual([])
  expect(unexplained.map(({ text }) => text)).toEqual(['a relocation of f differs when lines are shifted'])
})

test.skipIf(!hasGcc).for([...new Set(REFERENCES.flatMap(({ from, to }) => [from, to]))])(
  `what reaches the same is nothing at all: %s${withoutGcc}`,
  how => {
    expect(sitesOf(reaching(how), reaching(how))).toEqual({ sites: [], unexplained: [] })
  },
)

test.skipIf(!hasGcc)(`one relocation more, or less, is no line${withoutGcc}`, () => {
  const [one, two] = [reaching('.long a - .; .long 0'), reaching('.long a - .; .long a - .')]
  expect(sitesOf(one, two).unexplained.map(({ text }) => text)).toEqual([
    'f has a different number of relocations when lines are shifted',
  ])
  expect(sitesOf(two, one).unexplained).toHaveLength(2)
})

function sitesOf(before: string, after: string, files: readonly ShiftedFile[] = [FILE]) {
  const original = pieceMap(readElf<'original'>(compile(before)), { loader: XEN })
  const shifted = pieceMap(readElf<'patched'>(compile(after)), { loader: XEN })
  const { byPiece, unexplained } = findLineSites(original, shifted, files)
  return { sites: [...byPiece.values()].flat(), unexplained }
}
