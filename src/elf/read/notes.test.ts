import { describe, expect, test } from 'vitest'
import { buildIdOf, readElf, readNotes, writeElf } from '../index.ts'

test('notes come with owner, type and descriptor, each padded to four bytes', () => {
  const bytes = [...note('GNU', 3, [1, 2, 3, 4, 5]), 0, 0, 0, ...note('Xen', 7, []), ...note('', 9, [6])]
  expect(readNotes(section(bytes))).toEqual([
    { offset: 0, name: 'GNU', type: 3, descriptor: Uint8Array.of(1, 2, 3, 4, 5) },
    { offset: 24, name: 'Xen', type: 7, descriptor: new Uint8Array() },
    { offset: 40, name: '', type: 9, descriptor: Uint8Array.of(6) },
  ])
})

test('a section aligned to eight pads to eight', () => {
  const bytes = [...note('GNU', 5, [1, 2, 3, 4]), 0, 0, 0, 0, ...note('GNU', 5, [7])]
  expect(readNotes(section(bytes, 8)).map(({ offset }) => offset)).toEqual([0, 24])
})

test('the build-id is found whatever its length', () => {
  const bytes = [...note('Xen', 3, [9]), 0, 0, 0, ...note('GNU', 3, [0xab, 0xcd])]
  expect(buildIdOf(object(bytes))).toEqual(Uint8Array.of(0xab, 0xcd))
  expect(buildIdOf(object(note('GNU', 1, [1])))).toBeUndefined()
})

describe('a damaged note is an input error with its place', () => {
  test.for<{ name: string; bytes: number[]; says: string }>([
    { name: 'half a header', bytes: [4, 0, 0, 0], says: 'the note at 0x0 of section 1 .note has its header' },
    { name: 'a name past the end', bytes: [...word(9), ...word(0), ...word(1), 65], says: 'a name of 9 bytes' },
    { name: 'a name of 4 GiB', bytes: [...word(-1), ...word(0), ...word(1)], says: 'a name of 4294967295 bytes' },
    {
      name: 'a descriptor past the end',
      bytes: [...word(0), ...word(5), ...word(1), 1, 2, 3, 4],
      says: 'a descriptor of 5 bytes',
    },
    { name: 'rubbish behind a note', bytes: [...note('GNU', 3, [1, 2, 3, 4]), 1], says: 'the note at 0x14' },
  ])('$name', ({ bytes, says }) => {
    expect(() => readNotes(section(bytes))).toThrow(expect.objectContaining({ code: 'elf/bad-note' }))
    expect(() => readNotes(section(bytes))).toThrow(says)
  })
})

function object(bytes: readonly number[], alignment = 4) {
  const note = { name: '.note', type: 7, flags: 2, alignment, bytes: Uint8Array.from(bytes) }
  return readElf(writeElf({ header: { machine: 62 }, sections: [note], symbols: [] }))
}

function section(bytes: readonly number[], alignment = 4) {
  const [, found] = object(bytes, alignment).sections
  if (found === undefined) throw new Error('the object has no note section')
  return found
}

/** Padded after its name, but not after its descriptor. */
function note(name: string, type: number, descriptor: readonly number[]): number[] {
  const text = name === '' ? [] : [...Buffer.from(`${name}\0`)]
  return [...word(text.length), ...word(descriptor.length), ...word(type), ...text, ...descriptor]
}

function word(value: number): number[] {
  return [...new Uint8Array(Uint32Array.of(value).buffer)]
}
