/** Everything that is asked of the compiler about the affected units. Part of the pipeline. */
import type { Way } from '../../lines/way.ts'
import type { Loader } from '../../loaders/loader.ts'
import { type AffectedUnit, type Declarations, declarationsOf, overlayOf, type Tree } from '../../trees/index.ts'
import { askEntrySizes, type EntrySizes } from './entry-sizes.ts'
import { type CompiledUnits, compileForWay, requestOf } from './judge.ts'
import type { Prepared } from './prepare.ts'
import { throwingOf } from './rules.ts'
import { chosenText } from './texts.ts'
import { together } from './together.ts'
import { whyUncompiled } from './unconfigured.ts'

export interface Compiled {
  readonly compiled: CompiledUnits
  readonly sizes: EntrySizes
  readonly declarations: Declarations
  /** Units that exceptions may pass through, where the loader has a word about it. */
  readonly throwing: ReadonlySet<string>
}

export interface Question {
  readonly before: Prepared
  readonly way: Way
  readonly loader: Loader
}

/** At the same time, and one text that does not compile ends all of it. */
export async function compileAll(tree: Tree, { before, way, loader }: Question): Promise<Compiled> {
  const { affected, change } = before
  const request = await requestOf(tree, affected, change, way)
  const { texts } = request
  // What a unit declares may depend on line numbers, so that it is asked of the text that the payload is made from.
  const chosen = (each: AffectedUnit) => texts.overlays.get(chosenText(way, each, texts)) ?? overlayOf(change, affected)
  const [declarations, throwing, compiled, sizes] = await together<
    [Declarations, ReadonlySet<string>, CompiledUnits, EntrySizes]
  >(tree.run.signal, signal => {
    const own = { ...tree, run: { ...tree.run, signal } }
    // The short questions are asked first: behind long compiles each would wait for a free place, one after another.
    return [
      declarationsOf(own, affected, { change, chosen }),
      throwingOf(loader, own, before),
      compileForWay(own, request).catch(async error => Promise.reject(await whyUncompiled(own, affected, error))),
      askEntrySizes(own, affected),
    ]
  })
  return { compiled, sizes, declarations, throwing }
}
