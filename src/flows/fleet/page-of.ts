/** The page of one cell, made once of the same report and the same rehearsal. */
import type { StoredFile } from '../../base/stored-file.ts'
import { digestOf, toText } from './inputs.ts'
import { recalledPage } from './kept.ts'
import type { FleetWorld } from './world.ts'

interface About {
  /** Of hotsplice: another one has other pages. */
  readonly version: string
  readonly world: FleetWorld
}

export function pageOf(
  report: StoredFile | null,
  rehearsal: StoredFile | undefined,
  { version, world: { folder, page } }: About,
): StoredFile | null {
  const text = report === null ? undefined : folder.get(report)
  if (report === null || text === undefined) return null
  const key = digestOf(toText({ page: 1, version, report: report.sha256, rehearsal: rehearsal?.sha256 ?? null }))
  const known = recalledPage(key, folder)
  if (known !== undefined) return known
  const log = rehearsal === undefined ? undefined : folder.get(rehearsal)
  const made = folder.put(Buffer.from(page({ report: text, rehearsal: log }), 'utf8'), '.html')
  folder.keep(key, made)
  return made
}
