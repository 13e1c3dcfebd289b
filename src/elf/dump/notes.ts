import type { Side } from '../../base/side.ts'
import type { ElfNote, ElfObject } from '../model.ts'
import { readNotes } from '../read/notes.ts'
import { NT_GNU_BUILD_ID, SHT_NOTE } from '../spec/constants.ts'
import { ABI_TAG_SYSTEMS, digits, GNU_NOTE_TYPES, printable } from './words.ts'

const NT_GNU_ABI_TAG = 1

/** The notes of all note sections (`readelf -n`); what a descriptor means is told for build-ids and ABI tags alone. */
export function dumpNotes<S extends Side>({ sections }: ElfObject<S>): string[] {
  return sections
    .filter(({ type, size }) => type === SHT_NOTE && size > 0)
    .flatMap(section => [
      '',
      `Displaying notes found in: ${printable(section.name)}`,
      '  Owner                Data size \tDescription',
      ...readNotes(section).map(row),
    ])
}

function row({ name, type, descriptor }: ElfNote): string {
  const known = name === 'GNU' ? GNU_NOTE_TYPES[type] : undefined
  const what = known ?? `Unknown note type: (0x${digits(type, 8)})`
  const head = `  ${printable(name).padEnd(20)} 0x${digits(descriptor.length, 8)}\t${what}`
  return `${head}\t    ${meaning({ name, type }, descriptor)}`
}

function meaning({ name, type }: Pick<ElfNote, 'name' | 'type'>, descriptor: Uint8Array): string {
  const bytes = Buffer.from(descriptor)
  if (name === 'GNU' && type === NT_GNU_BUILD_ID) return `Build ID: ${bytes.toString('hex')}`
  if (name === 'GNU' && type === NT_GNU_ABI_TAG && bytes.length >= 16) {
    const system = bytes.readUInt32LE(0)
    const version = [4, 8, 12].map(at => bytes.readUInt32LE(at)).join('.')
    return `OS: ${ABI_TAG_SYSTEMS[system] ?? 'Unknown'}, ABI: ${version}`
  }
  return `description data: ${[...bytes].map(byte => `${digits(byte, 2)} `).join('')}`
}
