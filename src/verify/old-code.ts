/**
 * The one rule about payloads whose loader nobody here has the rules of: nothing in them leads into the old code of what
 * they replace. From the payload's bytes alone, so by names: an address is known only to who loads it, and is asked again
 * there. A function is reached by its own name, where a jump stands; behind that, and in a part of it, is old code.
 */
import { during } from '../base/errors.ts'
import { type ElfObject, type ElfSection, readElf } from '../elf/index.ts'
import { inspectPayload } from '../loaders/inspect.ts'
import { FUNCS } from '../loaders/payload-sections.ts'
import { isInside, type Place, placesFromSymbols, replacedOwner } from '../pieces/old-code.ts'
import { hex } from './finding.ts'

export interface EnteredCode {
  /** The payload's section and the field in it. */
  readonly place: string
  /** The function, as the payload names it. */
  readonly name: string
  readonly text: string
}

/** Everything in a payload that leads into code which it replaces. */
export function enteredCode(payload: Uint8Array): readonly EnteredCode[] {
  const elf = during('reading the payload back', () => readElf<'payload'>(payload))
  const replaced = new Map(
    inspectPayload(payload).functions.flatMap(({ name, newCode, oldSize }) =>
      newCode === null ? [] : [[name, BigInt(oldSize)] as const],
    ),
  )
  return elf.sections.flatMap(section => (section.name === FUNCS ? [] : enteredFrom(elf, section, replaced)))
}

type Payload = ElfObject<'payload'>

function enteredFrom(
  elf: Payload,
  section: ElfSection<'payload'>,
  replaced: ReadonlyMap<string, bigint>,
): readonly EnteredCode[] {
  const relocations = elf.relocations[section.id] ?? []
  const foreign = relocations.filter(({ symbol }) => elf.symbols[symbol]?.place.in === 'nowhere')
  const places = placesFromSymbols(elf.header, section, foreign)
  return foreign.flatMap(({ offset, symbol }): readonly EnteredCode[] => {
    const named = elf.symbols[symbol]?.name ?? ''
    const reached = places.get(offset)
    const name = reached === undefined ? undefined : ownerOf(named, reached, replaced)
    if (reached === undefined || name === undefined) return []
    const place = `${section.name}+${hex(offset)}`
    const inside = reached.first === 0n ? named : `${named}+${hex(reached.first)}`
    return [{ place, name, text: `${place} leads to ${inside}, which is old code of ${name}: the payload replaces it` }]
  })
}

/** The replaced function whose old code is reached at `place` of `named`. */
function ownerOf(named: string, place: Place, replaced: ReadonlyMap<string, bigint>): string | undefined {
  const size = replaced.get(named)
  if (size === undefined) return replacedOwner(named, new Set(replaced.keys()))
  return isInside(place, { name: named, start: 0n, end: size, isPart: false }) ? named : undefined
}
