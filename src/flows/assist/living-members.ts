/**
 * New members of structures whose objects surely live, found without building the patch: for one that hundreds of units read,
 * the build takes minutes, and refuses it in the end.
 *
 * One unit that uses the structure is asked what it declares, before and after. Where that alone says that the build
 * would refuse it, and its code changes, the members are written as shadow data at once; and what is built then is the patch with that. In
 * doubt nothing is said here, and the patch is built as it is.
 */
import { InputError } from '../../base/errors.ts'
import { type Base, declarationsOf, type Run, type Tree } from '../../trees/index.ts'
import { surelyLiving } from '../../type-layouts/living.ts'
import type { NewMembers } from '../../ways-out/fields.ts'
import { createHotpatch, type HotpatchOptions } from '../hotpatch/hotpatch.ts'
import { type Prepared, prepareHotpatch } from '../hotpatch/prepare.ts'
import { Draft, type Scene } from './draft.ts'
import { membersIn, type ShadowWays, shadowWays } from './shadow-ways.ts'

/** Undefined where that cannot be told of each structure that gets members, or not be written. */
export async function livingMembers(
  base: Base,
  options: HotpatchOptions,
  run: Run,
): Promise<(ShadowWays & Pick<Scene, 'run'>) | undefined> {
  // Whoever has accepted a change of type may have accepted this one.
  if ((options.acceptTypes ?? []).length > 0) return undefined
  const tree: Tree = { ...base, run }
  const prepared = await prepareHotpatch(tree, options)
  const found = membersIn(prepared.change, () => true)
  if (found.plain.length === 0 || found.others.length > 0) return undefined
  const witnesses = witnessesOf(prepared, found.plain)
  if (!isRefused(found.plain, await livingIn(tree, witnesses))) return undefined
  if (!(await hasChangedCode(base, options, run, witnesses))) return undefined
  const shadows = await shadowWays({ tree, run: prepared, draft: new Draft(prepared.change, base.reader) }, found)
  return shadows.ways.length === found.plain.length ? { run: prepared, ...shadows } : undefined
}

/** One unit for each structure: the first one of the patch's own that reads it, or else of any that do. */
function witnessesOf({ change, affected, timings }: Prepared, members: readonly NewMembers[]): Prepared {
  const touched = new Set(change.files.map(({ newPath }) => newPath))
  const all = members.flatMap(({ path }) => {
    const readers = affected.affected.filter(({ because }) => because.includes(path))
    return readers.find(({ unit }) => touched.has(unit.dependencies[0])) ?? readers.slice(0, 1)
  })
  return { change, affected: { ...affected, affected: [...new Set(all)] }, timings }
}

async function livingIn(tree: Tree, { change, affected }: Prepared): Promise<ReadonlySet<string>> {
  const { compared } = await declarationsOf(tree, affected, { change })
  return surelyLiving(compared.map(each => ({ ...each, unit: each.unit.unit })))
}

const isRefused = (members: readonly NewMembers[], living: ReadonlySet<string>): boolean =>
  members.every(({ tag }) => living.has(`struct ${tag}`))

/** Where no code changes nothing is refused, whatever types do. */
async function hasChangedCode(base: Base, options: HotpatchOptions, run: Run, witnesses: Prepared): Promise<boolean> {
  try {
    const { units } = await createHotpatch(base, options, run, witnesses)
    return units.some(({ verdicts }) => verdicts.functions.some(({ verdict }) => verdict.kind === 'changed'))
  } catch (error) {
    // What stands in the way of a few units is told of all of them.
    if (error instanceof InputError) return false
    throw error
  }
}
