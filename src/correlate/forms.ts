/**
 * What optimisers make of a variable. LLVM splits a static structure into `state.0`, `state.1`, by the members that are
 * used, and numbers them anew when others are; and keeps a variable that is only ever one of two values as a byte that says
 * which. Names and sizes stay, also where what they stand for does not: objects can be the same byte by byte, and mean
 * another member, or another value. Debug information says what of which variable is where.
 *
 * Worse mistake: to take one for the other. What is a form of a variable is paired with that form of the same variable,
 * and with nothing else; where the other version has it in other forms, what they hold is not carried over.
 */
import type { Side } from '../base/side.ts'
import { type Place, staticPlaces } from '../dwarf/index.ts'
import type { PieceMap } from '../pieces/model.ts'
import { isWritable } from '../pieces/writable.ts'
import type { SameLine } from './declared.ts'
import type { FormEvidence } from './model.ts'

export interface FormOf {
  readonly symbol: string
  readonly declared: Place
  /** Empty for a variable as it is. */
  readonly form: string
}

/** Whether an object has what LLVM may have made of a variable: only then it is worth to ask debug information. */
export function mayHaveForms<S extends Side>(map: PieceMap<S>): boolean {
  return isOfLlvm(map) && map.pieces.some(piece => isOwnVariable(map, piece) && mayBeForm(piece))
}

type Variable = Pick<PieceMap<Side>['pieces'][number], 'name' | 'size'>

/** Numbered, or of the size that a truth value has. */
const mayBeForm = ({ name, size }: Variable): boolean => size === 1 || /\.\d+$/.test(name)

function isOwnVariable<S extends Side>(map: PieceMap<S>, piece: PieceMap<S>['pieces'][number]): boolean {
  return piece.kind === 'data' && piece.local && isWritable(map, piece)
}

function isOfLlvm<S extends Side>({ object }: PieceMap<S>): boolean {
  return object.sections.some(
    ({ name, bytes }) => name === '.llvm_addrsig' || (name === '.comment' && Buffer.from(bytes).includes('clang')),
  )
}

/** Of an object with debug information. */
export function formsIn<S extends Side>(map: PieceMap<S>): readonly FormOf[] {
  const places = staticPlaces(map.object)
  return map.pieces.flatMap((piece): readonly FormOf[] => {
    const found = isOwnVariable(map, piece) ? places(piece.section, piece.offset) : undefined
    return found === undefined ? [] : [{ symbol: piece.name, ...found }]
  })
}

export function toldByForms(original: readonly FormOf[], patched: readonly FormOf[], isSame: SameLine): FormEvidence {
  const pairs = new Map<string, string>()
  const changed = new Map<string, readonly string[]>()
  const question = new Set(patched.filter(({ form }) => form !== '').map(({ symbol }) => symbol))
  for (const after of patched) {
    const olds = original.filter(before => isSame(before.declared, after.declared))
    if (after.form === '' && olds.every(({ form }) => form === '')) continue
    question.add(after.symbol)
    const [same, ...others] = olds.filter(({ form }) => form === after.form)
    const alike = patched.filter(each => each.form === after.form && isOnePlace(each.declared, after.declared))
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

const isOnePlace = (a: Place, b: Place): boolean => a.file === b.file && a.line === b.line
