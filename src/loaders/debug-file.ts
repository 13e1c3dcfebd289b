/** The debug file of a payload, read: whose it is, and what has a place when the payload is loaded. */
import { InputError } from '../base/errors.ts'
import { type ElfObject, type ElfSection, readElf } from '../elf/index.ts'
import { SHF_ALLOC } from '../elf/spec/constants.ts'
import { hasFlag } from '../elf/spec/flags.ts'
import { buildIdOf } from './build-id-note.ts'
import { BUILD_ID } from './payload-sections.ts'

export interface DebugFile {
  readonly elf: ElfObject<'payload'>
  /** Of the payload, in lower case. */
  readonly buildId: string
  /** Sections that are loaded, in the order of the file. */
  readonly loaded: readonly ElfSection<'payload'>[]
  readonly functions: readonly {
    readonly name: string
    readonly section: string
    readonly offset: number
    readonly size: number
  }[]
}

/** Throws `InputError` (debug/not-one) for anything else. `name` is how messages call it. */
export function readDebugFile(bytes: Uint8Array, name: string): DebugFile {
  const elf = readElf<'payload'>(bytes)
  const note = elf.sections.find(section => section.name === BUILD_ID)
  const id = note && buildIdOf(note.bytes)
  if (id === undefined) throw notOne(`${name} has no build-id`)
  if (!elf.sections.some(section => section.name === '.debug_info')) throw notOne(`${name} has no debug information`)
  return {
    elf,
    buildId: Buffer.from(id).toString('hex'),
    loaded: elf.sections.filter(({ flags }) => hasFlag(flags, SHF_ALLOC)),
    functions: elf.symbols.flatMap(({ name: symbol, kind, place, size }) => {
      const section = place.in === 'section' ? elf.sections[place.section] : undefined
      if (kind !== 'function' || place.in !== 'section' || section === undefined) return []
      return [{ name: symbol, section: section.name, offset: place.offset, size }]
    }),
  }
}

const notOne = (fact: string) =>
  new InputError('debug/not-one', fact, 'give the file that `hotsplice build --debug-file` wrote for this payload')
