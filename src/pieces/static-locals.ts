/**
 * Static variables inside functions. The compiler makes their symbols (`count.0`, `f.count.1`), and what it appends means
 * nothing from one build to the next, so whoever has to find one again needs another name for it.
 */
import type { Side } from '../base/side.ts'
import type { Piece, PieceId, PieceMap } from './model.ts'
import { isCompilerMade, sourceName, staticFamily, variableNames } from './names.ts'
import { isWritable } from './writable.ts'

/** A static local: several of one name may be told apart by what the compiler appends, and that means nothing. */
export function isStaticLocal<S extends Side>(piece: Piece<S>): boolean {
  if (piece.kind !== 'data' || isCompilerMade(piece.name) || staticFamily(piece.name) === undefined) return false
  // Those of inline functions in C++ are weak: every unit has them.
  return piece.local || piece.name.startsWith('_ZZ')
}

/** Between the parts of a name that no compiler makes: file, function, variable. */
const SIGN = '#'
/** Before the name of a user that is no function. */
const DATA = '&'

/**
 * Names for the static locals of a unit that may be written to and are local to it, under which a payload brings them:
 * `main.c#f#count`, by the one function that uses it. Where several functions do, or it is one of several that would be
 * called so, nobody could tell later which is meant: `main.c##f,g#count.0`, which names it and is never asked for.
 */
export function stateNames<S extends Side>(map: PieceMap<S>, file: string): ReadonlyMap<PieceId<S>, string> {
  const variables = map.pieces.filter(piece => piece.local && isStaticLocal(piece) && isWritable(map, piece))
  if (variables.length === 0) return new Map()
  const users = usersIn(map)
  const named = variables.map(({ id, name }) => {
    const functions = [...(users.get(id) ?? [])].toSorted()
    const [only, ...others] = functions
    const [variable = ''] = variableNames(name)
    const isKnown = only?.startsWith(DATA) === false && others.length === 0
    return {
      id,
      unsure: unsureName(file, [functions.join(','), name].join(SIGN)),
      sure: isKnown ? [file, only, variable].join(SIGN) : undefined,
    }
  })
  const isAlone = (name: string) => named.filter(({ sure }) => sure === name).length === 1
  return new Map(
    named.map(({ id, sure, unsure }) => [id, sure !== undefined && isAlone(sure) ? sure : unsure] as const),
  )
}

/** For a variable that may be several; it is known to be of that file. */
export function unsureName(file: string, rest: string): string {
  return [file, '', rest].join(SIGN)
}

/** The functions that refer to each piece, by their names in the source; and other pieces, marked. */
function usersIn<S extends Side>(map: PieceMap<S>): ReadonlyMap<PieceId<S>, ReadonlySet<string>> {
  const users = new Map<PieceId<S>, Set<string>>()
  for (const { kind, name, references } of map.pieces) {
    for (const { target } of references) {
      if (target.to !== 'piece') continue
      const known = users.get(target.piece) ?? new Set<string>()
      users.set(target.piece, known.add(kind === 'function' ? sourceName(name) : `${DATA}${name}`))
    }
  }
  return users
}

interface Variable {
  /** Empty where all files know it. */
  readonly file: string
  /** How the source may call it. */
  readonly names: readonly string[]
  /** Whether the name is that of one variable, in this build as in the next. */
  readonly isSure: boolean
}

/** What the name under which a payload brings a variable says of it. */
export function variableOf(name: string): Variable {
  const parts = name.split(SIGN)
  const [file = '', owner] = parts
  const isSure = parts.length < 3 || owner !== ''
  return { file: parts.length === 1 ? '' : file, names: variableNames(parts.at(-1) ?? ''), isSure }
}
