/**
 * Old code that nobody may enter any more: the bodies of functions that a payload replaces, and their out-of-line parts.
 * A function's start is no such place, since a jump stands there; everything behind it is, and a part as a whole.
 *
 * Asked by whoever has a payload's bytes and knows what it replaces, whatever made it: for the reason that nobody thought
 * of, a relocated field may lead there, and the new code would go on in the old one with a frame of its own.
 *
 * Where names are all that is known, a place is counted from the start of what is named; else it is an address.
 */
import type { Side } from '../base/side.ts'
import type { ElfHeader, ElfSection } from '../elf/model.ts'
import { machineOf } from '../machines/machines.ts'
import { partOf } from './names.ts'
import { type Distance, instructionEnds, settled } from './reached.ts'

export interface OldCode {
  /** The replaced function. */
  readonly name: string
  readonly start: bigint
  /** Behind its last byte. */
  readonly end: bigint
  /** No jump stands at its start: it is left from the function's own code only. */
  readonly isPart: boolean
}

/** One of the places from `first` to `last`; mostly the two are one. */
export interface Place {
  readonly first: bigint
  readonly last: bigint
}

/** Whether the place is inside of old code. Where it may be the start, it is. */
export function isInside({ first, last }: Place, { start, end, isPart }: OldCode): boolean {
  if (last < start || first >= end) return false
  return isPart || first > start || last < start
}

/** A field of a payload's section, as its relocation has it. */
export interface RelocatedField {
  readonly offset: number
  /** R_* number. */
  readonly type: number
  readonly addend: bigint
}

/** Which bytes the fields reach, counted from their symbols, each by its offset; what fills nothing is left out. */
export function placesFromSymbols(
  header: Pick<ElfHeader, 'machine'>,
  section: Pick<ElfSection<Side>, 'flags' | 'bytes'>,
  fields: readonly RelocatedField[],
): ReadonlyMap<number, Place> {
  const { relocationType, code } = machineOf(header.machine)
  const ascending = fields.toSorted((a, b) => a.offset - b.offset)
  const ends = instructionEnds({ header }, section, { offset: 0, size: section.bytes.length }, ascending)
  return new Map(
    ascending.flatMap(({ offset, type, addend }): (readonly [number, Place])[] => {
      if ((relocationType(type)?.field.bytes ?? 0) === 0) return []
      const counted = ends.get(offset)
      const { least, most } = counted === undefined || code === undefined ? HERE : settled(counted, code.fieldBias)
      return [[offset, { first: addend + BigInt(least), last: addend + BigInt(most) }]]
    }),
  )
}

const HERE: Distance = { least: 0, most: 0 }

/** What is told apart by names: `main.c#f` for what is local to a file. */
export interface Spelled {
  readonly file: string
  readonly name: string
}

export function spelled(name: string): Spelled {
  const at = name.lastIndexOf('#')
  return { file: name.slice(0, Math.max(0, at)), name: name.slice(at + 1) }
}

/**
 * The one of `replaced` that `name` is an out-of-line part of. Parts are local to their file, also those of a function
 * that all files know; which file that is, no symbol table says.
 */
export function replacedOwner(name: string, replaced: ReadonlySet<string>): string | undefined {
  const { file, name: plain } = spelled(name)
  const owner = partOf(plain)
  if (owner === undefined) return undefined
  const local = file === '' ? owner : `${file}#${owner}`
  return [local, owner].find(each => replaced.has(each))
}
