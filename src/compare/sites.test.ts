/**
 * What may be taken for an embedded line number when lines are shifted. A number too many that is taken for one errs
 * towards "same": whatever the patch makes of it could then be explained away.
 */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { readElf } from '../elf/index.ts'
import { pieceMap } from '../pieces/pieces.ts'
import { findLineSites, type ShiftedFile } from './sites.ts'

const SHIFT = 3
/** A hundred lines, shifted by three, unless a row says otherwise. */
const FILE: ShiftedFile = { file: 'unit.c', shift: SHIFT, lines: 100 }

/** What holds a number, by where it stands. */
const HOLDERS = {
  'four bytes of data': (number: number) => `int place = ${number};`,
  'two bytes of data': (number: number) => `unsigned short place = ${number};`,
  'eight bytes of data': (number: number) => `long place = ${number};`,
  code: (number: number) => `extern void say(int); void f(void) { say(${number}); }`,
  'the addends of a bug frame': (number: number) =>
    `void f(void) { __asm__ volatile(".Lbug: ud2\\n.pushsection .bug_frames.2, \\"a\\", @progbits\\n.p2align 2\\n.Lfrm:\\n\\
.long (.Lbug - .Lfrm) + %c0\\n.long (%c1 - .Lfrm) + %c2\\n.popsection" :: "i"(${(number >> 7) << 24}), "i"("file.c"), "i"(${(number & 127) << 24})); }`,
} as const

type Holder = keyof typeof HOLDERS

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
  { name: 'the first line', from: 1, to: 4, file: 'unit.c' },
  { name: 'the last line', from: 100, to: 103, file: 'unit.c' },
  { name: 'one behind the last line', from: 101, to: 104 },
  { name: 'far behind the last line', from: 5000, to: 5003 },
  { name: 'another step than the shift', from: 42, to: 46 },
  { name: 'a step backwards', from: 45, to: 42 },
  { name: 'the step of the other file', from: 150, to: 157, files: [FILE, OTHER], file: 'header.h' },
  { name: "the step of the shorter file, at the longer one's line", from: 150, to: 153, files: [FILE, OTHER] },
  { name: 'a shift of no file at all', from: 42, to: 45, files: [] },
]

const cases = ROWS.flatMap(row => Object.keys(HOLDERS).map(holder => ({ ...row, holder: holder as Holder })))

test.skipIf(!hasGcc).for(cases)(
  `$name ($from to $to), in $holder${withoutGcc}`,
  ({ from, to, holder, files, file }) => {
    const { sites, unexplained } = sitesOf(HOLDERS[holder](from), HOLDERS[holder](to), files)
    expect(sites.map(site => [site.file, site.line])).toEqual(file === undefined ? [] : [[file, from]])
    expect(unexplained.length > 0).toBe(file === undefined)
  },
)

/** Line 0 is no line, and whatever is 0 in the unshifted object is none either. */
test.skipIf(!hasGcc).for(['four bytes of data', 'two bytes of data', 'eight bytes of data'] as const)(
  `what was 0 is no line: %s${withoutGcc}`,
  holder => {
    const [before, after] = [HOLDERS[holder](0), HOLDERS[holder](SHIFT)]
    const data = (text: string) => `${text.replace('place', '__attribute__((section(".data.place"))) place')}`
    expect(sitesOf(data(before), data(after)).sites).toEqual([])
    expect(sitesOf(data(before), data(after)).unexplained).toHaveLength(1)
  },
)

test.skipIf(!hasGcc)(`what is cut in another way explains nothing${withoutGcc}`, () => {
  const { sites, unexplained } = sitesOf('int place = 5; int other = 7;', 'int place = 8;')
  expect(sites).toEqual([])
  expect(unexplained.length).toBeGreaterThan(0)
})

test.skipIf(!hasGcc)(`what grows, and what reaches something else, is no line${withoutGcc}`, () => {
  expect(sitesOf('int place[2] = { 5 };', 'int place[3] = { 8 };').unexplained).toHaveLength(1)
  const reaching = (target: string) => `extern void a(void), b(void); void f(void) { ${target}(); __asm__("nop"); }`
  const { sites, unexplained } = sitesOf(reaching('a'), reaching('b'))
  expect(sites).toEqual([])
  expect(unexplained.map(({ text }) => text)).toEqual(['a relocation of f differs when lines are shifted'])
})

function sitesOf(before: string, after: string, files: readonly ShiftedFile[] = [FILE]) {
  const original = pieceMap(readElf<'original'>(compile(before)), { table: 'xen' })
  const shifted = pieceMap(readElf<'patched'>(compile(after)), { table: 'xen' })
  const { byPiece, unexplained } = findLineSites(original, shifted, files)
  return { sites: [...byPiece.values()].flat(), unexplained }
}
