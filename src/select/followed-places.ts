/** Places of included code whose references the loader follows while it loads a payload, by what it knows of its entries. */
import type { Loader } from '../loaders/loader.ts'
import type { PieceMap } from '../pieces/model.ts'
import type { SelectedPiece, UnitInput } from './model.ts'

export interface FollowedPlaces {
  /** Whether the loader follows the reference at `offset` of the piece with this key (unit and piece). */
  has(key: string, offset: number): boolean
}

interface Span {
  readonly key: string
  readonly from: number
  readonly to: number
}

/** Undefined where an entry of the code is of a kind, or in a shape, that is not known. */
export function followedPlaces(
  units: readonly UnitInput[],
  members: readonly SelectedPiece[],
  loader: Loader,
): FollowedPlaces | undefined {
  const spans: Span[] = []
  for (const { address, piece } of members) {
    const map = units[address.unit]?.verdicts.correlation.patched
    for (const entry of map?.entriesOf.get(piece.id) ?? []) {
      const found = map && spanOf(map, entry, { unit: address.unit, loader })
      if (found === undefined) return undefined
      if (found !== 'nothing') spans.push(found)
    }
  }
  return { has: (key, offset) => spans.some(span => span.key === key && offset >= span.from && offset < span.to) }
}

function spanOf(
  map: PieceMap<'patched'>,
  entry: SelectedPiece['piece']['id'],
  { unit, loader }: { readonly unit: number; readonly loader: Loader },
): Span | 'nothing' | undefined {
  const piece = map.pieces[entry]
  const section = piece && map.object.sections[piece.section]
  const layout = piece && map.sections[piece.section]?.layout
  const followed = section && loader.followed(section.name)
  if (piece === undefined || section === undefined || layout === undefined || followed === undefined) return undefined
  if (followed.reads === 'nothing') return 'nothing'
  const owner = layout.fields[layout.owner]?.offset
  const target = piece.references.find(({ offset }) => offset === owner)?.target
  const { length } = followed
  const size = typeof length === 'number' ? length : section.bytes[piece.offset + length.at]
  if (target?.to !== 'piece' || size === undefined) return undefined
  const from = Number(target.delta)
  return { key: `${unit} ${target.piece}`, from, to: from + size }
}
