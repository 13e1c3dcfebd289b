/**
 * Functions that go on at places which they keep in memory: steps of a program that hold their labels' addresses, coroutines
 * that remember where they were. The old code stored addresses of its own; a new body that goes on there goes on in the old
 * code, with its own frame. No table tells what is kept, so the code has to: it takes addresses within itself, and jumps to
 * what it reads from memory other than a constant table. Parts of a function that lie elsewhere are asked with it: one may take what another goes on at.
 *
 * Worse mistake: to let one through. So a jump whose target cannot be followed back counts.
 */
import type { Side } from '../base/side.ts'
import { SHF_EXECINSTR } from '../elf/spec/constants.ts'
import type { CodeKnowledge, RelocationType, Surroundings } from '../machines/machine.ts'
import { machineOf } from '../machines/machines.ts'
import { isCall } from '../pieces/calls.ts'
import { placesWithin, toFunctions } from '../pieces/inner.ts'
import type { Piece, PieceId, PieceMap, Reference, Target } from '../pieces/model.ts'
import { partOf } from '../pieces/names.ts'
import { isWritable } from '../pieces/writable.ts'

/** The same function, with its parts, in one version. */
export interface Body<S extends Side> {
  readonly map: PieceMap<S>
  readonly group: readonly Piece<S>[]
}

/**
 * Whether the old body may have stored places of its own that a body goes on at: itself, or a new one that finds them there.
 * `hasLabels` has the functions and parts that named tables lead into.
 */
export function goesOnAtKept(
  before: Body<'original'>,
  after: Body<'patched'>,
  hasLabels: ReadonlySet<PieceId<'original'>>,
): boolean {
  const old = sceneOf(before)
  if (old === undefined) return false
  const takes = old.group.some(piece => hasLabels.has(piece.id) || takesPlaces(old, piece))
  if (!takes) return false
  const next = sceneOf(after)
  return (
    old.group.some(piece => goesElsewhere(old, piece)) || next?.group.some(piece => goesElsewhere(next, piece)) === true
  )
}

function sceneOf<S extends Side>({ map, group }: Body<S>): Scene<S> | undefined {
  const { code } = machineOf(map.object.header.machine)
  return code === undefined ? undefined : { map, code, group }
}

interface Scene<S extends Side> extends Body<S> {
  readonly code: CodeKnowledge
}

/** Whether the code takes a place of the function's: one inside of it, or any of a part. */
function takesPlaces<S extends Side>({ map, code, group }: Scene<S>, piece: Piece<S>): boolean {
  const bytes = codeOf(map, piece)
  if (bytes === undefined) return false
  const isOwn = placesWithin(map, piece, toFunctions(map, piece)).some(({ reference, least, most }) => {
    const { target } = reference
    const led = target.to === 'piece' ? group.find(({ id }) => id === target.piece) : undefined
    if (led === undefined || isCall(map, piece, reference)) return false
    return most < 0 || least > 0 || partOf(led.name) !== undefined
  })
  return isOwn || code.takesPlaces(bytes, relocatedIn(piece))
}

function goesElsewhere<S extends Side>(scene: Scene<S>, piece: Piece<S>): boolean {
  const { map, code } = scene
  const bytes = codeOf(map, piece)
  if (bytes === undefined) return false
  // Behind a thunk the jump cannot be followed.
  if (goesByThunk(map, piece, code.jumpThunks)) return true
  const { isElsewhere, tables } = code.indirectJumps(bytes, surroundingsOf(scene, piece))
  return isElsewhere || readsWritable(map, piece, tables)
}

function codeOf<S extends Side>(map: PieceMap<S>, { section: id, offset, size }: Piece<S>): Uint8Array | undefined {
  const section = map.object.sections[id]
  if (section === undefined || (section.flags & SHF_EXECINSTR) === 0) return undefined
  return section.bytes.subarray(offset, offset + size)
}

/** What leads into the piece, from anywhere in its object. */
function surroundingsOf<S extends Side>({ map, code, group }: Scene<S>, piece: Piece<S>): Surroundings {
  const labels = new Set<number>()
  const areOthers = group.some(other => other.id !== piece.id && jumpsIndirectly(map, other, code))
  // A part's start is no function's.
  const entered = new Set<number>(partOf(piece.name) === undefined ? [] : [0])
  for (const from of map.pieces) {
    const leading = toFunctions(map, from).filter(({ target }) => target.to === 'piece' && target.piece === piece.id)
    const bytes = codeOf(map, from)
    for (const { reference, least, most } of placesWithin(map, from, leading)) {
      const isBranch = isCall(map, from, reference)
      // A table of distances counts from its own start, and may lie behind others in one piece.
      const back = bytes === undefined && isRelative(map, reference.type) ? reference.offset : 0
      for (let place = least - back; place <= most; place++) {
        if (place <= 0) continue
        if (isBranch || areOthers) entered.add(place)
        if (!isBranch) labels.add(place)
      }
    }
  }
  for (const part of group) {
    const bytes = codeOf(map, part)
    if (part.id === piece.id || part.section !== piece.section || bytes === undefined) continue
    for (const { target } of code.hiddenReferences(bytes, relocatedIn(part))) {
      entered.add(part.offset + target - piece.offset)
    }
  }
  return { relocated: relocatedIn(piece), own: ownIn(map, piece, group), labels, entered }
}

function ownIn<S extends Side>(map: PieceMap<S>, piece: Piece<S>, group: readonly Piece<S>[]): ReadonlySet<number> {
  const isOwn = ({ target }: Reference<S>) => {
    return target.to === 'piece' && group.some(({ id }) => id === target.piece)
  }
  const own = piece.references.filter(reference => isOwn(reference) && !isCall(map, piece, reference))
  return new Set(own.map(({ offset }) => offset))
}

function jumpsIndirectly<S extends Side>(map: PieceMap<S>, piece: Piece<S>, code: CodeKnowledge): boolean {
  const bytes = codeOf(map, piece)
  if (bytes === undefined) return false
  const { isElsewhere, tables } = code.indirectJumps(bytes, { relocated: relocatedIn(piece), ...NOBODY })
  return isElsewhere || tables.length > 0
}

const NOBODY = { own: new Set<number>(), labels: new Set<number>(), entered: new Set<number>() }

const relocatedIn = ({ references }: Piece<Side>): ReadonlySet<number> =>
  new Set(references.map(({ offset }) => offset))

function isRelative<S extends Side>({ object }: PieceMap<S>, type: number): boolean {
  return machineOf(object.header.machine).relocationType(type)?.pcRelative === true
}

/** Whether one of the tables that it jumps by may be written to, or is another object's. */
function readsWritable<S extends Side>(
  map: PieceMap<S>,
  { references }: Piece<S>,
  tables: readonly { readonly start: number; readonly end: number }[],
): boolean {
  const machine = machineOf(map.object.header.machine)
  const named = references.filter(({ offset }) => tables.some(({ start, end }) => offset >= start && offset < end))
  return named.some(({ target, type }) => {
    if (target.to !== 'piece') return !isSlot(target, machine.relocationType(type))
    const table = map.pieces[target.piece]
    return table === undefined || (table.kind !== 'function' && isWritable(map, table))
  })
}

/**
 * Whether the linker has the address of the name there, which a call at the end goes by (-fno-plt), and nobody writes to it.
 * What counts from the table itself may read anything.
 */
const isSlot = (target: Target<Side>, type: RelocationType | undefined): boolean =>
  target.to === 'external' && target.name !== '_GLOBAL_OFFSET_TABLE_' && type?.indirect === 'got' && type.pcRelative

/** By jumps only: a thunk that is called comes back behind the call, as any function does. */
function goesByThunk<S extends Side>(map: PieceMap<S>, piece: Piece<S>, thunks: RegExp): boolean {
  const { patching } = machineOf(map.object.header.machine)
  const bytes = codeOf(map, piece)
  return piece.references.some(({ offset, target }) => {
    const name = target.to === 'piece' ? map.pieces[target.piece]?.name : target.to === 'external' ? target.name : ''
    const comesBack = bytes !== undefined && patching?.calls?.callAt(bytes, offset) !== undefined
    return !comesBack && thunks.test(name ?? '')
  })
}
