/**
 * The sections of debug information, taken out of an object and put right: references between them are relocations in
 * an object, and numbers here.
 *
 * A compiler that is told to leave code generation to the linker (`-flto`) writes its debug information at once, before
 * it optimises, into sections with a prefix. They hold every type, function and variable, and cost half of a compile.
 */
import type { Side } from '../base/side.ts'
import type { ElfObject, ElfSection } from '../elf/index.ts'
import { contentOf } from './content.ts'

export interface DebugSections {
  readonly info: Uint8Array
  readonly abbrev: Uint8Array
  readonly str: Uint8Array
  readonly lineStr: Uint8Array
  readonly line: Uint8Array
  readonly strOffsets: Uint8Array
}

const NAMES = {
  info: '.debug_info',
  abbrev: '.debug_abbrev',
  str: '.debug_str',
  lineStr: '.debug_line_str',
  line: '.debug_line',
  strOffsets: '.debug_str_offsets',
} as const
const KEYS = ['info', 'abbrev', 'str', 'lineStr', 'line', 'strOffsets'] as const

const EARLY = '.gnu.debuglto_'
/** R_X86_64_32, R_X86_64_DTPOFF32 excluded: an offset in another section; R_AARCH64_ABS32 likewise. */
const OFFSETS_32: ReadonlySet<number> = new Set([10, 258])

type Holder<S extends Side> = Pick<ElfObject<S>, 'sections' | 'symbols' | 'relocations'>

/** The debug information of an object; undefined where it has none. */
export function debugSections<S extends Side>(object: Holder<S>): DebugSections | undefined {
  const early = object.sections.some(({ name }) => name === EARLY + NAMES.info)
  const take = (key: (typeof KEYS)[number]) => relocated(object, (early ? EARLY : '') + NAMES[key])
  const info = take('info')
  if (info.length === 0) return undefined
  const [abbrev, str, lineStr, line, strOffsets] = [
    take('abbrev'),
    take('str'),
    take('lineStr'),
    take('line'),
    take('strOffsets'),
  ]
  return { info, abbrev, str, lineStr, line, strOffsets }
}

/** By its name, or by the one that GNU gave it where it is compressed. */
export function findDebugSection<S extends Side>(
  object: Pick<ElfObject<S>, 'sections'>,
  name: string,
): ElfSection<S> | undefined {
  const compressed = name.replace('.', '.z')
  return object.sections.find(each => each.name === name || each.name === compressed)
}

function relocated<S extends Side>(object: Holder<S>, name: string): Uint8Array {
  const section = findDebugSection(object, name)
  if (section === undefined) return new Uint8Array()
  const content = contentOf(section)
  const relocations = object.relocations[section.id] ?? []
  if (relocations.length === 0) return content
  const bytes = content.slice()
  const view = new DataView(bytes.buffer)
  for (const { offset, type, symbol, addend } of relocations) {
    const place = object.symbols[symbol]?.place
    if (!OFFSETS_32.has(type) || place?.in !== 'section') continue
    view.setUint32(offset, Number(BigInt(place.offset) + addend), true)
  }
  return bytes
}

/** The sections as one run of bytes, to be kept: the lengths, then the contents. */
export function packSections(sections: DebugSections): Uint8Array {
  const parts = KEYS.map(key => sections[key])
  const head = KEYS.length * 4
  const packed = new Uint8Array(head + parts.reduce((sum, part) => sum + part.length, 0))
  const view = new DataView(packed.buffer)
  let at = head
  parts.forEach((part, index) => {
    view.setUint32(index * 4, part.length, true)
    packed.set(part, at)
    at += part.length
  })
  return packed
}

/** The inverse of `packSections`. */
export function unpackSections(packed: Uint8Array): DebugSections {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength)
  let at = KEYS.length * 4
  const parts = KEYS.map((_, index) => {
    const size = view.getUint32(index * 4, true)
    at += size
    return packed.subarray(at - size, at)
  })
  const part = (key: (typeof KEYS)[number]) => parts[KEYS.indexOf(key)] ?? new Uint8Array()
  return {
    info: part('info'),
    abbrev: part('abbrev'),
    str: part('str'),
    lineStr: part('lineStr'),
    line: part('line'),
    strOffsets: part('strOffsets'),
  }
}
