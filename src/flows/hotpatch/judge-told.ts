/** Verdicts, and once more where objects left a static variable ambiguous that the texts tell. Part of the pipeline. */
import type { Refusal } from '../../base/refusal.ts'
import { onlySaid } from '../../compare/only-said.ts'
import type { Loader } from '../../loaders/loader.ts'
import type { CutOptions } from '../../pieces/pieces.ts'
import type { Declarations, Tree } from '../../trees/index.ts'
import { arisenVariables } from './arisen-variables.ts'
import { foldedVariables } from './folded-variables.ts'
import { type CompiledUnits, type JudgedUnits, judgeUnits } from './judge.ts'
import type { Prepared } from './prepare.ts'
import { singleResults } from './single-results.ts'
import { staticLines } from './static-lines.ts'
import { withUnwritten } from './unwritten.ts'

/** With what is refused since compilers made a constant of a variable. */
export type ToldUnits = JudgedUnits & { readonly refusals: readonly Refusal[] }

interface ToJudge {
  readonly before: Prepared
  readonly compiled: CompiledUnits
  readonly declarations: Declarations
  readonly cut: CutOptions
  readonly loader: Loader
}

export async function judgeTold(
  tree: Tree,
  { before, compiled, declarations, cut, loader }: ToJudge,
): Promise<ToldUnits> {
  const sole = declarations.statics
  const judged = judgeUnits(compiled, cut, { sole })
  const told = await staticLines(tree, judged.units, { affected: before.affected, compiled, cut })
  const found = told.size === 0 ? judged : judgeUnits(compiled, cut, { sole, told })
  const question = { affected: before.affected, compiled, cut }
  const folded = await foldedVariables(tree, found.units, question)
  const arisen = await arisenVariables(tree, found.units, question)
  const kept = await withUnwritten(tree, found.units, question)
  const single = singleResults(declarations)
  return {
    ...found,
    refusals: [...folded, ...arisen, ...kept.refusals],
    units: kept.units.map(each => {
      const said = onlySaid(each.verdicts, loader)
      return { ...each, ...resultsOf(single.get(each.unit)), ...(said.size === 0 ? {} : { onlySaid: said }) }
    }),
  }
}

const resultsOf = (known: ReadonlySet<string> | undefined) => (known === undefined ? {} : { singleResults: known })
