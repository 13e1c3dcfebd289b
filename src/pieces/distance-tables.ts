/**
 * Tables of distances: `.long .L4 - .Ltable`, by which compilers jump where code must not hold addresses, and which LLVM makes
 * of functions, too.
 *
 * Such an entry counts from the table's start, and a relocation counts from the field. So each addend has the entry's
 * offset in the table added to it, and `.text + 0x72` means a byte that stands before it by that much: for the entries at the
 * end of a long table, one of another function. Where the section's symbol stands for all of its functions, the place that is
 * written may be in one that has nothing to do with it. But `.long f - .` means what is written, and looks the same.
 *
 * The code tells: who goes by a table of distances looks into it, and goes to places of its own, or to where functions start.
 */
import type { Side } from '../base/side.ts'
import type { ElfObject } from '../elf/model.ts'
import { SHF_EXECINSTR } from '../elf/spec/constants.ts'
import { machineOf } from '../machines/machines.ts'
import { placesWithin } from './inner.ts'
import type { Piece, PieceId, Reference } from './model.ts'
import { isDistanceTable, partOf } from './names.ts'

/** What the relocation says, counted from the field. */
interface Place {
  readonly section: number
  readonly written: number
  readonly isCode: boolean
}

/** An entry that is counted from its own field leads to `written`; one that is counted from the table, to `counted`. */
interface Entry<S extends Side> extends Place {
  readonly reference: Reference<S>
  readonly counted: number
}

/** One of the tables in a piece, and the functions that look into it from there. */
interface Table<S extends Side> {
  readonly entries: readonly Entry<S>[]
  readonly owners: ReadonlySet<string>
}

/** `pieces` with what the entries of tables lead to; by section, they lie in the order of their offsets. */
export function withDistanceTables<S extends Side>(
  object: ElfObject<S>,
  bySection: readonly (readonly Piece<S>[])[],
): readonly (readonly Piece<S>[])[] {
  let users: Users<S> | undefined
  return bySection.map((list, section) => {
    const distances = distancesIn(object, section, bySection)
    if (distances.size === 0) return list
    users ??= usersOf(bySection)
    const known = { distances, bySection, users }
    return list.map(piece => settled(object, piece, known) ?? piece)
  })
}

/** By piece, the functions that refer to it, each with the references that do. */
type Users<S extends Side> = ReadonlyMap<PieceId<S>, ReadonlyMap<Piece<S>, readonly Reference<S>[]>>

function usersOf<S extends Side>(bySection: readonly (readonly Piece<S>[])[]): Users<S> {
  const users = new Map<PieceId<S>, Map<Piece<S>, Reference<S>[]>>()
  for (const from of bySection.flat()) {
    if (from.kind !== 'function') continue
    for (const reference of from.references) {
      const { target } = reference
      if (target.to !== 'piece') continue
      const own = users.get(target.piece) ?? new Map<Piece<S>, Reference<S>[]>()
      users.set(target.piece, own)
      own.set(from, [...(own.get(from) ?? []), reference])
    }
  }
  return users
}

interface Known<S extends Side> {
  readonly users: Users<S>
  readonly distances: ReadonlyMap<number, Place>
  readonly bySection: readonly (readonly Piece<S>[])[]
}

/** Undefined for what has no such table, or one that leads to the same functions in either way. */
function settled<S extends Side>(object: ElfObject<S>, piece: Piece<S>, known: Known<S>): Piece<S> | undefined {
  const { distances, bySection } = known
  const own = piece.references.filter(({ offset }) => distances.has(piece.offset + offset))
  if (piece.kind === 'entry' || own.length === 0) return undefined
  if (isDistanceTable(piece.name)) return ledTo(piece, distances, fromStart(piece, known))
  const found = new Map<Reference<S>, Piece<S>>()
  for (const { entries, owners } of tablesIn(object, piece, known)) {
    const isSame = ({ section, written, counted }: Entry<S>) => {
      const here = bySection[section] ?? []
      return pieceAt(here, written) === pieceAt(here, counted)
    }
    if (entries.every(isSame)) continue
    const leads = inOwner(entries, owners, bySection) ?? atStarts(entries, bySection)
    for (const [reference, to] of leads ?? []) found.set(reference, to)
  }
  return ledTo(piece, distances, found)
}

/** What LLVM made counts from where it begins, whatever it leads to. */
function fromStart<S extends Side>(piece: Piece<S>, { distances, bySection }: Known<S>): Found<S> {
  return new Map(
    piece.references.flatMap(reference => {
      const place = distances.get(piece.offset + reference.offset)
      const to = place && pieceAt(bySection[place.section] ?? [], place.written - reference.offset)
      return to === undefined ? [] : [[reference, to] as const]
    }),
  )
}

function ledTo<S extends Side>(
  piece: Piece<S>,
  distances: Known<S>['distances'],
  found: Found<S>,
): Piece<S> | undefined {
  if (found.size === 0) return undefined
  const references = piece.references.map(reference => {
    const to = found.get(reference)
    const { written } = distances.get(piece.offset + reference.offset) ?? {}
    if (to === undefined || written === undefined) return reference
    return { ...reference, target: { to: 'piece' as const, piece: to.id, delta: BigInt(written - to.offset) } }
  })
  return { ...piece, references }
}

/** A table begins where code refers to the piece, and ends where the next one begins. */
function tablesIn<S extends Side>(
  object: ElfObject<S>,
  piece: Piece<S>,
  { distances, users }: Known<S>,
): readonly Table<S>[] {
  const owners = new Map<number, Set<string>>([[0, new Set()]])
  for (const [from, leading] of users.get(piece.id) ?? []) {
    for (const { least, most } of placesWithin({ object }, from, leading)) {
      if (least === most) owners.set(least, (owners.get(least) ?? new Set()).add(familyOf(from)))
    }
  }
  const starts = [...owners.keys()].sort((a, b) => a - b)
  return starts.map((start, index) => {
    const end = starts[index + 1] ?? piece.size
    const entries = piece.references.flatMap((reference): readonly Entry<S>[] => {
      const place = distances.get(piece.offset + reference.offset)
      if (place?.isCode !== true || reference.offset < start || reference.offset >= end) return []
      return [{ reference, ...place, counted: place.written - (reference.offset - start) }]
    })
    return { entries, owners: owners.get(start) ?? new Set() }
  })
}

/** By offset in a section of data, the distances to code of which only the section is named; where LLVM's lie, to data too. */
function distancesIn<S extends Side>(
  { header, sections, symbols, relocations }: ElfObject<S>,
  from: number,
  bySection: readonly (readonly Piece<S>[])[],
): ReadonlyMap<number, Place> {
  const { relocationType } = machineOf(header.machine)
  const isCode = (section: number) => ((sections[section]?.flags ?? 0) & SHF_EXECINSTR) !== 0
  if (isCode(from)) return new Map()
  const leadsToData = bySection[from]?.some(({ name }) => isDistanceTable(name)) === true
  return new Map(
    (relocations[from] ?? []).flatMap(({ offset, symbol: id, type, addend }): readonly (readonly [number, Place])[] => {
      const symbol = symbols[id]
      if (symbol?.kind !== 'section' || symbol.place.in !== 'section' || relocationType(type)?.pcRelative !== true)
        return []
      const { section } = symbol.place
      const isShared = (bySection[section]?.length ?? 0) > 1
      if (!isShared || !(isCode(section) || leadsToData)) return []
      return [[offset, { section, written: symbol.place.offset + Number(addend), isCode: isCode(section) }]]
    }),
  )
}

type Found<S extends Side> = ReadonlyMap<Reference<S>, Piece<S>>

/** All lead to one function, or its parts, that looks into the table. Where the default cannot be, its entries lead to the end. */
function inOwner<S extends Side>(
  entries: readonly Entry<S>[],
  owners: ReadonlySet<string>,
  bySection: readonly (readonly Piece<S>[])[],
): Found<S> | undefined {
  for (const owner of owners) {
    const found = entries.flatMap(({ reference, section, counted }) => {
      const isIn = ({ offset, size }: Piece<S>) => offset <= counted && counted <= offset + size
      const own = bySection[section]?.find(each => each.kind === 'function' && familyOf(each) === owner && isIn(each))
      return own === undefined ? [] : [[reference, own] as const]
    })
    if (found.length === entries.length) return new Map(found)
  }
  return undefined
}

const familyOf = ({ name }: { readonly name: string }): string => partOf(name) ?? name

/** All are starts of functions, counted from the table, and not all are as they are written. */
function atStarts<S extends Side>(
  entries: readonly Entry<S>[],
  bySection: readonly (readonly Piece<S>[])[],
): Found<S> | undefined {
  const startAt = (section: number, at: number) =>
    bySection[section]?.find(({ kind, offset }) => kind === 'function' && offset === at)
  if (entries.every(({ section, written }) => startAt(section, written) !== undefined)) return undefined
  const found = entries.flatMap(({ reference, section, counted }) => {
    const start = startAt(section, counted)
    return start === undefined ? [] : [[reference, start] as const]
  })
  return found.length === entries.length ? new Map(found) : undefined
}

function pieceAt<S extends Side>(pieces: readonly Piece<S>[], at: number): Piece<S> | undefined {
  return pieces.find(({ offset, size }) => offset <= at && at < offset + size)
}
