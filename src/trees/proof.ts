/**
 * Takes units off the list by proof: where the patched text is the same to the compiler, or gives the same object.
 *
 * Wanted for assembly, which reads headers only for constants, and for the 32-bit boot code, whose bytes are part of the
 * image without being linked: both read headers that patches touch, and neither can be hotpatched.
 */
import type { Reason } from '../base/refusal.ts'
import { isClass32 } from '../elf/index.ts'
import { loaderOf } from '../loaders/loaders.ts'
import { differsAtStartOnly } from './at-start.ts'
import { isPreprocessed, takeApart } from './command.ts'
import { compileFailed, tryCompile } from './compile.ts'
import type { AffectedUnit, BuildRefusal, Tree, Unit } from './model.ts'
import type { Overlay } from './overlay.ts'
import type { Product } from './products.ts'

/** Assembly by its preprocessed text, where it has one; everything else by its object. */
const PRODUCTS: readonly Product[] = ['preprocessed', 'object']

export interface Proven {
  /** Those for which there is no proof. */
  readonly affected: readonly AffectedUnit[]
  readonly refusals: readonly BuildRefusal[]
  /** What differs and has done its work. */
  readonly notices: readonly Reason[]
}

/** Keeps ordinary units; assembly and embedded ones only if the patch reaches their code. */
export async function withoutUnchanged(
  tree: Tree,
  affected: readonly AffectedUnit[],
  overlay: Overlay,
): Promise<Proven> {
  const doubtful = affected.filter(
    ({ unit, kind }) => kind === 'changed' && (unit.language === 'assembly' || unit.role === 'embedded'),
  )
  const unchanged = new Set<Unit>()
  const gone = new Set<Unit>()
  for (const product of PRODUCTS) {
    const units = doubtful.map(({ unit }) => unit).filter(unit => isByText(unit) === (product === 'preprocessed'))
    for (const [unit, how] of await compareBoth(tree, { units, overlay, product }))
      (how === 'same' ? unchanged : gone).add(unit)
  }
  const left = affected.filter(({ unit }) => !unchanged.has(unit) && !gone.has(unit))
  const embedded = left.filter(({ unit }) => unit.role === 'embedded' || isBootCode(unit))
  const judged = await Promise.all(embedded.map(async each => ({ each, how: await objectsOf(tree, each, overlay) })))
  return {
    affected: left.filter(each => !embedded.includes(each)),
    refusals: judged.flatMap(({ each, how }) => (how === 'differs' ? refuse(each) : [])),
    notices: judged.flatMap(({ each, how }) => (how === 'done' ? notice(each) : [])),
  }
}

/**
 * How the objects of boot code differ, whose texts do. What only reads a header that changes, and differs only in what is
 * gone once the system is up, has done its work. Where the patch changes boot code itself, somebody wants what that does.
 */
async function objectsOf(
  tree: Tree,
  { unit, because }: AffectedUnit,
  overlay: Overlay,
): Promise<'same' | 'done' | 'differs'> {
  const [before, after] = await tryCompile(
    tree,
    [
      { unit, overlay: new Map(), label: 'original' },
      { unit, overlay, label: 'patched' },
    ],
    'object',
  )
  const [original, patched] = [before?.done?.object, after?.done?.object]
  if (original === undefined || patched === undefined) return 'differs'
  if (Buffer.compare(original, patched) === 0) return 'same'
  if (!because.every(path => path.endsWith('.h')) || !isOfBoot(unit)) return 'differs'
  const isAllOfBoot = unit.role === 'embedded' && isClass32(original) && isClass32(patched)
  return isAllOfBoot || differsAtStartOnly(original, patched, loaderOf(tree.target)) ? 'done' : 'differs'
}

/** Plain assembly may read further files only as it is assembled. */
function isByText(unit: Unit): boolean {
  return unit.language === 'assembly' && isPreprocessed(unit.source, takeApart(unit.command).options)
}

/** Units whose both texts give the same, and units that do not even compile as they are (left by another configuration). */
async function compareBoth(
  tree: Tree,
  { units, overlay, product }: { units: readonly Unit[]; overlay: Overlay; product: Product },
): Promise<Map<Unit, 'same' | 'gone'>> {
  const nothing: Overlay = new Map()
  const [before, after] = [
    await tryCompile(
      tree,
      units.map(unit => ({ unit, overlay: nothing, label: 'original' })),
      product,
    ),
    await tryCompile(
      tree,
      units.map(unit => ({ unit, overlay, label: 'patched' })),
      product,
    ),
  ]
  const found = new Map<Unit, 'same' | 'gone'>()
  units.forEach((unit, at) => {
    const original = before[at]?.done
    const patched = after[at]
    if (original === undefined) found.set(unit, 'gone')
    else if (patched?.failed !== undefined) throw compileFailed([patched.failed])
    else if (patched?.done !== undefined && Buffer.compare(original.object, patched.done.object) === 0)
      found.set(unit, 'same')
  })
  return found
}

/** Code that has run by the time anything can be patched, wherever it is linked. */
function isBootCode(unit: Unit): boolean {
  return unit.language === 'assembly' && /(^|\/)boot\//.test(unit.unit)
}

function isOfBoot({ unit }: Unit): boolean {
  return /(^|\/)(boot|efi)\//.test(unit)
}

function notice({ unit, because }: AffectedUnit): Reason {
  return {
    code: 'boot-code-left',
    text: `${unit.unit} changes with ${because.join(', ')}, only in what runs or is read while the system boots: it has done its work, and is left as it is`,
  }
}

function refuse({ unit, because }: AffectedUnit): BuildRefusal {
  const changes = `${unit.unit} changes with ${because.join(', ')}`
  if (isOfBoot(unit)) {
    return {
      code: 'boot-code',
      file: unit.source,
      text: `${changes}, and is code that only runs while the system boots`,
      hint: 'leave the change of boot code out of this patch',
    }
  }
  return {
    code: 'not-linked',
    file: unit.source,
    text: `${changes}, and the image is not linked from it: nothing can take its place`,
    hint: 'if it is left from another configuration, build the tree from clean; otherwise leave the change out',
  }
}
