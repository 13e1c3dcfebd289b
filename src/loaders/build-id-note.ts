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
