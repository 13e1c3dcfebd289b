/** Which of the affected units are compiled. Part of the pipeline. */
import type { Reason } from '../../base/refusal.ts'
import type { Way } from '../../lines/way.ts'
import { type Reach, type Tree, withinReach } from '../../trees/index.ts'
import type { Prepared } from './prepare.ts'

/** Ways that put numbers into what is compiled, or take every number that differs for a change. */
const NEED_MOVED: ReadonlySet<Way> = new Set(['ignore', 'table'])

export async function reachOf(
  tree: Tree,
  { affected, change }: Prepared,
  way: Way,
  { compileAll }: { readonly compileAll?: boolean },
): Promise<Reach & { readonly notices: readonly Reason[] }> {
  if (compileAll === true) return { affected, leftOut: [], notices: [] }
  const reach = await withinReach(tree, affected, change, { withMoved: NEED_MOVED.has(way) })
  const { length } = reach.leftOut
  if (length === 0) return { ...reach, notices: [] }
  const [unit, read] = length === 1 ? ['unit', 'reads'] : ['units', 'read']
  const text = `${length} ${unit} ${read} what the patch touches, but cannot see what it changes there, and ${length === 1 ? 'was' : 'were'} not compiled; --compile-all compiles ${length === 1 ? 'it' : 'them'} all the same`
  return { ...reach, notices: [{ code: 'not-reached', text }] }
}
