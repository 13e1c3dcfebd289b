/**
 * Whether a payload leads into the code that it replaces, now that every address is known: its own fields, and the
 * constants of the program that it uses, such as a table of labels. Whoever follows one goes on in the old code with the
 * new one's frame. The build asked the same by names; what a linker placed, folded or merged shows here only.
 */
import { SHF_ALLOC } from '../../elf/spec/constants.ts'
import { hasFlag } from '../../elf/spec/flags.ts'
import { FUNCS } from '../../loaders/payload-sections.ts'
import { isInside, type OldCode, placesFromSymbols } from '../../pieces/old-code.ts'
import type { AboutFunction } from './about.ts'
import { hex, type ProcessMemory } from './proc.ts'
import type { Program } from './program.ts'
import { Refused } from './refused.ts'
import type { PlacedPayload } from './relocate.ts'

const WORD = 8

export interface EnteredContext {
  readonly program: Pick<Program, 'find'>
  readonly memory: Pick<ProcessMemory, 'read' | 'mappings'>
  /** What the payload's names mean in the process. */
  readonly names: ReadonlyMap<string, number>
}

/** Refused where something of the payload leads into old code of `functions`, which it replaces. */
export function refuseEntered(
  placed: Pick<PlacedPayload, 'payload' | 'symbolAddress'>,
  functions: readonly Pick<AboutFunction, 'name' | 'old' | 'new' | 'ranges'>[],
  context: EnteredContext,
): void {
  const bodies = functions.flatMap(entry => oldCodeOf(entry, functions))
  if (bodies.length === 0) return
  const { elf } = placed.payload
  for (const section of elf.sections) {
    if (!hasFlag(section.flags, SHF_ALLOC) || section.name === FUNCS) continue
    const fields = elf.relocations[section.id] ?? []
    const places = placesFromSymbols(elf.header, section, fields)
    for (const { offset, symbol: index } of fields) {
      const symbol = elf.symbols[index]
      const place = places.get(offset)
      // What lies in the payload is new.
      if (symbol === undefined || place === undefined || symbol.place.in === 'section') continue
      const address = symbol.place.in === 'nowhere' ? context.names.get(symbol.name) : placed.symbolAddress(symbol)
      if (address === undefined) continue
      const [first, last] = [BigInt(address) + place.first, BigInt(address) + place.last]
      const body = bodies.find(each => isInside({ first, last }, each))
      const from = `${section.name}+${hex(offset)}`
      if (body !== undefined) throw refused(`${from} leads to ${hex(Number(first))}`, body)
      refuseTable({ name: symbol.name, address, from }, bodies, context)
    }
  }
}

/** The body and the parts; not those that have replacements of their own. */
function oldCodeOf(
  entry: Pick<AboutFunction, 'name' | 'old' | 'new' | 'ranges'>,
  functions: readonly Pick<AboutFunction, 'old'>[],
): readonly OldCode[] {
  if (entry.new === 0) return []
  return entry.ranges.flatMap(({ start, end }): readonly OldCode[] => {
    const isPart = start !== entry.old
    if (isPart && functions.some(({ old }) => old === start)) return []
    return [{ name: entry.name, start: BigInt(start), end: BigInt(end), isPart }]
  })
}

interface Used {
  readonly name: string
  readonly address: number
  readonly from: string
}

/** A constant that holds such a place: what may be written to tells nothing about what the code finds there. */
function refuseTable({ name, address, from }: Used, bodies: readonly OldCode[], { program, memory }: EnteredContext) {
  const table = program.find(name).find(symbol => symbol.address === address && symbol.kind === 'object')
  if (table === undefined || table.size < WORD) return
  const holder = memory.mappings().find(({ start, end }) => address >= start && address + table.size <= end)
  if (holder === undefined || holder.access.includes('w')) return
  const bytes = memory.read(address, table.size)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at + WORD <= bytes.length; at += WORD) {
    const target = view.getBigUint64(at, true)
    const body = bodies.find(each => isInside({ first: target, last: target }, each))
    if (body !== undefined) throw refused(`${from} uses ${name}, whose word at ${hex(at)} leads there`, body)
  }
}

function refused(how: string, { name, isPart }: OldCode): Refused {
  const what = isPart ? 'an out-of-line part' : 'the old code'
  return new Refused('EINVAL', `the payload replaces ${name} and leads into ${what} of it: ${how}`)
}
