/**
 * The pairing rules, strictest evidence first. Each pairs what it can and returns how many pairs it made.
 * Real symbols that need each rule stand beside it.
 */
import type { Side } from '../base/side.ts'
import type { Piece, PieceMap } from '../pieces/model.ts'
import { numberedBase, partOf } from '../pieces/names.ts'
import type { Ambiguity } from './model.ts'
import { isNumberedVariable, type Pairing } from './pairing.ts'

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
    if (piece.kind !== 'function' && piece.kind !== 'data') continue
    if (piece.local && numberedBase(piece.name) !== undefined) continue
    names.set(piece.name, names.has(piece.name) ? 'several' : piece)
  }
  return names
}

/** Pieces by each name that may pair them; 'several' where the name is not unique among locals. */
function named<S extends Side>(map: PieceMap<S>): ReadonlyMap<string, Piece<S> | 'several'> {
  const names = new Map<string, Piece<S> | 'several'>()
  const files = fileOfSymbols(map)
  for (const piece of map.pieces) {
    if (piece.kind !== 'function' && piece.kind !== 'data') continue
    for (const id of piece.symbols) {
      const symbol = map.object.symbols[id]
      if (symbol === undefined || symbol.name.startsWith('.L')) continue
      const isOurs = piece.kind === 'function' || numberedBase(symbol.name) === undefined
      if (symbol.binding === 'local' && !isOurs) continue
      const key = symbol.binding === 'local' ? `${files[id]}#${symbol.name}` : symbol.name
      const present = names.get(key)
      names.set(key, present === undefined || present === piece ? piece : 'several')
    }
  }
  return names
}

/**
 * For each symbol, the number of the FILE symbol it stands under (gABI, "Symbol Table": a file's symbols follow it).
 * One for most objects; a partly linked one has many, with locals of equal names. The number serves and not the name,
 * because objcopy may have renamed the file in one of the two objects.
 */
function fileOfSymbols<S extends Side>(map: PieceMap<S>): readonly number[] {
  let file = 0
  return map.object.symbols.map(symbol => {
    if (symbol.kind === 'file') file++
    return file
  })
}

/**
 * Two functions of equal bytes use their variables at the same places: `count.12` in one is `count.14` in the other.
 * The strongest evidence there is for a static local.
 */
export function samePlace(pairing: Pairing): number {
  let made = 0
  for (const [original, patched] of functionPairs(pairing)) {
    if (!haveEqualBytes(pairing, original, patched)) continue
    original.references.forEach((reference, index) => {
      const a = variableAt(pairing.original, reference.target)
      const b = variableAt(pairing.patched, patched.references[index]?.target)
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
  const original = groupByBase(pairing.original.pieces)
  const patched = groupByBase(pairing.patched.pieces)
  return pairSole(pairing, original, patched, 'only-one-of-that-name')
}

/** One static local of that name among those that a function and its parts use, in both versions of the function. */
export function onlyInFunction(pairing: Pairing): number {
  let made = 0
  if (!pairing.original.pieces.some(piece => isNumberedVariable(piece) && pairing.isFree(piece))) return 0
  for (const [original, patched] of functionPairs(pairing)) {
    const before = groupByBase(variablesUsedBy(pairing.original, original).filter(piece => pairing.isFree(piece)))
    if (before.size === 0) continue
    const after = groupByBase(variablesUsedBy(pairing.patched, patched).filter(piece => pairing.isFreePatched(piece)))
    made += pairSole(pairing, before, after, 'only-one-in-that-function')
  }
  return made
}

/** All others of that name have found their partners, and one is left on each side. */
export function lastOfName(pairing: Pairing): number {
  const original = groupByBase(pairing.original.pieces.filter(piece => pairing.isFree(piece)))
  const patched = groupByBase(pairing.patched.pieces.filter(piece => pairing.isFreePatched(piece)))
  return pairSole(pairing, original, patched, 'last-of-that-name')
}

/** The patched static locals that stayed alone although originals of that name did too. */
export function candidatesLeft(pairing: Pairing): Ambiguity[] {
  const original = groupByBase(pairing.original.pieces.filter(piece => pairing.isFree(piece)))
  const patched = groupByBase(pairing.patched.pieces.filter(piece => pairing.isFreePatched(piece)))
  return [...patched].flatMap(([base, pieces]) => {
    const candidates = (original.get(base) ?? []).map(piece => piece.id)
    return candidates.length === 0 ? [] : pieces.map(piece => ({ patched: piece.id, candidates }))
  })
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
    if (!shareAUser(pairing, a, b)) continue
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

function variableAt<S extends Side>(
  map: PieceMap<S>,
  target: Piece<S>['references'][number]['target'] | undefined,
): Piece<S> | undefined {
  const piece = target?.to === 'piece' ? map.pieces[target.piece] : undefined
  return piece !== undefined && isNumberedVariable(piece) ? piece : undefined
}

function areAlike(pairing: Pairing, a: Piece<'original'>, b: Piece<'patched'>): boolean {
  return (
    numberedBase(a.name) === numberedBase(b.name) &&
    sectionKind(pairing.original, a) === sectionKind(pairing.patched, b)
  )
}

/** Read-only, initialised or zero: two variables of different kinds are not the same one. */
function sectionKind<S extends Side>(map: PieceMap<S>, piece: Piece<S>): string {
  const section = map.object.sections[piece.section]
  return section === undefined ? '' : `${section.flags & 7}`
}

/** The static locals that a function or its out-of-line parts refer to. */
function variablesUsedBy<S extends Side>(map: PieceMap<S>, piece: Piece<S>): readonly Piece<S>[] {
  const parts = map.pieces.filter(other => other.kind === 'function' && partOf(other.name) === piece.name)
  const used = [piece, ...parts].flatMap(part => part.references.map(reference => variableAt(map, reference.target)))
  return [...new Set(used)].filter(variable => variable !== undefined)
}

function groupByBase<S extends Side>(pieces: readonly Piece<S>[]): ReadonlyMap<string, readonly Piece<S>[]> {
  const groups = new Map<string, Piece<S>[]>()
  for (const piece of pieces) {
    const base = isNumberedVariable(piece) ? numberedBase(piece.name) : undefined
    if (base === undefined) continue
    const group = groups.get(base)
    if (group === undefined) groups.set(base, [piece])
    else group.push(piece)
  }
  return groups
}
