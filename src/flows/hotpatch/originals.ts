/**
 * What the payload is to tell its loader of the old code (`loaders/original-code.ts`). Part of the pipeline: for loaders
 * that compare it themselves, because the running system is known to nobody before.
 */
import { digestOf, type LinkedCode, linkedBytes, type OriginalCode, plainFields } from '../../loaders/original-code.ts'
import { machineOf } from '../../machines/machines.ts'
import type { Piece, PieceMap, Reference } from '../../pieces/model.ts'
import { isCompilerMade, partOf } from '../../pieces/names.ts'
import type { Selection, UnitInput } from '../../select/model.ts'
import { originOf } from '../../select/origins.ts'

type RunningName = (fileSymbol: string, name: string, local: boolean) => string

/** The object that the program was linked from, by unit, where that is another one than the original. */
export type LinkedObjects = ReadonlyMap<string, PieceMap<'original'>>

/** One for each replaced function of which it can be said. */
export function originalsOf(
  units: readonly UnitInput[],
  { replacements }: Pick<Selection, 'replacements'>,
  runningName: RunningName,
  linkedFrom: LinkedObjects = new Map(),
): readonly OriginalCode[] {
  const ordered = replacements.toSorted((a, b) => a.address.unit - b.address.unit || a.address.piece - b.address.piece)
  return ordered.flatMap(({ address, runningName: name, oldSize }): readonly OriginalCode[] => {
    const origin = originOf(units, address)
    if (origin === undefined) return []
    const { input } = origin
    const own = { map: input.verdicts.correlation.original, piece: origin.piece, size: oldSize }
    const { map, piece, size } = samePiece(linkedFrom.get(input.unit), origin.piece) ?? own
    const spell = (local: string, isLocal: boolean) => runningName(input.fileSymbol, local, isLocal)
    const code = codeOf({ map, spell }, piece, { name, size })
    if (code === undefined) return []
    const names = namesOf(map, piece)
    const running = names.map(symbol => spell(symbol.name, symbol.binding === 'local'))
    const plain = new Set(names.map(symbol => symbol.name))
    const parts = map.pieces.filter(({ kind, name: part }) => kind === 'function' && plain.has(partOf(part) ?? ''))
    return [
      {
        ...code,
        names: [...new Set(running)].sort(),
        parts: parts.flatMap(
          part => codeOf({ map, spell }, part, { name: spell(part.name, part.local), size: sizeOf(map, part) }) ?? [],
        ),
      },
    ]
  })
}

/** The function of another compile of the same text: the only one of that name. */
function samePiece(map: PieceMap<'original'> | undefined, { name, local }: Piece<'original'>) {
  const [piece, ...more] =
    map?.pieces.filter(each => each.kind === 'function' && each.name === name && each.local === local) ?? []
  if (map === undefined || piece === undefined || more.length > 0) return undefined
  return { map, piece, size: sizeOf(map, piece) }
}

interface Context {
  readonly map: PieceMap<'original'>
  readonly spell: (name: string, local: boolean) => string
}

/** Undefined where it has a relocation that is not known, so that nothing can be said. */
function codeOf(
  { map, spell }: Context,
  piece: Piece<'original'>,
  { name, size }: Pick<LinkedCode, 'name' | 'size'>,
): LinkedCode | undefined {
  const machine = machineOf(map.object.header.machine)
  const inside = piece.references.filter(({ offset }) => offset < size)
  const linked = linkedBytes(machine, inside, size)
  const bytes = map.object.sections[piece.section]?.bytes.slice(piece.offset, piece.offset + size)
  if (linked === undefined || bytes?.length !== size) return undefined
  const reaches = plainFields(machine, inside).flatMap(reference => {
    const reached = reachedBy({ map, spell }, reference)
    return reached === undefined ? [] : [[reference.offset, reference.type, reached.name, reached.delta] as const]
  })
  return { name, size, linked, digest: digestOf(bytes, linked), reaches }
}

/** The name of what a field leads to; undefined for what has none, or one that means nothing from one build to the next. */
function reachedBy({ map, spell }: Context, { target }: Reference<'original'>) {
  if (target.to === 'external') return { name: spell(target.name, false), delta: Number(target.delta) }
  const piece = target.to === 'piece' ? map.pieces[target.piece] : undefined
  if (target.to !== 'piece' || piece === undefined || piece.symbols.length === 0) return undefined
  if ((piece.kind !== 'function' && piece.kind !== 'data') || piece.name.startsWith('.L')) return undefined
  if (piece.kind === 'data' && isCompilerMade(piece.name)) return undefined
  return { name: spell(piece.name, piece.local), delta: Number(target.delta) }
}

function namesOf({ object }: PieceMap<'original'>, { symbols }: Piece<'original'>) {
  return symbols.flatMap(id => object.symbols[id] ?? [])
}

/** The size that its own symbol states; the piece may be longer by what only aligns the next one. */
function sizeOf(map: PieceMap<'original'>, piece: Piece<'original'>): number {
  return Math.max(0, ...namesOf(map, piece).map(({ size }) => size)) || piece.size
}
