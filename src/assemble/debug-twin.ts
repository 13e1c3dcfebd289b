/**
 * The debug file of a payload: the payload's sections without their content, its symbols and build-id, and the compiler's debug
 * information of the units that it has code of. Debuggers load it where the payload was loaded.
 *
 * Worse mistake: an address that is called by another function's name. What a payload does not have is left without an address,
 * as linkers do with functions that nobody uses; where only parts of a section are in the payload, nothing that counts from the
 * section's start is kept of it.
 *
 * In:  a selection, and the payload that was made of it.
 * Out: the file's bytes; undefined where the compiler wrote no debug information.
 */
import { contentOf } from '../dwarf/content.ts'
import {
  type NewHeader,
  type NewRelocation,
  type NewSection,
  type NewSymbol,
  readElf,
  toNewObject,
  writeElf,
} from '../elf/index.ts'
import type { ElfObject, ElfSection } from '../elf/model.ts'
import { SHF_ALLOC, SHT_NOBITS, SHT_NOTE, SHT_PROGBITS } from '../elf/spec/constants.ts'
import { hasFlag } from '../elf/spec/flags.ts'
import { BUILD_ID, DEPENDS, XEN_DEPENDS } from '../loaders/payload-sections.ts'
import type { PieceMap } from '../pieces/model.ts'
import type { Selection } from '../select/model.ts'
import { liveLines } from './debug-lines.ts'
import { DebugPlaces } from './debug-places.ts'
import { type DebugTarget, type LiveRange, liveRanges, RANGES_HEAD, rangesBytes } from './debug-ranges.ts'
import { liveStrings } from './debug-strings.ts'
import type { Payload } from './model.ts'

/** Says whose file this is: the same as in the payload. */
const IDENTITY: ReadonlySet<string> = new Set([BUILD_ID, DEPENDS, XEN_DEPENDS])
const RANGES = '.debug_aranges'
const LINES = '.debug_line'
const STRINGS = '.debug_str'
/**
 * Addresses of code that is not in the payload. As a function's start -1 makes a range that ends before it begins, which debuggers
 * leave out; zero would be the payload's own code to those that take a file as it is. Lists count from an address: theirs is one
 * where neither Linux nor Xen has code.
 */
const NOWHERE = { start: 0xffff_ffff_ffff_ffffn, base: 0xffff_ffff_0000_0000n } as const
/** Where addresses of functions are. */
const STARTS: ReadonlySet<string> = new Set(['.debug_info', '.debug_addr'])

export function debugTwin(
  selection: Selection,
  { bytes, map }: Pick<Payload, 'bytes' | 'map'>,
): Uint8Array | undefined {
  const used = new Set(map.map(({ address }) => address.unit))
  const twin = new Twin(bytes)
  for (const [at, { patched }] of selection.units.entries()) {
    if (!used.has(at)) continue
    const pieces = map.filter(({ address }) => address.unit === at)
    twin.add(patched, new DebugPlaces(patched, pieces))
  }
  return twin.write()
}

type Unit = ElfObject<'patched'>

/** What an object's section of debug information became. */
interface Part {
  readonly name: string
  readonly base: number
  readonly bytes: Uint8Array
  readonly moved: (offset: number) => number | undefined
}

interface Target extends DebugTarget {
  /** Of a field that leads to code that the payload does not have. */
  readonly isDead: boolean
}

class Twin {
  readonly #header: NewHeader
  readonly #sections: NewSection[]
  readonly #symbols: NewSymbol[]
  readonly #debug = new Map<string, { size: number; parts: Uint8Array[]; relocations: NewRelocation[] }>()

  constructor(payload: Uint8Array) {
    const { header, sections, symbols } = toNewObject(readElf<'payload'>(payload))
    this.#header = header
    this.#sections = sections.map(withoutContent)
    this.#symbols = symbols.filter(({ place }) => place.in === 'section')
  }

  add({ object }: PieceMap<'patched'>, places: DebugPlaces): void {
    const debug = object.sections.filter(({ name, flags }) => name.startsWith('.debug_') && !hasFlag(flags, SHF_ALLOC))
    if (!debug.some(({ name }) => name === '.debug_info')) return
    // All parts have their places before anything leads there.
    const parts = new Map<number, Part>()
    for (const section of debug.filter(({ name }) => name !== RANGES)) {
      const { bytes, moved } = contentIn(section, { object, places, debug })
      parts.set(section.id, { name: section.name, base: this.#put(section.name, bytes), bytes, moved })
    }
    for (const section of debug) {
      const part = parts.get(section.id)
      const targets = targetsOf(section, object, { places, parts })
      if (part === undefined) this.#addRanges(liveRanges(contentOf(section), targets))
      else for (const target of targets) this.#relocate(part, target)
    }
  }

  /** Where it begins. */
  #put(name: string, bytes: Uint8Array): number {
    const output = this.#output(name)
    output.parts.push(bytes)
    output.size += bytes.length
    return output.size - bytes.length
  }

  #output(name: string) {
    const output = this.#debug.get(name) ?? { size: 0, parts: [], relocations: [] }
    this.#debug.set(name, output)
    return output
  }

  #relocate({ name, base, bytes, moved }: Part, { offset, type, to, isDead }: Target): void {
    const at = moved(offset)
    if (at === undefined) return
    if (to !== undefined) {
      const symbol = this.#sectionSymbol(to.section)
      this.#output(name).relocations.push({ offset: base + at, type, symbol, addend: BigInt(to.offset) })
    } else if (isDead && at + 8 <= bytes.length) {
      const address = STARTS.has(name) ? NOWHERE.start : NOWHERE.base
      new DataView(bytes.buffer, bytes.byteOffset).setBigUint64(at, address, true)
    }
  }

  #addRanges({ info, ranges }: LiveRange): void {
    if (info === undefined || ranges.length === 0) return
    const bytes = rangesBytes(ranges)
    const part = { name: RANGES, base: this.#put(RANGES, bytes), bytes, moved: (offset: number) => offset }
    this.#relocate(part, { ...info, offset: RANGES_HEAD.info, isDead: false })
    for (const [at, range] of ranges.entries())
      this.#relocate(part, { ...range, offset: RANGES_HEAD.size + at * 16, isDead: false })
  }

  /** Sections of debug information are numbered behind the payload's, in the order in which they came. */
  #sectionSymbol(name: string): number {
    const own = this.#sections.findIndex(section => section.name === name)
    const section = own !== -1 ? own : this.#sections.length + [...this.#debug.keys()].indexOf(name)
    const known = this.#symbols.findIndex(
      ({ kind, place }) => kind === 'section' && place.in === 'section' && place.section === section,
    )
    if (known !== -1) return known
    const place = { in: 'section', section, offset: 0 } as const
    return this.#symbols.push({ name: '', kind: 'section', binding: 'local', place, size: 0 }) - 1
  }

  write(): Uint8Array | undefined {
    if (!this.#debug.has('.debug_info')) return undefined
    const debug = [...this.#debug].map(
      ([name, { parts, relocations }]): NewSection => ({
        ...{ name, type: SHT_PROGBITS, flags: 0, alignment: 1, bytes: new Uint8Array(Buffer.concat(parts)) },
        ...(relocations.length === 0 ? {} : { relocations: relocations.toSorted((a, b) => a.offset - b.offset) }),
      }),
    )
    return writeElf({ header: this.#header, sections: [...this.#sections, ...debug], symbols: this.#symbols })
  }
}

interface Source {
  readonly object: Unit
  readonly places: DebugPlaces
  readonly debug: readonly ElfSection<'patched'>[]
}

/** A section of an object's debug information as it goes along, and where its places went. */
function contentIn(section: ElfSection<'patched'>, { object, places, debug }: Source): Pick<Part, 'bytes' | 'moved'> {
  const content = contentOf(section)
  if (section.name === LINES) {
    const targets = targetsOf(section, object, { places, parts: new Map() })
    const dead = new Set(targets.flatMap(({ isDead, offset }) => (isDead ? [offset] : [])))
    return liveLines(content, offset => dead.has(offset))
  }
  if (section.name === STRINGS) {
    const asked = debug
      .flatMap(({ id }) => object.relocations[id] ?? [])
      .flatMap(({ symbol, addend }) => {
        const place = object.symbols[symbol]?.place
        return place?.in === 'section' && place.section === section.id ? [Number(BigInt(place.offset) + addend)] : []
      })
    return liveStrings(content, asked)
  }
  return { bytes: content.slice(), moved: offset => offset }
}

interface Ground {
  readonly places: DebugPlaces
  readonly parts: ReadonlyMap<number, Part>
}

/** Fields of a section of debug information, and what each leads to. */
function targetsOf({ id, name }: ElfSection<'patched'>, object: Unit, { places, parts }: Ground): readonly Target[] {
  return (object.relocations[id] ?? []).map(({ offset, type, symbol, addend }) => {
    const place = object.symbols[symbol]?.place
    if (place?.in !== 'section') return { offset, type, to: undefined, isDead: false }
    const at = Number(BigInt(place.offset) + addend)
    const part = parts.get(place.section)
    if (part !== undefined)
      return { offset, type, to: { section: part.name, offset: part.base + (part.moved(at) ?? 0) }, isDead: false }
    const to = places.find(place.section, at, STARTS.has(name))
    return { offset, type, to, isDead: to === undefined && places.isCode(place.section) }
  })
}

function withoutContent({ name, type, flags, alignment, entrySize, bytes, size }: NewSection): NewSection {
  const kept = { name, flags, alignment, ...(entrySize === undefined ? {} : { entrySize }) }
  if (bytes === undefined || type === SHT_NOTE || IDENTITY.has(name)) {
    return { ...kept, type, ...(bytes === undefined ? { size: size ?? 0 } : { bytes }) }
  }
  return { ...kept, type: SHT_NOBITS, size: bytes.length }
}
