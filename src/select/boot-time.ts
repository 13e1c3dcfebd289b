/**
 * References of the payload to what was freed after boot. Code that lives on may have them: it asks first whether the
 * system is still booting, or only computes with the address. Where the running function refers to the same place in the
 * same way, as often at least, its replacement reaches no more than it does, and is allowed with a notice that names it.
 *
 * "Under the same condition" is tempting as the only rule, and wrong: what the loader follows while it loads a payload,
 * it follows without running any code. Xen reads the pointer of an alternative call then, and a page fault is what it
 * gets from one of boot time. Such a reference stands in the code, at the place that an entry names, not in the entry.
 *
 * In doubt refused: what is not in the family of a replaced function (its code, its parts, the unnamed constants that
 * only they use), and code of which an entry is not understood.
 *
 * In:  what was selected, with its links, unchanged.
 * Out: refusals, and a notice for each function.
 */
import type { Reason, Refusal } from '../base/refusal.ts'
import type { Side } from '../base/side.ts'
import { type Use, useOf } from '../pieces/calls.ts'
import type { Piece, PieceId, PieceMap } from '../pieces/model.ts'
import { isCompilerMade, partOf } from '../pieces/names.ts'
import { followedPlaces } from './followed-places.ts'
import type { LinkedReference, PieceAddress, SelectedPiece, SelectRules, UnitInput } from './model.ts'
import { type Origin, originOf, runningNameOf } from './origins.ts'
import { type ReachesInit, reachesInit } from './refusals.ts'

interface Context {
  readonly rules: SelectRules
  readonly linker: {
    readonly freedNames: ReadonlySet<string>
    isMoot(address: PieceAddress): boolean
  }
}

interface Scene extends Context {
  readonly units: readonly UnitInput[]
  readonly pieces: ReadonlyMap<string, SelectedPiece>
}

/** A reference to what is freed. */
interface Reach {
  readonly from: SelectedPiece
  readonly reference: LinkedReference
  readonly name: string
  readonly delta: bigint
}

export interface AtBoot {
  readonly refusals: readonly Refusal[]
  readonly notices: readonly Reason[]
}

export function bootTime(units: readonly UnitInput[], selected: readonly SelectedPiece[], context: Context): AtBoot {
  const scene: Scene = { ...context, units, pieces: new Map(selected.map(each => [keyOf(each.address), each])) }
  const reaches = selected.flatMap(from => reachesOf(scene, from))
  if (reaches.length === 0) return { refusals: [], notices: [] }
  const families = selected.filter(({ role }) => role === 'replacement').map(root => familyOf(scene, root))
  const outside = outsideOf(selected, families)
  const strays = reaches.filter(({ from }) => outside.has(keyOf(from.address)))
  const judged = families.map(family => judgeFamily(scene, family, reaches))
  return {
    refusals: [
      ...strays.map(({ from, name }) => refusal(scene, from, name, 'new')),
      ...judged.flatMap(({ refusals }) => refusals),
    ],
    notices: judged.flatMap(({ notices }) => notices),
  }
}

function reachesOf({ rules, linker }: Scene, from: SelectedPiece): readonly Reach[] {
  if (linker.isMoot(from.address)) return []
  return from.references.flatMap((reference): Reach[] => {
    const { link } = reference
    if (link.to !== 'running') return []
    const isFreed = linker.freedNames.has(link.name) || rules.isFreed?.(link.name) === true
    return isFreed ? [{ from, reference, name: link.name, delta: link.delta }] : []
  })
}

/** A replaced function with what is only its own, by key. */
interface Family {
  readonly root: SelectedPiece
  readonly members: ReadonlyMap<string, SelectedPiece>
}

/** Code and constants that nothing has an identity of but the function. */
function familyOf(scene: Scene, root: SelectedPiece): Family {
  const members = new Map([[keyOf(root.address), root]])
  const parts = scene.units[root.address.unit]?.verdicts.parts.get(root.piece.id) ?? []
  const work = [root, ...parts.flatMap(({ id }) => scene.pieces.get(keyOf({ ...root.address, piece: id })) ?? [])]
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    members.set(keyOf(next.address), next)
    for (const { link } of next.references) {
      const target = link.to === 'payload' ? scene.pieces.get(keyOf(link.target)) : undefined
      if (target?.role === 'content' && !members.has(keyOf(target.address))) work.push(target)
    }
  }
  return { root, members }
}

/** What is in no family, and what it leads to. */
function outsideOf(selected: readonly SelectedPiece[], families: readonly Family[]): ReadonlySet<string> {
  const inFamilies = new Set(families.flatMap(({ members }) => [...members.keys()]))
  const byKey = new Map(selected.map(each => [keyOf(each.address), each]))
  const outside = new Set<string>()
  const work = selected.filter(({ address }) => !inFamilies.has(keyOf(address)))
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    outside.add(keyOf(next.address))
    for (const { link } of next.references) {
      const target = link.to === 'payload' ? byKey.get(keyOf(link.target)) : undefined
      if (target?.role === 'content' && !outside.has(keyOf(target.address))) work.push(target)
    }
  }
  return outside
}

function judgeFamily(scene: Scene, { root, members }: Family, all: readonly Reach[]): AtBoot {
  const reaches = all.filter(({ from }) => members.has(keyOf(from.address)))
  if (reaches.length === 0) return { refusals: [], notices: [] }
  const places = followedPlaces(scene.units, [...members.values()], scene.rules.target.loader)
  const before = usesBefore(scene, { root, members })
  const whyNot = new Map<string, ReachesInit>()
  for (const reach of reaches) {
    const key = useKey(patchedUse(scene, reach))
    const left = (before.get(key) ?? 0) - 1
    before.set(key, left)
    if (left < 0) whyNot.set(reach.name, 'new')
    if (places === undefined) whyNot.set(reach.name, 'entries-not-known')
    else if (places.has(keyOf(reach.from.address), reach.reference.offset)) whyNot.set(reach.name, 'followed')
  }
  const allowed = [...new Set(reaches.map(({ name }) => name))].filter(name => !whyNot.has(name))
  return {
    refusals: [...whyNot].map(([name, why]) => refusal(scene, root, name, why)),
    notices: allowed.length === 0 ? [] : [notice(root.piece.name, allowed.toSorted())],
  }
}

interface UseOfPlace {
  readonly name: string
  readonly delta: bigint
  readonly type: number
  readonly use: Use
}

const useKey = ({ name, delta, type, use }: UseOfPlace) => `${type} ${use} ${delta} ${name}`

function patchedUse({ units }: Scene, { from: { address, piece }, reference, name, delta }: Reach): UseOfPlace {
  const map = units[address.unit]?.verdicts.correlation.patched
  const own = piece.references.find(({ offset }) => offset === reference.offset)
  const use = map === undefined || own === undefined ? 'other' : useOf(map, piece, own)
  return { name, delta, type: reference.type, use }
}

/** How often the running function refers to each place, and how. */
function usesBefore(scene: Scene, family: Family): Map<string, number> {
  const uses = new Map<string, number>()
  const origin = originOf(scene.units, family.root.address)
  if (origin === undefined) return uses
  const map = origin.input.verdicts.correlation.original
  for (const piece of originalFamily(scene, origin, family)) {
    for (const reference of piece.references) {
      const { target, type } = reference
      if (target.to !== 'external' && target.to !== 'piece') continue
      const reached = target.to === 'piece' ? map.pieces[target.piece] : undefined
      const name =
        target.to === 'external'
          ? target.name
          : reached && runningNameOf({ ...origin, piece: reached }, scene.rules.target.loader)
      if (name === undefined) continue
      const key = useKey({ name, delta: target.delta, type, use: useOf(map, piece, reference) })
      uses.set(key, (uses.get(key) ?? 0) + 1)
    }
  }
  return uses
}

/** The running function's counterpart of the family: each piece once. */
function originalFamily(
  { units }: Scene,
  { unit, input, piece: root }: Origin,
  family: Family,
): readonly Piece<'original'>[] {
  const { original, toPatched } = input.verdicts.correlation
  const isCarried = ({ id }: Piece<'original'>) => {
    const pair = toPatched.get(id)
    return pair !== undefined && family.members.has(keyOf({ unit, piece: pair })) && units[unit] === input
  }
  const isOwn = (piece: Piece<'original'>) =>
    piece.kind !== 'function' && piece.kind !== 'entry' && (isUnnamed(piece) || isCarried(piece))
  const members = new Set<PieceId<'original'>>()
  const work = [root, ...original.pieces.filter(({ kind, name }) => kind === 'function' && partOf(name) === root.name)]
  const found: Piece<'original'>[] = []
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    if (members.has(next.id)) continue
    members.add(next.id)
    found.push(next)
    work.push(...leadsTo(original, next).filter(isOwn))
  }
  return found
}

function leadsTo<S extends Side>(map: PieceMap<S>, { references }: Piece<S>): readonly Piece<S>[] {
  return references.flatMap(({ target }) => (target.to === 'piece' ? (map.pieces[target.piece] ?? []) : []))
}

function isUnnamed({ kind, local, name }: Piece<Side>): boolean {
  return kind !== 'data' || (local && isCompilerMade(name))
}

function refusal({ units }: Scene, { address, piece }: SelectedPiece, name: string, why: ReachesInit): Refusal {
  return { unit: units[address.unit]?.unit ?? '', ...reachesInit(piece.name, name, why) }
}

function notice(from: string, names: readonly string[]): Reason {
  return {
    code: 'boot-time-reference',
    text: `${from} refers to ${names.join(', ')} of boot time, whose memory is freed, as the running code does: make sure that what keeps it from being used still does; and what ${from} did while the system came up is not done again`,
  }
}

function keyOf({ unit, piece }: PieceAddress): string {
  return `${unit} ${piece}`
}
