/** Everything that is asked of the compiler about the affected units. Part of the pipeline. */
import type { Way } from '../../lines/way.ts'
import { type Declarations, declarationsOf, type Tree } from '../../trees/index.ts'
import { askEntrySizes, type EntrySizes } from './entry-sizes.ts'
import { type CompiledUnits, compileForWay } from './judge.ts'
import type { Prepared } from './prepare.ts'
import { together } from './together.ts'

export interface Compiled {
  readonly compiled: CompiledUnits
  readonly sizes: EntrySizes
  readonly declarations: Declarations
}

/** At the same time, and one text that does not compile ends all of it. */
export async function compileAll(tree: Tree, { affected, change }: Prepared, way: Way): Promise<Compiled> {
  const [compiled, sizes, declarations] = await together<[CompiledUnits, EntrySizes, Declarations]>(
    tree.run.signal,
    signal => {
      const own = { ...tree, run: { ...tree.run, signal } }
      return [
        compileForWay(own, affected, change, way),
        askEntrySizes(own, affected),
        declarationsOf(own, affected, change),
      ]
    },
  )
  return { compiled, sizes, declarations }
}
