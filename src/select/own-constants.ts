/**
 * Constants of one file whose content or size changes: an array with an entry more. The payload may bring its own copy
 * where nobody can tell the two apart: all who use the old one are replaced, or look only at what both have, and nobody
 * ever keeps or compares its address. An address that was stored would still lead to the old one; one that the new code
 * stored would lead into the payload, also when that is unloaded.
 *
 * Worse mistake: to have some of the system work with the old content and some with the new. What code does with an
 * address that is not understood counts as keeping it.
 *
 * In:  the verdicts of a unit, unchanged, and which functions are replaced.
 * Out: the patched constants that go along, refusals that name who is in the way, and whom to replace too, where that is all.
 */
import type { Refusal } from '../base/refusal.ts'
import type { Side } from '../base/side.ts'
import type { Judged, UnitVerdicts } from '../compare/model.ts'
import { mayKeep } from '../pieces/kept-address.ts'
import type { Piece, PieceId, PieceMap, Reference } from '../pieces/model.ts'
import { sectionClassOf } from '../pieces/section-facts.ts'
import type { UnitInput } from './model.ts'
import { isFreedAfterStart, type UnitContext } from './refusals.ts'
import { usersIn, withParts } from './users.ts'
import { verdictReason } from './words.ts'

export interface OwnConstants {
  readonly carried: ReadonlySet<PieceId<'patched'>>
  readonly refused: ReadonlyMap<PieceId<'patched'>, Refusal>
  /** Of refused ones that would go along if all of their readers were replaced: these, or parts of them. */
  readonly readers: ReadonlyMap<PieceId<'patched'>, readonly Piece<'original'>[]>
}

/** `replaced` has the original pieces of the functions that are replaced, without their parts. */
export function ownConstants(
  input: UnitInput,
  replaced: ReadonlySet<PieceId<'original'>>,
  context: UnitContext,
): OwnConstants {
  const { unit, verdicts, singleResults } = input
  const { original, patched } = verdicts.correlation
  const changed = verdicts.data.filter(judged => isOwnConstant(verdicts, judged) && !isUnwritten(input, judged))
  const carried = new Set<PieceId<'patched'>>()
  const refused = new Map<PieceId<'patched'>, Refusal>()
  const readers = new Map<PieceId<'patched'>, readonly Piece<'original'>[]>()
  if (changed.length === 0) return { carried, refused, readers }
  const scene: Scene = {
    verdicts,
    context,
    singleResults,
    going: withParts(original, replaced),
    users: usersIn(original),
    usersNow: usersIn(patched),
  }
  for (const judged of changed) {
    const { firm, staying } = obstaclesOf(scene, judged)
    if (judged.patched === undefined) continue
    const { id } = judged.patched
    const obstacles = [...firm, ...new Set(staying.map(({ name }) => `${name}, which is not replaced, reads it`))]
    if (obstacles.length > 0) refused.set(id, refusalOf(unit, judged, obstacles))
    else carried.add(id)
    if (firm.length === 0 && staying.length > 0) readers.set(id, staying)
  }
  return { carried, refused, readers }
}

/** The source has a variable there, whose value the patch does not change. */
const isUnwritten = ({ unwritten }: UnitInput, { patched }: Judged): boolean =>
  patched !== undefined && unwritten?.has(patched.id) === true

interface Scene {
  readonly verdicts: UnitVerdicts
  readonly context: UnitContext
  readonly singleResults: ReadonlySet<string> | undefined
  /** The original pieces of replaced functions and of their parts. */
  readonly going: ReadonlySet<PieceId<'original'>>
  readonly users: ReadonlyMap<PieceId<'original'>, readonly Piece<'original'>[]>
  readonly usersNow: ReadonlyMap<PieceId<'patched'>, readonly Piece<'patched'>[]>
}

/** A constant of another kind of section, or one that other files know, is refused elsewhere. */
function isOwnConstant({ correlation }: UnitVerdicts, { original, patched, verdict }: Judged): boolean {
  if (verdict.kind !== 'changed' || verdict.because.what === 'section') return false
  if (original?.local !== true || patched?.local !== true) return false
  const classes = [sectionClassOf(correlation.original, original), sectionClassOf(correlation.patched, patched)]
  return classes.every(each => each === 'read-only')
}

interface Obstacles {
  /** Each with the name of who does it. */
  readonly firm: readonly string[]
  /** Functions that look at the old one, and go on. */
  readonly staying: readonly Piece<'original'>[]
}

/** What stands in the way. */
function obstaclesOf(scene: Scene, { original, patched }: Judged): Obstacles {
  if (original === undefined || patched === undefined) return { firm: [], staying: [] }
  const maps = scene.verdicts.correlation
  const isContinued = continues(scene, original, patched)
  const found = new Set<string>()
  const staying: Piece<'original'>[] = []
  if (leadsToItself(original) || leadsToItself(patched)) found.add('it holds its own address')
  // Code may count from a neighbour to it, or from it to a neighbour, and then refers to the other one.
  if (hasNeighbours(maps.original, original) || hasNeighbours(maps.patched, patched))
    found.add('it is not alone in its section (-fdata-sections)')
  for (const user of scene.users.get(original.id) ?? []) {
    // One that is gone may still be entered, by a pointer that was kept.
    const stays = !scene.going.has(user.id)
    if (user.kind !== 'function') found.add(`${user.name} holds its address`)
    else if (keeps(maps.original, user, original, scene)) found.add(`${user.name} may keep or compare its address`)
    else if (stays && !isContinued && !isFreedAfterStart(scene.context, maps.original, user)) staying.push(user)
  }
  for (const user of scene.usersNow.get(patched.id) ?? []) {
    if (user.kind !== 'function') found.add(`${user.name} holds its address`)
    else if (keeps(maps.patched, user, patched, scene)) found.add(`${user.name} may keep or compare its address`)
  }
  return { firm: [...found], staying }
}

function leadsToItself<S extends Side>({ id, references }: Piece<S>): boolean {
  return references.some(({ target }) => target.to === 'piece' && target.piece === id)
}

function hasNeighbours<S extends Side>(map: PieceMap<S>, { id, section }: Piece<S>): boolean {
  return map.bySection[section]?.some(each => each.id !== id) === true
}

const keeps = <S extends Side>(
  map: PieceMap<S>,
  user: Piece<S>,
  { id }: Piece<S>,
  { singleResults }: Pick<Scene, 'singleResults'>,
): boolean => mayKeep(map, user, target => target.to === 'piece' && target.piece === id, { singleResults })

/** Whether the old content is how the new one begins, so that who reads only that reads the same in both. */
function continues({ verdicts }: Scene, a: Piece<'original'>, b: Piece<'patched'>): boolean {
  const { original, patched, toPatched } = verdicts.correlation
  const [before, after] = [bytesOf(original, a), bytesOf(patched, b)]
  if (after.length < before.length || Buffer.compare(before, after.subarray(0, before.length)) !== 0) return false
  const within = b.references.filter(({ offset }) => offset < a.size)
  const leadsAlike = (one: Reference<'original'>, other: Reference<'patched'> | undefined) => {
    if (other === undefined || one.offset !== other.offset || one.type !== other.type) return false
    const [from, to] = [one.target, other.target]
    if (from.to === 'external' && to.to === 'external') return from.name === to.name && from.delta === to.delta
    return from.to === 'piece' && to.to === 'piece' && toPatched.get(from.piece) === to.piece && from.delta === to.delta
  }
  return within.length === a.references.length && a.references.every((each, at) => leadsAlike(each, within[at]))
}

function bytesOf<S extends Side>(map: PieceMap<S>, { section, offset, size }: Piece<S>): Uint8Array {
  return map.object.sections[section]?.bytes.subarray(offset, offset + size) ?? new Uint8Array()
}

const SHOWN = 4

function refusalOf(unit: string, { name, verdict }: Judged, obstacles: readonly string[]): Refusal {
  const isLayout = verdict.kind === 'changed' && ['size', 'alignment'].includes(verdict.because.what)
  const more = obstacles.length > SHOWN ? [`${obstacles.length - SHOWN} more`] : []
  return {
    code: isLayout ? 'data-layout' : 'changed-constant',
    unit,
    symbol: name,
    text: `${name} changed (${verdictReason(verdict).text}); it is a constant of which the payload cannot bring its own copy: ${[...obstacles.slice(0, SHOWN), ...more].join('; ')}`,
    hint: 'leave it as it is, add a copy under another name with the new values, and use that in the functions you change',
  }
}
