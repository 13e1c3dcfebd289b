/** The page that `report`, `build --html` and `diff --html` write: one file, whole or not at all. */
import { dirname, join, relative, resolve } from 'node:path'
import { InputError } from '../base/errors.ts'
import { errorReport } from '../report/error-report.ts'
import type { FleetIndex } from '../report/fleet-index.ts'
import type { ReportedError, RunReport } from '../report/model.ts'
import { pageReports } from '../report/page/inputs.ts'
import { type PageInput, pageData, pageText } from '../report/page/page.ts'
import { disassemble } from '../system/disassemble.ts'
import { findingOf, pageShell } from '../system/page-parts.ts'
import { isSpecial, readText, STANDARD, writeWhole } from './files.ts'
import { VERSION } from './version.ts'

export function checkPage(file: string | undefined): void {
  if (file === STANDARD) throw new InputError('cli/usage', '--html writes a file, and - is none', 'name a file')
}

type Shown = Omit<PageInput, 'version' | 'findingOf' | 'disassemble'>

export function writePage(file: string, input: Shown): void {
  writeWhole(file, textOf(input))
}

const textOf = (input: Shown): string =>
  pageText(pageShell(), pageData({ ...input, version: VERSION, findingOf, disassemble }))

/** The page of one cell of a fleet, of the JSON of its build and perhaps its rehearsal. */
export function cellPage(report: string, rehearsal: string | undefined): string {
  const { builds, rehearsals } = pageReports([
    { name: 'report.json', text: report },
    ...(rehearsal === undefined ? [] : [{ name: 'rehearsal.json', text: rehearsal }]),
  ])
  return textOf({ builds, rehearsals })
}

/** The matrix; `folder` is the one that the index is of, to whose pages the matrix leads. */
export function fleetInput(file: string, index: FleetIndex, folder: string): PageInput['fleet'] {
  const way = relative(dirname(resolve(file)), resolve(folder))
  return { index, hrefOf: name => join(way, name).split('/').map(encodeURIComponent).join('/') }
}

/** The page of a run that failed takes the place of an earlier page, which would be taken for this run's, and of nothing else. */
export function writeFailedPage(file: string | undefined, command: RunReport['command'], error: ReportedError): void {
  if (file === undefined || file === STANDARD || !isFreeForPage(file)) return
  writePage(file, { builds: [{ name: file, report: errorReport(command, VERSION, error) }] })
}

const START = '<!doctype html>\n<html lang="en">'

function isFreeForPage(file: string): boolean {
  if (isSpecial(file)) return true
  try {
    const text = readText(file, 'the page', 'latin1')
    return text === '' || text.startsWith(START)
  } catch (error) {
    if (error instanceof InputError) return true
    throw error
  }
}
