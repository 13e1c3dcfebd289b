/**
 * What each affected unit declares before and after the patch: the compiler's own debug information of both texts.
 *
 * It costs less than a compile, since no code is generated, and nothing where the preprocessed texts show that types,
 * prototypes and static data are declared alike: then a patch only changes the insides of functions.
 */
import { InputError } from '../base/errors.ts'
import type { Parts } from '../ctext/outline.ts'
import { declareTheSame, type Outline, takeApartText } from '../ctext/outline.ts'
import { declareTheSameRaw } from '../ctext/raw-outline.ts'
import type { SoleStatic } from '../ctext/statics.ts'
import { type DebugUnit, readDebugUnit, unpackSections } from '../dwarf/index.ts'
import type { SourceChange } from '../source/model.ts'
import { overlayOf } from './affected.ts'
import { tryCompile } from './compile.ts'
import { placeIn } from './debug-objects.ts'
import type { Affected, AffectedUnit, CompileRequest, Tree, Unit } from './model.ts'
import type { Overlay } from './overlay.ts'
import type { Product } from './products.ts'
import { quiet } from './whole-run.ts'

export interface UnitDeclarations {
  readonly unit: Unit
  readonly original: DebugUnit
  readonly patched: DebugUnit
  /** Where a file lies that debug information names, relative to the tree's base. */
  readonly pathOf: (spelled: string) => string
}

export interface Declarations {
  readonly compared: readonly UnitDeclarations[]
  /** Units whose texts surely declare the same. */
  readonly same: readonly Unit[]
  /** Units of which the compiler tells nothing, with its words. */
  readonly unknown: readonly { readonly unit: Unit; readonly words: string }[]
  /** By unit, names of which both texts have one static variable of a function, and it is the same one. */
  readonly statics: ReadonlyMap<string, ReadonlySet<string>>
}

const NOTHING: Overlay = new Map()

export interface DeclarationsOptions {
  readonly change: SourceChange
  /** The texts that a unit's payload is made from; the patch as it is if absent. */
  readonly chosen?: (unit: AffectedUnit) => Overlay
}

export async function declarationsOf(
  tree: Tree,
  affected: Affected,
  { change, chosen }: DeclarationsOptions,
): Promise<Declarations> {
  const asked = affected.affected.filter(
    ({ unit, kind }) => kind === 'changed' && unit.language === 'c' && unit.role !== 'embedded',
  )
  const units = asked.map(({ unit }) => unit)
  const plain = overlayOf(change, affected)
  const overlays = new Map(asked.map(each => [each.unit, chosen?.(each) ?? plain]))
  const patched = (unit: Unit) => overlays.get(unit) ?? plain
  const statics = new Map<string, ReadonlySet<string>>()
  const same = await declaringTheSame(tree, { groups: groupsOf(asked, change), patched, statics })
  const rest = units.filter(unit => !same.has(unit))
  // Each compiler knows one of these; a front end that knows none of the options gives what it has.
  const told = new Map<Unit, readonly Side[]>()
  for (const product of ['types', 'clang-types', 'plain-types'] as const) {
    const left = rest.filter(unit => told.get(unit)?.some(each => each.content === undefined) !== false)
    for (const [unit, sides] of await both(tree, { units: left, patched, product })) told.set(unit, sides)
  }
  const found = rest.map(unit => pairOf(tree, unit, told.get(unit) ?? []))
  return {
    compared: found.flatMap(each => ('original' in each ? [each] : [])),
    same: [...same],
    unknown: found.flatMap(each => ('words' in each ? [each] : [])),
    statics,
  }
}

/** The patched texts of each unit. */
type Patched = (unit: Unit) => Overlay

/** Units of which one answers for all, the first; most groups have one unit. */
type Group = readonly Unit[]

/**
 * Where the texts themselves show that only the insides of inline functions differ, one unit of those that read the same
 * touched files is enough to see what macros make of them.
 */
function groupsOf(asked: readonly AffectedUnit[], change: SourceChange): readonly Group[] {
  // What one unit alone reads leaves nobody out.
  const isShared = (path: string | undefined) => asked.filter(({ because }) => because.includes(path ?? '')).length > 1
  const quiet = new Set(
    change.files
      .filter(({ oldPath, newPath }) => oldPath === newPath && isShared(newPath))
      .filter(({ oldText, newText }) => declareTheSameRaw(oldText, newText))
      .map(({ newPath }) => newPath),
  )
  const groups = new Map<string, Unit[]>()
  for (const { unit, because } of asked) {
    const key = because.every(path => quiet.has(path)) ? because.join('\n') : `unit ${unit.unit}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [unit])
    else group.push(unit)
  }
  return [...groups.values()]
}

interface OutlineQuestion {
  readonly groups: readonly Group[]
  readonly patched: Patched
  /** What is found out of statics on the way. */
  readonly statics: Map<string, ReadonlySet<string>>
}

async function declaringTheSame(tree: Tree, { groups, ...question }: OutlineQuestion): Promise<ReadonlySet<Unit>> {
  const first = await sameOutline(
    tree,
    groups.flatMap(group => group.slice(0, 1)),
    question,
  )
  const doubtful = groups.filter(([unit]) => unit !== undefined && !first.has(unit)).flatMap(group => group.slice(1))
  const others = await sameOutline(tree, doubtful, question)
  const whole = groups.filter(([unit]) => unit !== undefined && first.has(unit)).flat()
  return new Set([...whole, ...others])
}

async function sameOutline(
  tree: Tree,
  units: readonly Unit[],
  { patched, statics }: Omit<OutlineQuestion, 'groups'>,
): Promise<ReadonlySet<Unit>> {
  const outlines = await both(tree, { units, patched, product: 'outline' })
  return new Set(
    units.filter(unit => {
      const [before, after] = outlines.get(unit)?.map(asOutline) ?? []
      statics.set(unit.unit, commonStatics(before, after))
      return before !== undefined && after !== undefined && declareTheSame(before, after)
    }),
  )
}

function commonStatics(before: Outline | undefined, after: Outline | undefined): ReadonlySet<string> {
  const found = new Map(after?.statics?.map(([name, ...where]) => [name, where]))
  // One that went to another function with all of the block that it is known in is the same one, too.
  const isOne = ([name, owner, block]: SoleStatic) => {
    const [ownerNow, blockNow] = found.get(name) ?? []
    return owner === ownerNow || (block !== undefined && block === blockNow)
  }
  return new Set(before?.statics?.flatMap(each => (isOne(each) ? [each[0]] : [])))
}

/** The preprocessed text of units as they are, taken apart. */
export function originalTexts(tree: Tree, units: readonly Unit[]): Promise<ReadonlyMap<Unit, Parts>> {
  return preprocessedTexts(
    tree,
    units.map(unit => ({ unit, overlay: NOTHING, label: 'original' })),
  )
}

/** Likewise of any text; without what does not compile. */
export async function preprocessedTexts(
  tree: Tree,
  requests: readonly CompileRequest[],
): Promise<ReadonlyMap<Unit, Parts>> {
  const results = await tryCompile(silent(tree), requests, 'preprocessed')
  return new Map(
    results.flatMap(({ done }) =>
      done === undefined ? [] : [[done.unit, takeApartText(Buffer.from(done.object).toString('latin1'))]],
    ),
  )
}

/** What units declare as they are; without those of which the compiler does not tell. */
export async function originalDeclarations(
  tree: Tree,
  units: readonly Unit[],
): Promise<ReadonlyMap<Unit, Pick<UnitDeclarations, 'original' | 'pathOf'>>> {
  const requests = units.map(unit => ({ unit, overlay: NOTHING, label: 'original' }))
  const results = await tryCompile(silent(tree), requests, 'plain-types')
  return new Map(
    results.flatMap(({ done }) => {
      if (done === undefined || done.object.length === 0) return []
      const pathOf = (spelled: string) => placeIn(tree.layout, done.unit, spelled)
      return [[done.unit, { original: readDebugUnit(unpackSections(done.object)), pathOf }]]
    }),
  )
}

interface Side {
  readonly content: Uint8Array | undefined
  readonly failed: boolean
  readonly words: string
}

interface Asked {
  readonly units: readonly Unit[]
  readonly patched: Patched
  readonly product: Product
}

/** The product of both texts of each unit, the original's first. */
async function both(tree: Tree, { units, patched, product }: Asked): Promise<ReadonlyMap<Unit, readonly Side[]>> {
  const requests = units.flatMap(unit => [
    { unit, overlay: NOTHING, label: 'original' },
    { unit, overlay: patched(unit), label: 'patched' },
  ])
  const results = await tryCompile(silent(tree), requests, product)
  const sides = results.map(({ done, failed }): Side => {
    const content = done === undefined || done.object.length === 0 ? undefined : done.object
    return { content, failed: done === undefined, words: failed?.words ?? 'the compiler wrote no debug information' }
  })
  return new Map(units.map((unit, at) => [unit, sides.slice(at * 2, at * 2 + 2)]))
}

/** Other compiles run at the same time, and theirs is the progress that is shown. */
function silent(tree: Tree): Tree {
  return { ...tree, run: { ...tree.run, progress: quiet } }
}

function asOutline({ content }: Side): Outline | undefined {
  return content === undefined ? undefined : JSON.parse(Buffer.from(content).toString('latin1'))
}

function pairOf(tree: Tree, unit: Unit, sides: readonly Side[]): UnitDeclarations | Declarations['unknown'][number] {
  // A compiler that tells of one text tells of the other too, unless that has nothing in it: clang then writes nothing.
  const isTold = sides.some(({ content }) => content !== undefined)
  const untold = sides.find(({ content, failed }) => content === undefined && (failed || !isTold))
  const [original, patched] = sides
  if (original === undefined || patched === undefined || untold !== undefined)
    return { unit, words: untold?.words ?? '' }
  try {
    return {
      unit,
      original: readSide(original),
      patched: readSide(patched),
      pathOf: spelled => placeIn(tree.layout, unit, spelled),
    }
  } catch (error) {
    if (error instanceof InputError) return { unit, words: error.message }
    throw error
  }
}

function readSide({ content }: Side): DebugUnit {
  return content === undefined
    ? { types: new Map(), functions: [], variables: [], isCplusplus: false }
    : readDebugUnit(unpackSections(content))
}
