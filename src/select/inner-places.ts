/**
 * What holds places inside of functions that are replaced: label tables of a computed goto, tables of (place,
 * continuation), code that jumps into another function. The running system's tables lead into the old bodies, whatever
 * the new ones look like; code that takes its next step from there would leave the new function for the old one, with
 * the new one's frame.
 *
 * So such a table goes along: the payload has a copy that leads into the new body. It can where nothing but replaced
 * functions uses it, and nobody may have written to it. Everything else is refused.
 *
 * It is tempting to compare the tables and keep those that are the same. They are the same whenever the labels have not
 * moved, and then the new code jumps into the old just so.
 *
 * In:  the verdicts of all units, unchanged, and which functions are replaced.
 * Out: for each unit, the patched tables that go along, and the refusals for what cannot.
 */
import type { Refusal } from '../base/refusal.ts'
import type { Side } from '../base/side.ts'
import type { UnitVerdicts } from '../compare/model.ts'
import type { Loader } from '../loaders/loader.ts'
import type { SectionClass } from '../loaders/sections.ts'
import { machineOf } from '../machines/machines.ts'
import { innerReferences, toFunctions } from '../pieces/inner.ts'
import type { Piece, PieceId, PieceMap } from '../pieces/model.ts'
import { isCompilerMade, partOf } from '../pieces/names.ts'
import { replacedOwner } from '../pieces/old-code.ts'
import { sectionClassOf } from '../pieces/section-facts.ts'
import { isWritable } from '../pieces/writable.ts'
import { type Body, goesOnAtKept } from './kept-places.ts'
import type { Replacement, SelectedPiece, UnitInput } from './model.ts'
import { BOOT_CONSTANT, isOfStart } from './refusals.ts'
import { usersIn, withParts } from './users.ts'

export interface InnerPlaces {
  /** Patched pieces that the payload brings a copy of, although the running system has them. */
  readonly carried: ReadonlySet<PieceId<'patched'>>
  readonly refusals: readonly Refusal[]
}

/** `replaced` has the original pieces of the functions that are replaced, without their parts. */
export function innerPlaces(
  { unit, verdicts }: UnitInput,
  replaced: ReadonlySet<PieceId<'original'>>,
  loader: Loader,
): InnerPlaces {
  const carried = new Set<PieceId<'patched'>>()
  const refusals: Refusal[] = []
  if (replaced.size === 0) return { carried, refusals }
  const { original, patched, toPatched } = verdicts.correlation
  const going = withParts(original, replaced)
  const scene: Scene = { verdicts, loader, going, users: usersIn(original) }
  const hasLabels = new Set<PieceId<'original'>>()
  for (const piece of original.pieces) {
    if (going.has(piece.id) || !MAY_HOLD.has(piece.kind) || isGoneByNow(scene, piece)) continue
    if (isOfStart(scene, original, piece)) continue
    const into = functionEntered(scene, piece)
    if (into === undefined) continue
    if (isNamed(piece) && piece.kind === 'data') hasLabels.add(into.id)
    const obstacle = isNamed(piece) ? obstacleOfNamed(scene, piece) : obstacleOfUnnamed(scene, piece)
    const successor = toPatched.get(piece.id)
    if (sectionClassOf(original, piece) === 'boot-constants') refusals.push(neverFilled(unit, piece, into))
    else if (obstacle !== undefined) refusals.push(refusalOf(unit, piece, into, obstacle))
    else if (isNamed(piece) && successor !== undefined) carried.add(successor)
  }
  for (const id of replaced) {
    const before = bodyOf(original, id)
    const [piece] = before.group
    const after = bodyOf(patched, toPatched.get(id))
    const isKept = goesOnAtKept(before, after, hasLabels)
    if (piece !== undefined && isKept) refusals.push(keptRefusal(unit, piece))
  }
  return { carried, refusals }
}

/** A function, if there is one, with its parts. */
function bodyOf<S extends Side>(map: PieceMap<S>, id: PieceId<S> | undefined): Body<S> {
  const ids = id === undefined ? [] : [...withParts(map, new Set([id]))]
  return { map, group: ids.flatMap(part => map.pieces[part] ?? []) }
}

interface Scene {
  readonly verdicts: UnitVerdicts
  readonly loader: Loader
  /** The original pieces of replaced functions and of their parts. */
  readonly going: ReadonlySet<PieceId<'original'>>
  readonly users: ReadonlyMap<PieceId<'original'>, readonly Piece<'original'>[]>
}

/** Entries and what they reach belong to their function, and go with it. */
const MAY_HOLD: ReadonlySet<Piece<Side>['kind']> = new Set<Piece<Side>['kind']>(['function', 'data', 'anonymous'])

/** What only ran or was read while the system booted leads nowhere any more. */
function isGoneByNow({ verdicts, loader }: Scene, piece: Piece<'original'>): boolean {
  const sectionClass = sectionClassOf(verdicts.correlation.original, piece)
  return loader.startMemory === 'freed' && (sectionClass === 'init-code' || sectionClass === 'init-data')
}

/** The first replaced function that `piece` leads into the middle of. A part has no start that anyone else may know. */
function functionEntered({ verdicts, going }: Scene, piece: Piece<'original'>): Piece<'original'> | undefined {
  const map = verdicts.correlation.original
  const leading = toFunctions(map, piece)
  const inner = innerReferences(map, piece, leading)
  const toParts = leading.filter(({ target }) => {
    return target.to === 'piece' && partOf(map.pieces[target.piece]?.name ?? '') !== undefined
  })
  for (const { target } of [...inner, ...toParts]) {
    if (target.to === 'piece' && going.has(target.piece)) return map.pieces[target.piece]
  }
  return enteredWithout(map, piece, going)
}

/** The same for code that leads there by a distance of its own, within one section and without a relocation. */
function enteredWithout(
  map: PieceMap<'original'>,
  piece: Piece<'original'>,
  going: ReadonlySet<PieceId<'original'>>,
): Piece<'original'> | undefined {
  const section = map.object.sections[piece.section]
  const neighbours = (map.bySection[piece.section] ?? []).filter(({ id }) => going.has(id))
  const { code } = machineOf(map.object.header.machine)
  if (piece.kind !== 'function' || section === undefined || neighbours.length === 0 || code === undefined)
    return undefined
  const bytes = section.bytes.subarray(piece.offset, piece.offset + piece.size)
  const relocated = new Set(map.object.relocations[section.id]?.map(({ offset }) => offset - piece.offset))
  for (const { target } of code.hiddenReferences(bytes, relocated)) {
    const at = piece.offset + target
    const entered = neighbours.find(({ offset, size }) => at > offset && at < offset + size)
    if (entered !== undefined) return entered
  }
  return undefined
}

/** Whether it has a name that the program's own text gave it, so that code refers to the one that is there. */
function isNamed({ kind, local, name }: Piece<Side>): boolean {
  return kind !== 'anonymous' && !(kind === 'data' && local && isCompilerMade(name))
}

/** Why a function or variable cannot go along; undefined where it can, or need not. */
function obstacleOfNamed({ verdicts, going, users }: Scene, piece: Piece<'original'>): string | undefined {
  const { original, patched, toPatched } = verdicts.correlation
  if (piece.kind === 'function') return 'is itself not replaced'
  if (isWritable(original, piece)) return 'may have been written to since'
  if (!piece.local) return 'is known to other files'
  const isGone = ({ id }: Piece<'original'>) => !toPatched.has(id)
  const other = users.get(piece.id)?.find(user => !going.has(user.id) && !isGone(user))
  if (other !== undefined) return `is used by ${other.name}, which is not replaced`
  const isWalked = !PLAIN.has(sectionClassOf(original, piece))
  if (isWalked && (users.get(piece.id) ?? []).length === 0) return 'is in a set that something else walks'
  const successor = patched.pieces[toPatched.get(piece.id) ?? -1]
  return successor !== undefined && isWritable(patched, successor) ? 'becomes a variable' : undefined
}

/** As above; what nothing names is copied with whoever uses it. */
function obstacleOfUnnamed({ verdicts, going, users }: Scene, piece: Piece<'original'>): string | undefined {
  const own = users.get(piece.id) ?? []
  const user = own.find(({ id }) => !going.has(id))
  if (user !== undefined) return `is used by ${user.name}, which is not replaced`
  const isWalked = own.length === 0 && !PLAIN.has(sectionClassOf(verdicts.correlation.original, piece))
  return isWalked ? 'is in a set that something else walks' : undefined
}

/** Where nothing finds anything but by a reference to it. */
const PLAIN: ReadonlySet<SectionClass> = new Set<SectionClass>(['code', 'data', 'read-only', 'init-code'])

/**
 * The last look at what was selected: no reference of the payload may lead to a function that it replaces but by the
 * function's own name, which leads on to the new code. Whatever pattern nobody thought of shows here.
 */
export function enteredByPayload(
  units: readonly UnitInput[],
  pieces: readonly SelectedPiece[],
  replacements: readonly Replacement[],
): readonly Refusal[] {
  const replaced = new Set(replacements.map(({ runningName }) => runningName))
  const isOldCode = (name: string) => replaced.has(name) || replacedOwner(name, replaced) !== undefined
  return pieces.flatMap(({ address, piece, references }): readonly Refusal[] => {
    const input = units[address.unit]
    if (input === undefined) return []
    const running = new Map(
      references.flatMap(({ offset, link }) =>
        link.to === 'running' && isOldCode(link.name) ? [[offset, link.name] as const] : [],
      ),
    )
    if (running.size === 0) return []
    const own = piece.references.filter(({ offset }) => running.has(offset))
    const inner = new Set(innerReferences(input.verdicts.correlation.patched, piece, own).map(({ offset }) => offset))
    return [...running].flatMap(([offset, name]): readonly Refusal[] => {
      if (replaced.has(name) && !inner.has(offset)) return []
      return [
        {
          code: 'inner-address',
          unit: input.unit,
          symbol: piece.name,
          text: `${piece.name} leads, at 0x${offset.toString(16)}, into the old code of ${replacedOwner(name, replaced) ?? name}, which is replaced`,
          hint: 'let the function be reached by its name only, or leave it as it is and change what it calls',
        },
      ]
    })
  })
}

function keptRefusal(unit: string, { name }: Piece<'original'>): Refusal {
  return {
    code: 'inner-address',
    unit,
    symbol: partOf(name) ?? name,
    text: `${partOf(name) ?? name} changed, and goes on at places inside of itself that it reads from memory (goto *): what the running system keeps there leads into the old code`,
    hint: 'leave the function as it is and change what it calls; or let it take each step from a constant table of its own (goto *table[number]), which can be hotpatched from then on',
  }
}

function neverFilled(unit: string, piece: Piece<'original'>, into: Piece<'original'>): Refusal {
  const { code, what, hint } = BOOT_CONSTANT
  const symbol = partOf(into.name) ?? into.name
  return { code, unit, symbol, text: `${symbol} changed, and ${piece.name} leads into it, which ${what}`, hint }
}

function refusalOf(unit: string, piece: Piece<'original'>, into: Piece<'original'>, obstacle: string): Refusal {
  return {
    code: 'inner-address',
    unit,
    symbol: partOf(into.name) ?? into.name,
    text: `${piece.name} leads to places inside of ${into.name}, which changed, and ${obstacle}: whoever goes there next would run the old code`,
    hint: 'let the table be a constant that only the function itself uses (static const, inside of it), or leave the function as it is and change what it calls',
  }
}
