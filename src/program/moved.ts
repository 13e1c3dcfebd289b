/**
 * Functions that a patch moves from one file to another. To callers a function is its global name, wherever it is
 * defined: it is one thing of the program before and after, though each object sees one half of it, gone or new.
 *
 * Worse mistake: to take two things for one. So only a strong definition that one unit loses and one other gains counts,
 * of a name that no other of these units defines; what the rest of the tree defines is asked by whoever has the tree.
 */
import type { Side } from '../base/side.ts'
import type { ElfObject } from '../elf/model.ts'
import { definitionsIn } from './definitions.ts'

export interface BothObjects {
  readonly original: ElfObject<'original'>
  readonly patched: ElfObject<'patched'>
}

export interface MovedFunction {
  readonly name: string
  /** Positions of the units. */
  readonly from: number
  readonly to: number
}

export function movedFunctions(units: readonly BothObjects[]): readonly MovedFunction[] {
  const sides = units.map(({ original, patched }) => ({
    before: definitionsIn(original),
    after: definitionsIn(patched),
  }))
  const lost = sides.flatMap(({ before, after }, from) =>
    [...before].flatMap(([name, { strength }]) => (strength === 'strong' && !after.has(name) ? [{ name, from }] : [])),
  )
  return lost.flatMap(({ name, from }): readonly MovedFunction[] => {
    const defining = (side: 'before' | 'after') => sides.flatMap((each, at) => (each[side].has(name) ? [at] : []))
    const [home, ...others] = defining('before')
    const [to, ...more] = defining('after')
    if (home !== from || others.length > 0 || to === undefined || more.length > 0) return []
    const [before, after] = [units[from]?.original, units[to]?.patched]
    const isOne = before !== undefined && after !== undefined && isFunction(before, name) && isFunction(after, name)
    return isOne && sides[to]?.after.get(name)?.strength === 'strong' ? [{ name, from, to }] : []
  })
}

function isFunction<S extends Side>({ symbols }: ElfObject<S>, wanted: string): boolean {
  return symbols.some(({ name, binding, kind }) => name === wanted && binding !== 'local' && kind === 'function')
}
