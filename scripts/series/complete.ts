/** A fix that is rightly refused, completed: `hotsplice assist` makes a start, what a person knows is filled in, and it is built. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AssistReport } from '../../src/report/assist-report.ts'
import type { Where } from './base.ts'
import { FILLS, fillIn, LEFT, withoutFiles } from './fills.ts'
import type { Series } from './history.ts'
import { carry, folderOf, hotspliceCommit, type Result, takingIn, writePatches } from './take.ts'

export interface Completed extends Result {
  /** Lines that assist wrote, those that its patch adds included; and lines that were filled in, or deleted. */
  readonly written: number
  readonly hand: number
}

const folderFor = (where: Where, series: Series) => `${folderOf(where, series)}-completed`

export function keptCompleted(where: Where, series: Series): Completed | undefined {
  const file = join(folderFor(where, series), 'completed.json')
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
}

/** Whether it can be: what a person has to know is known, and it was not done yet. */
export function isToComplete(where: Where, series: Series, result: Result): boolean {
  return result.came === 'refused' && FILLS.has(series.id) && keptCompleted(where, series) === undefined
}

/** Undefined when time ran out. */
export async function complete(where: Where, series: Series, tree: string): Promise<Completed | undefined> {
  const fills = FILLS.get(series.id) ?? []
  const folder = folderFor(where, series)
  const taking = takingIn(folder, where, series, tree)
  const left = LEFT.get(series.id) ?? []
  const patches = writePatches(taking, text => withoutFiles(text, left))
  const own = join(folder, 'fix-assist.c')
  const told = join(folder, 'assist.json')
  const args = ['assist', '--tree', tree, '--patch', ...patches, '-o', own, '--json', told]
  const ended = await taking.run({ args, log: 'assist.txt' })
  if (ended === undefined) return undefined
  const kept = (result: Completed) => {
    writeFileSync(join(folder, 'completed.json'), `${JSON.stringify(result, null, 1)}\n`)
    return result
  }
  const failed = (why: string) =>
    kept({
      ...{ came: 'error', base: series.commits[0]?.parent ?? '', functions: [], seconds: 0, refusals: [why] },
      ...{ by: hotspliceCommit(), written: 0, hand: 0 },
    })
  if (ended !== 0) return failed('assist')
  const report: AssistReport = JSON.parse(readFileSync(told, 'utf8'))
  const filled = fillIn(readFileSync(own, 'latin1'), fills)
  if (filled === undefined || report.with === null) return failed('other-marks')
  writeFileSync(own, filled.text, 'latin1')

  const upon = report.patch === null ? [] : [join(folder, report.patch.file.replace(/.*\//, ''))]
  const result = await carry(taking, ['--patch', ...patches, ...upon, '--with', report.with])
  if (result === undefined) return undefined
  const lines = report.source.split('\n').filter(line => line !== '')
  const added = report.patch?.text.match(/^\+(?!\+\+ )/gm) ?? []
  return kept({ ...result, written: lines.length + added.length, hand: filled.hand + left.length })
}
