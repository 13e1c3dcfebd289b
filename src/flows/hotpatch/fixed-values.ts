/**
 * Variables that new code takes to be what they began with. A patch that takes away whatever else was stored in a static
 * variable leaves one that never changes; the compiler puts its first value where it is read, and drops it. The running
 * system has stored in it, and what it holds would not count any more. Objects show that it is gone; that the patched text
 * still reads it, only the text tells. It is asked only where a writable variable is gone. Part of the pipeline.
 */
import type { Refusal } from '../../base/refusal.ts'
import type { Parts } from '../../ctext/outline.ts'
import { hasWord, readsVariable, staticDeclarations } from '../../ctext/reads.ts'
import type { Piece, PieceMap } from '../../pieces/model.ts'
import { isCompilerMade, sourceName, variableNames } from '../../pieces/names.ts'
import { isWritable } from '../../pieces/writable.ts'
import type { UnitInput } from '../../select/select.ts'
import { type Affected, overlayOf, preprocessedTexts, type Tree } from '../../trees/index.ts'
import { bodiesFrom } from './made-from.ts'
import type { Prepared } from './prepare.ts'

interface Texts {
  readonly original: Parts
  readonly patched: Parts
}

export async function checkFixedValues(
  tree: Tree,
  { change, affected }: Pick<Prepared, 'change' | 'affected'>,
  units: readonly UnitInput[],
): Promise<{ readonly refusals: readonly Refusal[] }> {
  const suspects = new Map(units.map(input => [input.unit, { input, gone: goneStatics(input) }]))
  const asked = affected.affected.filter(({ unit }) => (suspects.get(unit.unit)?.gone.length ?? 0) > 0)
  if (asked.length === 0) return { refusals: [] }
  const texts = await textsOf(tree, { asked, overlay: overlayOf(change, affected) })
  return {
    refusals: [...texts].flatMap(([unit, both]) => {
      const { input, gone = [] } = suspects.get(unit) ?? {}
      return input === undefined ? [] : fixedIn(input, gone, both)
    }),
  }
}

/** Writable variables with names that no other file sees, which the patched object has under no name. */
function goneStatics({ verdicts }: UnitInput): readonly Piece<'original'>[] {
  const { original: map, patched } = verdicts.correlation
  const gone = verdicts.data.flatMap(({ verdict, original }) =>
    verdict.kind === 'gone' && original?.local === true && !isCompilerMade(original.name) && isWritable(map, original)
      ? [original]
      : [],
  )
  if (gone.length === 0) return gone
  const elsewhere = new Set([
    ...verdicts.data.flatMap(({ verdict, name }) => (verdict.kind === 'new' ? variableNames(name) : [])),
    ...externalsOf(patched),
  ])
  return gone.filter(({ name }) => !variableNames(name).some(each => elsewhere.has(each)))
}

function externalsOf(map: PieceMap<'patched'>): readonly string[] {
  return map.pieces.flatMap(({ references }) =>
    references.flatMap(({ target }) => (target.to === 'external' ? [target.name] : [])),
  )
}

async function textsOf(
  tree: Tree,
  { asked, overlay }: { readonly asked: Affected['affected']; readonly overlay: ReturnType<typeof overlayOf> },
): Promise<ReadonlyMap<string, Texts>> {
  const units = asked.map(({ unit }) => unit)
  const before = await preprocessedTexts(
    tree,
    units.map(unit => ({ unit, overlay: new Map(), label: 'original' })),
  )
  const after = await preprocessedTexts(
    tree,
    units.map(unit => ({ unit, overlay, label: 'patched' })),
  )
  return new Map(
    units.flatMap(unit => {
      const [original, patched] = [before.get(unit), after.get(unit)]
      return original === undefined || patched === undefined ? [] : [[unit.unit, { original, patched }] as const]
    }),
  )
}

function fixedIn(input: UnitInput, gone: readonly Piece<'original'>[], texts: Texts): readonly Refusal[] {
  const { patched } = input.verdicts.correlation
  const functions = patched.pieces.filter(({ kind }) => kind === 'function').map(({ name }) => name)
  const { bodies } = texts.patched
  // What C++ calls a function in an object is not its name in the text.
  const live = functions.some(name => name.startsWith('_Z')) ? bodies : bodiesFrom(bodies, functions.map(sourceName))
  return gone.flatMap(old => {
    const [name = old.name] = variableNames(old.name)
    const same = gone.filter(each => variableNames(each.name)[0] === name)
    const isDeclared = isOfFile(old) ? hasWord(texts.patched.around, name) : isStillDeclared(name, same, texts)
    const reader = isDeclared ? live.find(({ text }) => readsVariable(text, name)) : undefined
    return reader === undefined ? [] : [refusalOf(input.unit, old, { name, reader: reader.name })]
  })
}

const isOfFile = ({ name }: Piece<'original'>) => !name.includes('.') && !name.startsWith('_ZZ')

/** Whether the text has not lost as many declarations as there are variables gone. */
function isStillDeclared(name: string, olds: readonly unknown[], { original, patched }: Texts): boolean {
  const count = ({ bodies }: Parts) => bodies.reduce((sum, { text }) => sum + staticDeclarations(text, name), 0)
  return count(original) - count(patched) < olds.length
}

function refusalOf(unit: string, old: Piece<'original'>, { name, reader }: Record<'name' | 'reader', string>): Refusal {
  return {
    code: 'state-left-behind',
    unit,
    symbol: old.name,
    text: `${old.name} is gone from ${unit}, though ${reader} still reads ${name}: with the patch nothing stores another value in it, so that the compiler has put its first value in its place; what the running system holds in it would not count any more`,
    hint: `declare ${name} volatile in the patch, so that the new code reads what the running system holds; or take it out of the functions that read it, if its first value is meant`,
  }
}
