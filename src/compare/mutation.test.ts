/**
 * The mistake that must never happen: a changed object that is called the same. One byte, or one relocation, of a
 * compiled object is changed at random; whatever it is, something must no longer be "same".
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { judge, verdictLines } from '../../tests/support/judge.ts'
import { readElf } from '../elf/index.ts'
import { SHF_ALLOC, SHF_EXECINSTR, SHT_NOBITS } from '../elf/spec/constants.ts'
import { diffObjects } from '../flows/diff.ts'
import { XEN } from '../loaders/xen/xen.ts'
import { pieceMap } from '../pieces/pieces.ts'

const TEXT = `
extern int printk(const char *format, ...);
extern int flag, other;
struct ops { int (*run)(int); const char *name; };
static int first(int a) { return a * flag; }
static int second(int a) { return a + other; }
static const struct ops table[] = { { first, "first" }, { second, "second" } };
static int counter = 7, zero[5];
int pick(int i, int a) { return table[i].run(a) + counter++; }
const char *name(int i) { printk("name of %d", i); return table[i].name; }
int kinds(int i) { switch (i) { case 0: return 3; case 1: return 55; case 2: return 9; case 3: return 11; case 4: return 77; } return zero[2]; }
int local(void) { static int count; static int limit = 5; if (++count > limit) printk("too many: %d", count); return count; }
__attribute__((cold, noinline)) void complain(int a) { printk("complaint %d", a); }
int guarded(int *p) { int r = 0; if (!p) complain(1); __asm__ volatile("1: movl (%1), %0\\n2:\\n.section .fixup,\\"ax\\"\\n3: movl $8, %0\\njmp 2b\\n.previous\\n\\
.section .ex_table,\\"a\\"\\n.balign 4\\n.long 1b - ., 3b - .\\n.previous" : "+r"(r) : "r"(p)); return r; }
double ratio(double a) { return a * 1.25 + 3.5; }
void stop(void) { __asm__ volatile(".Lbug: ud2\\n.pushsection .bug_frames.2, \\"a\\", @progbits\\n.p2align 2\\n.Lfrm:\\n\\
.long (.Lbug - .Lfrm) + %c0\\n.long (%c1 - .Lfrm) + %c2\\n.popsection" :: "i"(0 << 24), "i"("file.c"), "i"(100 << 24)); }
`

const RUNS = Number(process.env.HOTSPLICE_MUTATIONS ?? 1500)

test.skipIf(!hasGcc)(`an object against itself has no difference${withoutGcc}`, () => {
  const object = compile(TEXT)
  expect(verdictLines(judge(object, object))).toEqual([])
})

test.skipIf(!hasGcc)(`one changed byte is never the same${withoutGcc}`, () => {
  const object = compile(TEXT)
  const places = comparedBytes(object)
  expect(places.length).toBeGreaterThan(400)
  const anyPlace = fc.integer({ min: 0, max: places.length - 1 })
  fc.assert(
    fc.property(anyPlace, fc.integer({ min: 1, max: 255 }), (index, change) => {
      const at = places[index] ?? 0
      const mutated = object.slice()
      mutated[at] = (mutated[at] ?? 0) ^ change
      expect(verdictOf(object, mutated), `byte 0x${at.toString(16)} of the file`).not.toEqual([])
    }),
    { numRuns: RUNS, seed: 20261122 },
  )
})

test.skipIf(!hasGcc)(`one changed relocation is never the same${withoutGcc}`, () => {
  const object = compile(TEXT)
  const tables = readElf<'original'>(object).sections.filter(({ type, info }) => {
    return type === 4 && isCompared(readElf<'original'>(object).sections[info]?.name ?? '')
  })
  const entries = tables.flatMap(({ fileOffset, size }) =>
    Array.from({ length: size / 24 }, (_, i) => fileOffset + i * 24),
  )
  expect(entries.length).toBeGreaterThan(25)
  fc.assert(
    fc.property(fc.integer({ min: 0, max: entries.length - 1 }), fc.integer({ min: 1, max: 255 }), (index, change) => {
      // The low byte of the addend.
      const at = (entries[index] ?? 0) + 16
      const mutated = object.slice()
      mutated[at] = (mutated[at] ?? 0) ^ change
      expect(verdictOf(object, mutated), `addend at 0x${at.toString(16)}`).not.toEqual([])
    }),
    { numRuns: RUNS, seed: 20261123 },
  )
})

/** Line numbers in code, in data and in a bug frame, and much that is none. */
const NUMBERED = `${TEXT}
int line(int a) { return printk("line %d of %d", __LINE__, a); }
const struct { const char *file; int line; } place = { "unit.c", __LINE__ };
int reached(void) { return printk(place.file, place.line, &place); }
void bug(void) { __asm__ volatile(".Lbug2: ud2\\n.pushsection .bug_frames.2, \\"a\\", @progbits\\n.p2align 2\\n.Lfrm2:\\n\\
.long (.Lbug2 - .Lfrm2) + %c0\\n.long (%c1 - .Lfrm2) + %c2\\n.popsection" :: "i"((__LINE__ >> 7) << 24), "i"("file.c"), "i"((__LINE__ & 127) << 24)); }
`

test.skipIf(!hasGcc)(`one changed byte outside the line numbers is never only a line number${withoutGcc}`, () => {
  const original = compile(NUMBERED)
  const shifted = { object: compile(`#line 4\n${NUMBERED}`), shift: 3 }
  const patched = compile(`\n\n${NUMBERED}`)
  const judged = (object: Uint8Array) => diffObjects({ original, patched: object, shifted, target: 'xen' })
  expect(verdictLines(judged(patched))).toEqual([
    'line: line-only',
    'reached: line-only',
    'bug: line-only',
    'place: line-only',
  ])
  const fields = new Set(lineFields(original, patched))
  const places = comparedBytes(patched).filter(at => !fields.has(at))
  fc.assert(
    fc.property(fc.integer({ min: 0, max: places.length - 1 }), fc.integer({ min: 1, max: 255 }), (index, change) => {
      const at = places[index] ?? 0
      const mutated = patched.slice()
      mutated[at] = (mutated[at] ?? 0) ^ change
      const isChanged = (line: string) => !line.endsWith('line-only')
      expect(verdictLines(judged(mutated)).some(isChanged), `byte 0x${at.toString(16)}`).toBe(true)
    }),
    { numRuns: RUNS, seed: 20261124 },
  )
})

/** File offsets of the bytes that differ between two objects whose lines alone differ: there the numbers are. */
function lineFields(original: Uint8Array, patched: Uint8Array): readonly number[] {
  const allowed = new Set(comparedBytes(patched))
  const differing = [...patched.keys()].filter(at => original[at] !== patched[at] && allowed.has(at))
  // The numbers are small: what differs is the first byte of four.
  return differing.flatMap(at => [at, at + 1, at + 2, at + 3])
}

/** Sections that several share, so that padding lies between them. */
const SHARED = `
#define INIT __attribute__((section(".init.text"), noinline))
#define READ_MOSTLY __attribute__((section(".data.read_mostly")))
extern int printk(const char *format, ...);
READ_MOSTLY char first = 1; READ_MOSTLY long second = 2; READ_MOSTLY short third = 3; READ_MOSTLY long fourth[2] = { 4, 5 };
INIT int one(int a) { return printk("one %d", a + first); }
INIT int two(int a) { if (a > 7) __asm__ volatile("jmp 1f\\n.subsection 1\\n1: ud2\\n.p2align 4\\n.subsection 0"); return a * third; }
INIT long three(int a) { return fourth[a & 1] + second; }
INIT long four(int a) { return one(a) + two(a) + three(a); }
`

test.skipIf(!hasGcc)(
  `where padding lies between, one changed byte of what is no padding is never the same${withoutGcc}`,
  () => {
    const object = compile(SHARED)
    const { map, places } = compared(object)
    // Data that nothing reaches is nothing to anybody; code may be run into.
    const padding = map.padding.flatMap(({ section, offset, size }) => {
      const { fileOffset = 0, flags = 0 } = map.object.sections[section] ?? {}
      if ((flags & SHF_EXECINSTR) === 0) return []
      return Array.from({ length: size }, (_, index) => fileOffset + offset + index)
    })
    expect(places.length).toBeGreaterThan(100)
    expect(padding.length).toBeGreaterThan(20)
    const all = [...places, ...padding]
    fc.assert(
      fc.property(fc.integer({ min: 0, max: all.length - 1 }), fc.integer({ min: 1, max: 255 }), (index, change) => {
        const at = all[index] ?? 0
        const mutated = object.slice()
        mutated[at] = (mutated[at] ?? 0) ^ change
        // One byte makes no nop of another length: what has changed within padding is no padding any more.
        expect(verdictOf(object, mutated), `byte 0x${at.toString(16)} of the file`).not.toEqual([])
      }),
      { numRuns: RUNS, seed: 20261125 },
    )
  },
)

/** What differs. What is thrown says nothing of the two objects, and fails the test: no change here makes them unreadable. */
function verdictOf(object: Uint8Array, mutated: Uint8Array): readonly string[] {
  return verdictLines(judge(object, mutated))
}

function isCompared(section: string): boolean {
  return !['dropped', 'unknown'].includes(XEN.sectionClass(section))
}

/** File offsets of all bytes in pieces: what is loaded, without alignment between pieces and without strings' ends. */
function comparedBytes(object: Uint8Array): readonly number[] {
  return compared(object).places
}

function compared(object: Uint8Array) {
  const map = pieceMap(readElf<'original'>(object), { loader: XEN })
  const places = map.pieces.flatMap((piece): readonly number[] => {
    const section = map.object.sections[piece.section]
    if (section === undefined || section.type === SHT_NOBITS || (section.flags & SHF_ALLOC) === 0) return []
    if (!isCompared(section.name) || piece.name.endsWith('+pad')) return []
    return Array.from({ length: piece.size }, (_, i) => section.fileOffset + piece.offset + i)
  })
  return { map, places }
}
