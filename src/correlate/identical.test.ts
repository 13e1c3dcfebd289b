/** Objects are identical or they are not: whatever is loaded and differs, nothing is paired for being in its place. */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { RULES } from '../../tests/support/judge.ts'
import { readElf } from '../elf/index.ts'
import type { ElfObject, ElfRelocation, ElfSection, ElfSymbol } from '../elf/model.ts'
import { pieceMap } from '../pieces/pieces.ts'
import { pairIdentical } from './identical.ts'
import { Pairing } from './pairing.ts'

type Read = ElfObject<'patched'>

const TEXT = `extern int flag; int shared[4]; static int own = 5;
  __asm__(".globl fixed; fixed = 0x40");
  int f(int a) { return a * flag + own; } int g(int a) { return f(a) + shared[a] + own++; }`
const bytes = hasGcc ? compile(TEXT, ['-O2', '-fcommon']) : new Uint8Array()

/** How many pieces are paired when the other object is the same but for one edit. */
function paired(edit: (object: Read) => Read): number {
  const { loader } = RULES.target
  const original = pieceMap(readElf<'original'>(bytes), { loader })
  const patched = pieceMap(readElf<'patched'>(bytes), { loader })
  const pairing = new Pairing(original, { ...patched, object: edit(patched.object) })
  pairIdentical(pairing)
  return pairing.pairs.length
}

const ofSection = (name: string, edit: (section: ElfSection<'patched'>) => Partial<ElfSection<'patched'>>) => ({
  what: `${name}: ${edit}`,
  edit: (object: Read): Read => ({
    ...object,
    sections: object.sections.map(each => (each.name === name ? { ...each, ...edit(each) } : each)),
  }),
})
const ofSymbol = (name: string, edit: (symbol: ElfSymbol<'patched'>) => Partial<ElfSymbol<'patched'>>) => ({
  what: `${name}: ${edit}`,
  edit: (object: Read): Read => ({
    ...object,
    symbols: object.symbols.map(each => (each.name === name ? { ...each, ...edit(each) } : each)),
  }),
})
/** Of the last relocation of the code. */
const ofRelocation = (
  edit: (one: ElfRelocation<'patched'>) => readonly Partial<ElfRelocation<'patched'>>[],
  section = '.text',
) => ({
  what: `relocation of ${section}: ${edit}`,
  edit: (object: Read): Read => {
    const id = object.sections.findIndex(({ name }) => name === section)
    const relocations = object.relocations.map((list, at) =>
      at === id
        ? list.flatMap((one, index) => (index < list.length - 1 ? [one] : edit(one).map(by => ({ ...one, ...by }))))
        : list,
    )
    return { ...object, relocations }
  },
})

test.skipIf(!hasGcc)(`the same bytes, read twice${withoutGcc}`, () => {
  expect(paired(object => object)).toBeGreaterThanOrEqual(4)
})

test
  .skipIf(!hasGcc)
  .for([
    { what: 'machine', edit: (object: Read): Read => ({ ...object, header: { ...object.header, machine: 183 } }) },
    { what: 'flags', edit: (object: Read): Read => ({ ...object, header: { ...object.header, flags: 1 } }) },
    {
      what: 'sections',
      edit: (object: Read): Read => ({ ...object, sections: [...object.sections, ...object.sections.slice(-1)] }),
    },
    {
      what: 'symbols',
      edit: (object: Read): Read => ({ ...object, symbols: [...object.symbols, ...object.symbols.slice(-1)] }),
    },
    ofSection('.text', () => ({ name: '.text.other' })),
    ofSection('.text', ({ type }) => ({ type: type + 1 })),
    ofSection('.text', ({ flags }) => ({ flags: flags | 0x10 })),
    ofSection('.text', ({ size }) => ({ size: size + 1 })),
    ofSection('.text', ({ alignment }) => ({ alignment: alignment * 2 })),
    ofSection('.text', () => ({ entrySize: 1 })),
    ofSection('.text', section => ({ bytes: section.bytes.map((byte, at) => (at === 1 ? byte ^ 1 : byte)) })),
    ofSection('.comment', () => ({ name: '.remark' })),
    ofSymbol('f', () => ({ name: 'h' })),
    ofSymbol('f', () => ({ kind: 'object' })),
    ofSymbol('f', () => ({ binding: 'weak' })),
    ofSymbol('f', () => ({ visibility: 'hidden' })),
    ofSymbol('f', ({ size }) => ({ size: size + 1 })),
    ofSymbol('f', ({ place }) => ({ place: place.in === 'section' ? { ...place, offset: place.offset + 1 } : place })),
    ofSymbol('f', () => ({ place: { in: 'nowhere' } })),
    ofSymbol('fixed', () => ({ place: { in: 'absolute', value: 0x41n } })),
    ofSymbol('shared', () => ({ place: { in: 'common', alignment: 64 } })),
    ofRelocation(() => []),
    ofRelocation(({ offset }) => [{ offset: offset + 1 }]),
    ofRelocation(({ type }) => [{ type: type + 1 }]),
    ofRelocation(({ addend }) => [{ addend: addend + 1n }]),
    ofRelocation(one => [one, one]),
  ])(`$what${withoutGcc}`, ({ edit }) => {
  expect(paired(edit)).toBe(0)
})

test
  .skipIf(!hasGcc)
  .for([
    ofSection('.comment', section => ({ bytes: section.bytes.map(byte => byte ^ 1) })),
    ofSection('.comment', ({ size }) => ({ size: size + 1 })),
  ])(`what is not loaded: $what${withoutGcc}`, ({ edit }) => {
  expect(paired(edit)).toBeGreaterThanOrEqual(4)
})
