/**
 * The pairing rules, strictest evidence first. Each pairs what it can and returns how many pairs it made.
 * Real symbols that need each rule stand beside it.
 */
import type { Side } from '../base/side.ts'
import type { Piece, PieceMap, Target } from '../pieces/model.ts'
import {
  countedBase,
  isOfFunction,
  numberedBase,
  soleName,
  sourceName,
  staticFamily,
  variableNames,
} from '../pieces/names.ts'
import { isStaticLocal } from '../pieces/static-locals.ts'
import { type Families, fileOfSymbols } from './families.ts'
import type { Ambiguity, FormEvidence } from './model.ts'
import type { Pairing } from './pairing.ts'
import { through } from './through.ts'

/**
 * Equal names that the programmer gave: globals, static functions, file-scope variables (`domain_list`), and what the
 * compiler made of a function (`f.cold`, `f.part.0`), where a wrong pair does no harm.
 * Numbered variables (`count.12`) are left to the rules below. A local name that stands twice names nothing.
 */
export function byName(pairing: Pairing): number {
  let made = 0
  const patched = named(pairing.patched)
  for (const [name, original] of named(pairing.original)) {
    const successor = patched.get(name)
    if (original === 'several' || successor === undefined || successor === 'several') continue
    if (original.kind !== successor.kind) continue
    const rule = !original.local ? 'global-name' : original.kind === 'function' ? 'function-name' : 'variable-name'
    if (pairing.pair(original, successor, rule)) made++
  }
  return made
}

/**
 * One name, local to its file in one version and global in the other (`static` was added or taken away): still the same
 * function or variable, where each version has only one of that name. Left alone, the patch would bring a second one, and
 * whoever calls the first would never see the fix.
 */
export function byChangedBinding(pairing: Pairing): number {
  if (!pairing.original.pieces.some(piece => hasName(piece) && pairing.isFree(piece))) return 0
  let made = 0
  const patched = bareNames(pairing.patched)
  for (const [name, original] of bareNames(pairing.original)) {
    const successor = patched.get(name)
    if (original === 'several' || successor === undefined || successor === 'several') continue
    if (original.kind !== successor.kind || original.local === successor.local) continue
    if (pairing.pair(original, successor, 'changed-binding')) made++
  }
  return made
}

/** Functions and file-scope variables by name, whatever their binding; 'several' where two pieces share it. */
function bareNames<S extends Side>(map: PieceMap<S>): ReadonlyMap<string, Piece<S> | 'several'> {
  const names = new Map<string, Piece<S> | 'several'>()
  for (const piece of map.pieces) {
    if (!hasName(piece)) continue
    if (isStaticLocal(piece) || (piece.local && numberedBase(piece.name) !== undefined)) continue
    names.set(piece.name, names.has(piece.name) ? 'several' : piece)
  }
  return names
}

function hasName({ kind }: Piece<Side>): boolean {
  return kind === 'function' || kind === 'data'
}

/** Pieces by each name that may pair them; 'several' where the name is not unique among locals. */
function named<S extends Side>(map: PieceMap<S>): ReadonlyMap<string, Piece<S> | 'several'> {
  const names = new Map<string, Piece<S> | 'several'>()
  const files = fileOfSymbols(map)
  for (const piece of map.pieces) {
    if (!hasName(piece)) continue
    for (const id of piece.symbols) {
      const symbol = map.object.symbols[id]
      if (symbol === undefined || symbol.name.startsWith('.L')) continue
      const isMade = piece.kind === 'data' && symbol.binding === 'local' && staticFamily(symbol.name) !== undefined
      if (isMade || isStaticLocal(symbol.name === piece.name ? piece : { ...piece, name: symbol.name })) continue
      const name = (piece.kind === 'data' ? countedBase(symbol.name) : undefined) ?? symbol.name
      const key = symbol.binding === 'local' ? `${files[id]}#${name}` : name
      const present = names.get(key)
      names.set(key, present === undefined || present === piece ? piece : 'several')
    }
  }
  return names
}

/**
 * Two functions of equal bytes use their variables at the same places: `count.12` in one is `count.14` in the other.
 * The strongest evidence there is for a static local; but not where what else they refer to has changed places too, which
 * is what two blocks leave that were swapped, and whose code is alike.
 */
export function samePlace(pairing: Pairing): number {
  let made = 0
  for (const [original, patched] of functionPairs(pairing)) {
    if (!haveEqualBytes(pairing, original, patched) || haveSwapped(pairing, original, patched)) continue
    original.references.forEach((reference, index) => {
      const a = variableAt(pairing.original, pairing.originalFamilies, reference.target)
      const b = variableAt(pairing.patched, pairing.patchedFamilies, patched.references[index]?.target)
      if (a !== undefined && b !== undefined && areAlike(pairing, a, b) && pairing.pair(a, b, 'same-place')) made++
    })
  }
  return made
}

/**
 * One static local of that name in the whole of either object (`warned.3` and `warned.5`), used by a function of the
 * same name in both: alone, the name would also pair one function's variable with another's.
 */
export function onlyOfName(pairing: Pairing): number {
  const original = groupByFamily(pairing.originalFamilies, pairing.original.pieces)
  const patched = groupByFamily(pairing.patchedFamilies, pairing.patched.pieces)
  return pairSole(pairing, original, patched, 'only-one-of-that-name')
}

/**
 * One static local of that name among those that a function and all that was made of it use, in both versions. Parts and
 * clones count as one with it: which of two variables a part uses, is what a patch may change.
 */
export function onlyInFunction(pairing: Pairing): number {
  const { original, patched, originalFamilies, patchedFamilies } = pairing
  if ([...originalFamilies.keys()].every(id => pairing.toPatched.has(id))) return 0
  const used = usedInSource(original, originalFamilies)
  const usedNow = usedInSource(patched, patchedFamilies)
  const asked = new Set<string>()
  let made = 0
  for (const [a, b] of functionPairs(pairing)) {
    const names = [sourceName(a.name), sourceName(b.name)] as const
    if (asked.has(names.join(' '))) continue
    asked.add(names.join(' '))
    const before = (used.get(names[0]) ?? []).filter(piece => pairing.isFree(piece))
    const after = (usedNow.get(names[1]) ?? []).filter(piece => pairing.isFreePatched(piece))
    const [families, familiesNow] = [groupByFamily(originalFamilies, before), groupByFamily(patchedFamilies, after)]
    made += pairSole(pairing, families, familiesNow, 'only-one-in-that-function')
  }
  return made
}

/**
 * One static local of that name in either object, and one in either text, in one function or one block: then it is that
 * one, whoever uses it. A function that was inlined into its only caller, and is not any more, leaves its variable with
 * another user; a block that became a function of its own takes its variable along.
 */
export function onlyInText(pairing: Pairing, statics: ReadonlySet<string>): number {
  const original = groupByVariable(pairing.originalFamilies, pairing.original.pieces)
  const patched = groupByVariable(pairing.patchedFamilies, pairing.patched.pieces)
  let made = 0
  for (const name of statics) {
    const [a, ...others] = original.get(name) ?? []
    const [b, ...otherSuccessors] = patched.get(name) ?? []
    if (a === undefined || b === undefined || others.length + otherSuccessors.length > 0) continue
    if (soleName(a.name) !== name || soleName(b.name) !== name || a.size !== b.size || a.local !== b.local) continue
    if (sectionKind(pairing.original, a) !== sectionKind(pairing.patched, b)) continue
    if (pairing.pair(a, b, 'only-one-in-the-text')) made++
  }
  return made
}

/** By what the source may call them, however the compiler does. */
function groupByVariable<S extends Side>(
  families: Families<S>,
  pieces: readonly Piece<S>[],
): ReadonlyMap<string, readonly Piece<S>[]> {
  const groups = new Map<string, Piece<S>[]>()
  for (const piece of pieces) {
    if (!families.has(piece.id)) continue
    for (const name of variableNames(piece.name)) groups.set(name, [...(groups.get(name) ?? []), piece])
  }
  return groups
}

/** What is made of one variable in both, in the same form: a part of a structure, a truth value that says which of two. */
export function byForm(pairing: Pairing, { pairs }: FormEvidence): void {
  for (const [before, after] of pairs) {
    const [a, ...others] = pairing.original.pieces.filter(({ kind, name }) => kind === 'data' && name === before)
    const [b, ...more] = pairing.patched.pieces.filter(({ kind, name }) => kind === 'data' && name === after)
    if (a === undefined || b === undefined || others.length + more.length > 0 || a.size !== b.size) continue
    if (sectionKind(pairing.original, a) === sectionKind(pairing.patched, b)) pairing.pair(a, b, 'same-form')
  }
}

/** What is made of a variable of which the original has something else; or the same, and could not be paired with that. */
export function otherForms(pairing: Pairing, forms: FormEvidence | undefined): readonly Ambiguity[] {
  const origins = new Map([...(forms?.pairs ?? [])].map(([before, after]) => [after, [before]] as const))
  return pairing.patched.pieces.flatMap(piece => {
    const names = piece.kind === 'data' ? (forms?.changed.get(piece.name) ?? origins.get(piece.name)) : undefined
    if (names === undefined || !pairing.isFreePatched(piece)) return []
    const candidates = pairing.original.pieces.filter(({ kind, name }) => kind === 'data' && names.includes(name))
    return [{ patched: piece.id, candidates: candidates.map(({ id }) => id), isOtherForm: true }]
  })
}

/** Declared on one line, and used on one, of both texts. */
export function byDeclaration(pairing: Pairing, declared: ReadonlyMap<string, string>): number {
  const named = <S extends Side>(map: PieceMap<S>, families: Families<S>, name: string) => {
    const [piece, ...more] = map.pieces.filter(each => families.has(each.id) && each.name === name)
    return more.length > 0 ? undefined : piece
  }
  let made = 0
  for (const [before, after] of declared) {
    const a = named(pairing.original, pairing.originalFamilies, before)
    const b = named(pairing.patched, pairing.patchedFamilies, after)
    if (a === undefined || b === undefined || a.size !== b.size || !areAlike(pairing, a, b)) continue
    if (pairing.pair(a, b, 'same-declaration')) made++
  }
  return made
}

/** All others of that name have found their partners, and one is left on each side. */
export function lastOfName(pairing: Pairing): number {
  const { before, after } = freeOnes(pairing)
  return pairSole(pairing, before, after, 'last-of-that-name')
}

/** The patched static locals that stayed alone although originals of that name did too. */
export function candidatesLeft(pairing: Pairing): Ambiguity[] {
  const { before, after } = freeOnes(pairing)
  return [...after].flatMap(([base, pieces]) => {
    const candidates = (before.get(base) ?? []).map(piece => piece.id)
    return candidates.length === 0 ? [] : pieces.map(piece => ({ patched: piece.id, candidates }))
  })
}

/** What has no partner yet, by family. */
function freeOnes(pairing: Pairing) {
  const { original, patched, originalFamilies, patchedFamilies } = pairing
  return {
    before: groupByFamily(
      originalFamilies,
      original.pieces.filter(piece => pairing.isFree(piece)),
    ),
    after: groupByFamily(
      patchedFamilies,
      patched.pieces.filter(piece => pairing.isFreePatched(piece)),
    ),
  }
}

function pairSole(
  pairing: Pairing,
  original: ReadonlyMap<string, readonly Piece<'original'>[]>,
  patched: ReadonlyMap<string, readonly Piece<'patched'>[]>,
  rule: 'only-one-of-that-name' | 'only-one-in-that-function' | 'last-of-that-name',
): number {
  let made = 0
  for (const [base, [a, ...others]] of original) {
    const [b, ...otherSuccessors] = patched.get(base) ?? []
    if (a === undefined || b === undefined || others.length + otherSuccessors.length > 0) continue
    // A name with the function in it, and no number, says whose variable it is, wherever the function's code went.
    const isNamedAlike = rule !== 'last-of-that-name' && a.name === base && b.name === base && isOfFunction(base)
    if (!isNamedAlike && !shareAUser(pairing, a, b)) continue
    if (sectionKind(pairing.original, a) === sectionKind(pairing.patched, b) && pairing.pair(a, b, rule)) made++
  }
  return made
}

/** Whether something of one name in the source uses the variable in both objects, or nothing does in either. */
function shareAUser(pairing: Pairing, a: Piece<'original'>, b: Piece<'patched'>): boolean {
  const before = pairing.originalUsers.get(a.id)
  const after = pairing.patchedUsers.get(b.id)
  if (before === undefined || after === undefined) return before === after
  return [...after].some(name => before.has(name))
}

function* functionPairs(pairing: Pairing): Generator<readonly [Piece<'original'>, Piece<'patched'>]> {
  for (const pair of [...pairing.pairs]) {
    const original = pairing.original.pieces[pair.original]
    const patched = pairing.patched.pieces[pair.patched]
    if (original?.kind === 'function' && patched?.kind === 'function') yield [original, patched]
  }
}

function haveEqualBytes(pairing: Pairing, a: Piece<'original'>, b: Piece<'patched'>): boolean {
  if (a.size !== b.size || a.references.length !== b.references.length) return false
  const places = a.references.every((reference, index) => {
    const other = b.references[index]
    return other !== undefined && reference.offset === other.offset && reference.type === other.type
  })
  if (!places) return false
  const before = pairing.original.object.sections[a.section]?.bytes.subarray(a.offset, a.offset + a.size)
  const after = pairing.patched.object.sections[b.section]?.bytes.subarray(b.offset, b.offset + b.size)
  return before !== undefined && after !== undefined && Buffer.compare(before, after) === 0
}

/** Whether something that one refers to is referred to by the other at another place. */
function haveSwapped(pairing: Pairing, a: Piece<'original'>, b: Piece<'patched'>): boolean {
  const before = a.references.map(({ target }) => targetKey(pairing.original, pairing.originalFamilies, target))
  const after = b.references.map(({ target }) => targetKey(pairing.patched, pairing.patchedFamilies, target))
  return before.some((key, index) => {
    const other = after[index]
    return key !== other && key !== undefined && other !== undefined && (after.includes(key) || before.includes(other))
  })
}

/** What tells a target from others of its kind; undefined for variables that are in question. */
function targetKey<S extends Side>(map: PieceMap<S>, families: Families<S>, direct: Target<S>): string | undefined {
  const target = through(map, direct)
  if (target.to === 'external') return `${target.name} ${target.delta}`
  const piece = target.to === 'piece' ? map.pieces[target.piece] : undefined
  if (target.to !== 'piece' || piece === undefined || families.has(piece.id)) return undefined
  if (piece.kind === 'function' || piece.kind === 'data') return `${piece.name} ${target.delta}`
  return `${contentKey(map, piece)} ${target.delta}`
}

function contentKey<S extends Side>(map: PieceMap<S>, { section, offset, size }: Piece<S>): string {
  const bytes = map.object.sections[section]?.bytes.subarray(offset, offset + size) ?? new Uint8Array()
  return Buffer.from(bytes).toString('latin1')
}

function variableAt<S extends Side>(
  map: PieceMap<S>,
  families: Families<S>,
  target: Target<S> | undefined,
): Piece<S> | undefined {
  const meant = target === undefined ? undefined : through(map, target)
  return meant?.to === 'piece' && families.has(meant.piece) ? map.pieces[meant.piece] : undefined
}

function areAlike(pairing: Pairing, a: Piece<'original'>, b: Piece<'patched'>): boolean {
  return (
    pairing.originalFamilies.get(a.id) === pairing.patchedFamilies.get(b.id) &&
    sectionKind(pairing.original, a) === sectionKind(pairing.patched, b)
  )
}

/** Read-only, initialised or zero: two variables of different kinds are not the same one. */
function sectionKind<S extends Side>(map: PieceMap<S>, piece: Piece<S>): string {
  const section = map.object.sections[piece.section]
  return section === undefined ? '' : `${section.flags & 7}`
}

/** By name in the source, the variables of families that functions made from it refer to. */
function usedInSource<S extends Side>(
  map: PieceMap<S>,
  families: Families<S>,
): ReadonlyMap<string, readonly Piece<S>[]> {
  const used = new Map<string, Set<Piece<S>>>()
  for (const { kind, name, references } of map.pieces) {
    if (kind !== 'function') continue
    for (const { target } of references) {
      const variable = variableAt(map, families, target)
      const source = sourceName(name)
      if (variable !== undefined) used.set(source, (used.get(source) ?? new Set()).add(variable))
    }
  }
  return new Map([...used].map(([name, variables]) => [name, [...variables]]))
}

function groupByFamily<S extends Side>(
  families: Families<S>,
  pieces: readonly Piece<S>[],
): ReadonlyMap<string, readonly Piece<S>[]> {
  const groups = new Map<string, Piece<S>[]>()
  for (const piece of pieces) {
    const family = families.get(piece.id)
    if (family === undefined) continue
    const group = groups.get(family)
    if (group === undefined) groups.set(family, [piece])
    else group.push(piece)
  }
  return groups
}
