/**
 * What optimisers make of a variable. LLVM splits a static structure into `state.0`, `state.1`, by the members that are
 * used, and numbers them anew when others are; keeps a variable that is only ever one of two values as a byte that says
 * which; and memory that a pointer is given once as `table.body`, where `table.init` says whether it was. Names and sizes
 * stay, also where what they stand for does not: objects can be the same byte by byte, and mean another member, or another
 * value. Debug information says what of which variable is where.
 *
 * Worse mistake: to take one for the other. What is a form of a variable is paired with that form of the same variable,
 * and with nothing else; where the other version has it in other forms, what they hold is not carried over. Of what
 * nothing is told, nothing is paired.
 */
import type { Side } from '../base/side.ts'
import { type Place, staticPlaces } from '../dwarf/index.ts'
import type { Piece, PieceMap } from '../pieces/model.ts'
import { isWritable } from '../pieces/writable.ts'
import type { SameLine } from './declared.ts'
import type { FormEvidence } from './model.ts'

export interface FormOf {
  readonly symbol: string
  readonly declared: Place
  readonly name: string
  /** Empty for a variable as it is. */
  readonly form: string
}

/** What in either version may be made of a variable, by names of symbols. */
export interface MaybeForms {
  readonly original: ReadonlySet<string>
  readonly patched: ReadonlySet<string>
}

/** What LLVM may have made of a variable: only then it is worth to ask debug information. */
export function maybeForms<S extends Side>(map: PieceMap<S>): readonly Piece<S>[] {
  return isOfGcc(map) ? [] : map.pieces.filter(piece => isOwnVariable(map, piece) && (isByte(piece) || isMade(piece)))
}

type Variable = Pick<PieceMap<Side>['pieces'][number], 'name' | 'size'>

/** Of the size that a truth value has, and no other sign of what it is. */
export const isByte = (variable: Variable): boolean => variable.size === 1 && !isMade(variable)

const MADE = /(?:\.(?:\d+|body|init|b))+$/
const isMade = ({ name }: Variable): boolean => MADE.test(name)

/** The name that all that is made of a variable shares, and further variables of that name. */
const baseOf = (name: string): string => name.replace(MADE, '')

function isOwnVariable<S extends Side>(map: PieceMap<S>, piece: PieceMap<S>['pieces'][number]): boolean {
  return piece.kind === 'data' && piece.local && isWritable(map, piece)
}

/** Whether the object says that nothing but gcc made it. One that does not say who made it may be anybody's. */
function isOfGcc<S extends Side>({ object }: PieceMap<S>): boolean {
  const texts = object.sections.flatMap(({ name, bytes }) =>
    name === '.comment' ? Buffer.from(bytes).toString('latin1').split('\0') : [],
  )
  const makers = texts.filter(text => text !== '')
  return makers.length > 0 && makers.every(text => text.startsWith('GCC:'))
}

/** Of an object with debug information. */
export function formsIn<S extends Side>(map: PieceMap<S>): readonly FormOf[] {
  const places = staticPlaces(map.object)
  return map.pieces.flatMap((piece): readonly FormOf[] => {
    const found = isOwnVariable(map, piece) ? places(piece.section, piece.offset) : undefined
    return found === undefined ? [] : [{ symbol: piece.name, ...found }]
  })
}

/** What the variables of both versions are, as far as debug information tells. */
export function toldByForms(original: readonly FormOf[], patched: readonly FormOf[], isSame: SameLine): FormEvidence {
  const pairs = new Map<string, string>()
  const changed = new Map<string, readonly string[]>()
  const question = new Set(patched.filter(({ form }) => form !== '').map(({ symbol }) => symbol))
  for (const after of patched) {
    const called = original.filter(({ name }) => name === after.name)
    const there = called.filter(({ declared }) => isSame(declared, after.declared))
    // Of a declaration that the patch edits, nothing says which it was; but it is none that is new.
    const olds = there.length > 0 ? there : called.filter(old => !isElsewhere(old, after, patched, isSame))
    if (after.form === '' && olds.every(({ form }) => form === '')) continue
    question.add(after.symbol)
    const [same, ...others] = there.filter(({ form }) => form === after.form)
    const alike = patched.filter(each => each.form === after.form && isOneVariable(each, after))
    if (same !== undefined && others.length === 0 && alike.length === 1) pairs.set(same.symbol, after.symbol)
    else if (olds.length > 0)
      changed.set(
        after.symbol,
        olds.map(({ symbol }) => symbol),
      )
  }
  return {
    original: new Set(original.filter(({ form }) => form !== '').map(({ symbol }) => symbol)),
    patched: question,
    pairs,
    changed,
  }
}

/** Whether another function than the one that has `after` still declares the old variable: both names and lines say so. */
function isElsewhere(old: FormOf, after: FormOf, patched: readonly FormOf[], isSame: SameLine): boolean {
  const base = baseOf(old.symbol)
  if (base === baseOf(after.symbol)) return false
  return patched.some(
    each => each.name === old.name && baseOf(each.symbol) === base && isSame(old.declared, each.declared),
  )
}

function isOneVariable(a: FormOf, b: FormOf): boolean {
  return a.name === b.name && a.declared.file === b.declared.file && a.declared.line === b.declared.line
}

interface Maps {
  readonly original: PieceMap<'original'>
  readonly patched: PieceMap<'patched'>
}

/**
 * What may be made of a variable, and nothing is told of: it could be any part of any version of what has its name. Only
 * what a pointer was given says by its name what it is, where both versions have the same.
 */
export function untoldForms({ original, patched }: Maps, untold: MaybeForms): FormEvidence {
  const [olds, news] = [namesByBase(original), namesByBase(patched)]
  const changed = new Map<string, readonly string[]>()
  const concerned = { original: new Set<string>(), patched: new Set<string>() }
  for (const base of new Set([...untold.original, ...untold.patched].map(baseOf))) {
    const [before, after] = [olds.get(base) ?? [], news.get(base) ?? []]
    const isKnown =
      before.every(isMemory) && before.length === after.length && before.every(name => after.includes(name))
    if (isKnown) continue
    for (const name of before) concerned.original.add(name)
    for (const name of after) concerned.patched.add(name)
    if (before.length > 0) for (const name of after) changed.set(name, before)
  }
  return { ...concerned, pairs: new Map(), changed }
}

const isMemory = (name: string): boolean => /\.(?:body|init)$/.test(name)

function namesByBase<S extends Side>(map: PieceMap<S>): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>()
  for (const piece of map.pieces) {
    if (!isOwnVariable(map, piece)) continue
    const base = baseOf(piece.name)
    names.set(base, [...(names.get(base) ?? []), piece.name])
  }
  return names
}

/** Both; what is not told has the last word. */
export function withUntold(told: FormEvidence, untold: FormEvidence): FormEvidence {
  const isOpen = ([before, after]: readonly [string, string]) =>
    untold.original.has(before) || untold.patched.has(after)
  return {
    original: new Set([...told.original, ...untold.original]),
    patched: new Set([...told.patched, ...untold.patched]),
    pairs: new Map([...told.pairs].filter(pair => !isOpen(pair))),
    changed: new Map([...told.changed, ...untold.changed]),
  }
}
