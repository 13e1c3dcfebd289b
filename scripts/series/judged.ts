/** Judgements of fixes that were built, kept beside what was built. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Where } from './base.ts'
import { git, type Series } from './history.ts'
import { type Judged, judge } from './judge.ts'
import { folderOf, type Result } from './take.ts'

export interface Judgement extends Judged {
  readonly base: string
  /** The commit of hotsplice that built it. */
  readonly by: string
}

const fileFor = (where: Where, series: Series) => join(folderOf(where, series), 'judged.json')

export function keptJudgement(where: Where, series: Series): Judgement | undefined {
  const file = fileFor(where, series)
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
}

/** Of a fix that went through the full cycle; `tree` is its base. */
export async function judgeKept(where: Where, series: Series, result: Result, tree: string): Promise<Judgement> {
  const folder = folderOf(where, series)
  const { base, functions, by } = result
  const patches = series.commits.map((_, at) => join(folder, `${at + 1}.patch`))
  const scratch = join(where.state, 'judged', series.branch)
  const payload = join(folder, 'fix.livepatch')
  const touched = series.commits.flatMap(({ id }) =>
    git(where.history, 'diff-tree', '-r', '--no-commit-id', '--name-only', id).trim().split('\n'),
  )
  const judged = await judge({ touched, tree, patches, payload, functions, scratch })
  const judgement = { ...judged, base, by }
  writeFileSync(fileFor(where, series), `${JSON.stringify(judgement, null, 1)}\n`)
  return judgement
}
