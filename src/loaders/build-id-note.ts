import { NT_GNU_BUILD_ID } from '../elf/spec/constants.ts'

/** A GNU build-id note that holds `id`, which may have any length; its description is padded to 4 bytes. */
export function buildIdNote(id: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(16 + Math.ceil(id.length / 4) * 4)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, 4, true)
  view.setUint32(4, id.length, true)
  view.setUint32(8, NT_GNU_BUILD_ID, true)
  bytes.set([0x47, 0x4e, 0x55, 0], 12)
  bytes.set(id, 16)
  return bytes
}

/** The description of the first GNU build-id note; the id may have any length. */
export function buildIdOf(note: Uint8Array): Uint8Array | undefined {
  const view = new DataView(note.buffer, note.byteOffset, note.byteLength)
  for (let at = 0; at + 12 <= note.length; ) {
    const nameSize = view.getUint32(at, true)
    const size = view.getUint32(at + 4, true)
    const description = at + 12 + Math.ceil(nameSize / 4) * 4
    if (description + size > note.length) return undefined
    if (view.getUint32(at + 8, true) === NT_GNU_BUILD_ID) return note.subarray(description, description + size)
    at = description + Math.ceil(size / 4) * 4
  }
  return undefined
}

/** Among other notes: of Xen, of the kernel itself. */
export function gnuBuildId(notes: Uint8Array): Uint8Array | undefined {
  const GNU = '\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU\0'
  const at = Buffer.from(notes.buffer, notes.byteOffset, notes.length).indexOf(GNU, 0, 'latin1')
  return at === -1 || at % 4 !== 0 ? undefined : buildIdOf(notes.subarray(at))
}
