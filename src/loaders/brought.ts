/**
 * What payloads that are applied already have brought: functions, constants and variables of their own, which a payload on
 * top of them is to find again and never to bring anew. From their bytes, by the names that they have.
 */
import { type ElfObject, type ElfSymbol, readElf } from '../elf/index.ts'
import { SHF_ALLOC, SHF_EXECINSTR, SHF_WRITE, SHT_NOBITS } from '../elf/spec/constants.ts'
import { hasFlag } from '../elf/spec/flags.ts'
import { FUNCS, MODINFO } from './payload-sections.ts'

/** Something with a name that a payload brought. */
export interface BroughtThing {
  readonly name: string
  /** The payload, for messages. */
  readonly by: string
  readonly kind: 'code' | 'read-only' | 'variable'
  readonly size: number
  /** Its first value, relocated fields as they are in the file. */
  readonly bytes: Uint8Array
  /** Where addresses are filled in, from its start, and what each names; empty for a place of the payload. */
  readonly fields: readonly { readonly offset: number; readonly names: string }[]
}

export interface Brought {
  /** Of equal names the first, as loaders find it. */
  readonly things: ReadonlyMap<string, BroughtThing>
  /** How the new members of a structure lie that a payload keeps, by its tag: as `layoutLine` says it. */
  readonly layouts: ReadonlyMap<string, string>
  /** Payloads that have variables without a name, so that nobody can tell what they are. */
  readonly unnamed: readonly string[]
}

/** `payloads` are in the order in which they were applied. */
export function broughtBy(payloads: readonly { readonly name: string; readonly bytes: Uint8Array }[]): Brought {
  const things = new Map<string, BroughtThing>()
  const unnamed: string[] = []
  const layouts = new Map<string, string>()
  for (const { name, bytes } of payloads) {
    const elf = readElf<'payload'>(bytes)
    for (const thing of elf.symbols.flatMap(symbol => thingOf(elf, symbol, name) ?? [])) {
      if (!things.has(thing.name)) things.set(thing.name, thing)
    }
    for (const [tag, layout] of layoutsIn(elf)) if (!layouts.has(tag)) layouts.set(tag, layout)
    if (hasUnnamed(elf)) unnamed.push(name)
  }
  return { things, layouts, unnamed }
}

type Payload = ElfObject<'payload'>

/** What a payload says of new members that it keeps, for those that come upon it: a line of its `.modinfo`. */
export const layoutLine = (tag: string, layout: string): string => `hotsplice_of_${tag}=${layout}`

function layoutsIn({ sections }: Payload): readonly (readonly [tag: string, layout: string])[] {
  const lines = sections
    .filter(({ name }) => name === MODINFO)
    .flatMap(({ bytes }) => Buffer.from(bytes).toString('latin1').split('\0'))
  return lines.flatMap(line => {
    const [, tag, layout] = /^hotsplice_of_(\w+)=(.*)$/.exec(line) ?? []
    return tag === undefined || layout === undefined ? [] : [[tag, layout] as const]
  })
}

function thingOf(
  elf: Payload,
  { name, place, kind, size }: ElfSymbol<'payload'>,
  by: string,
): BroughtThing | undefined {
  const section = place.in === 'section' ? elf.sections[place.section] : undefined
  if (section === undefined || place.in !== 'section' || kind === 'section' || kind === 'file' || name === '')
    return undefined
  const { flags, type } = section
  if (!hasFlag(flags, SHF_ALLOC)) return undefined
  const what = hasFlag(flags, SHF_EXECINSTR) ? 'code' : hasFlag(flags, SHF_WRITE) ? 'variable' : 'read-only'
  const end = place.offset + size
  const bytes = type === SHT_NOBITS ? new Uint8Array(size) : section.bytes.slice(place.offset, end)
  const fields = (elf.relocations[section.id] ?? []).flatMap(({ offset, symbol }) =>
    offset >= place.offset && offset < end
      ? [{ offset: offset - place.offset, names: elf.symbols[symbol]?.name ?? '' }]
      : [],
  )
  return { name, by, kind: what, size, bytes, fields }
}

/** Whether a section of variables has room that no symbol names, and that is more than aligns the next one. */
function hasUnnamed(elf: Payload): boolean {
  return elf.sections.some(({ id, flags, size, name, alignment }) => {
    if (!hasFlag(flags, SHF_ALLOC) || !hasFlag(flags, SHF_WRITE) || name === FUNCS || size === 0) return false
    const places = elf.symbols.flatMap(({ place, size: length, name: symbol }) =>
      place.in === 'section' && place.section === id && symbol !== ''
        ? [{ start: place.offset, end: place.offset + length }]
        : [],
    )
    let end = 0
    for (const place of places.toSorted((a, b) => a.start - b.start)) {
      if (place.start - end >= Math.max(1, alignment)) return true
      end = Math.max(end, place.end)
    }
    return end < size
  })
}
