/** Note sections (gABI, "Note Section"). */
import { InputError } from '../../base/errors.ts'
import type { Side } from '../../base/side.ts'
import type { ElfNote, ElfObject, ElfSection } from '../model.ts'
import { NT_GNU_BUILD_ID, SHT_NOTE } from '../spec/constants.ts'
import { hex } from './cursor.ts'

const NOTE_HEADER_SIZE = 12

/**
 * The notes of a section.
 *
 * @param section a section of type SHT_NOTE
 * @returns its notes, in their order
 * @throws {InputError} for a note that does not fit
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { readFile } from 'node:fs/promises'
 * import { readElf, readNotes } from 'hotsplice/elf'
 *
 * const section = readElf(await readFile('fix.livepatch')).sections.find(({ name }) => name === '.note.gnu.build-id')
 * assert.ok(section !== undefined)
 * assert.equal(readNotes(section)[0]?.name, 'GNU')
 * ```
 */
export function readNotes<S extends Side>(section: ElfSection<S>): readonly ElfNote[] {
  return [...notesOf(section)]
}

function* notesOf<S extends Side>(section: ElfSection<S>): Generator<ElfNote> {
  const { bytes, alignment } = section
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  // The gABI pads to 8 in 64-bit files; in practice only sections that say so do.
  const unit = alignment === 8 ? 8 : 4
  for (let at = 0; at < bytes.length; ) {
    if (at + NOTE_HEADER_SIZE > bytes.length) throw badNote(section, at, 'its header')
    const nameSize = view.getUint32(at, true)
    const size = view.getUint32(at + 4, true)
    const nameEnd = at + NOTE_HEADER_SIZE + nameSize
    const start = alignUp(nameEnd, unit)
    if (nameEnd > bytes.length) throw badNote(section, at, `a name of ${nameSize} bytes`)
    if (start + size > bytes.length && size > 0) throw badNote(section, at, `a descriptor of ${size} bytes`)
    yield {
      offset: at,
      name: nameOf(bytes.subarray(at + NOTE_HEADER_SIZE, nameEnd)),
      type: view.getUint32(at + 8, true),
      descriptor: bytes.subarray(start, start + size),
    }
    at = alignUp(start + size, unit)
  }
}

/**
 * The build-id in the first note that has one.
 *
 * @param elf a file of any kind
 * @returns its bytes, as many as the linker wrote; undefined where there is none
 * @throws {InputError} for notes that do not fit their section
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { readFile } from 'node:fs/promises'
 * import { buildIdOf, readElf } from 'hotsplice/elf'
 *
 * assert.equal(buildIdOf(readElf(await readFile('fix.livepatch')))?.length, 20)
 * ```
 */
export function buildIdOf<S extends Side>(elf: Pick<ElfObject<S>, 'sections'>): Uint8Array | undefined {
  for (const section of elf.sections) {
    if (section.type !== SHT_NOTE) continue
    for (const { name, type, descriptor } of notesOf(section)) {
      if (name === 'GNU' && type === NT_GNU_BUILD_ID) return descriptor
    }
  }
  return undefined
}

/** Without the NUL that ends it and is counted. */
function nameOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  const text = end === -1 ? bytes : bytes.subarray(0, end)
  return Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString('latin1')
}

function badNote<S extends Side>(section: ElfSection<S>, at: number, what: string): InputError {
  const { id, name, fileOffset, size } = section
  const fact = `the note at ${hex(at)} of section ${id} ${name} has ${what}, but the section ends at ${hex(size)}`
  return new InputError('elf/bad-note', `${fact} (at ${hex(fileOffset + at)} of the file)`)
}

function alignUp(offset: number, unit: number): number {
  return Math.ceil(offset / unit) * unit
}
