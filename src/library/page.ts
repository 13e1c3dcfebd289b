import { InputError } from '../base/errors.ts'
import type { RehearsalResult } from '../hosts/rehearsal/model.ts'
import type { Advice } from '../report/advice.ts'
import type { RunReport } from '../report/model.ts'
import { disassemble } from '../system/disassemble.ts'
import { findingOf, pageShell } from '../system/page-parts.ts'
import { VERSION } from '../system/version.ts'
import type { VerifyReport } from '../verify/model.ts'
import { type OneOrMore, readBytes, several } from './inputs.ts'

/** What a page can show: a report as a function here returned it, or the name of a file with its JSON. */
export type PageReport = string | RunReport | VerifyReport | RehearsalResult | Advice

/** What `page` takes. */
export interface PageOptions {
  /**
   * Of builds and comparisons (those with `details` show code and patch), and what `verify`, `rehearse` and `advise` said
   * beside them. In any order; what they are is told by their form.
   */
  readonly reports: OneOrMore<PageReport>
}

/**
 * Makes a page of reports for people to decide from: one HTML file that works from a disk and fetches nothing. What objects,
 * patches and logs say is text in it, never markup.
 *
 * @param options the reports
 * @returns the file's text
 * @throws {InputError} for no report, a file that cannot be read, and what is no report
 *
 * @example
 * ```ts
 * import { writeFile } from 'node:fs/promises'
 * import { diff, page } from 'hotsplice'
 *
 * const report = await diff({ original: 'original.o', patched: 'patched.o' })
 * await writeFile('both.html', await page({ reports: report }))
 * ```
 */
export async function page(options: PageOptions): Promise<string> {
  const given = several(options.reports)
  if (given.length === 0) throw new InputError('library/bad-option', 'reports is empty', 'give at least one report')
  const [{ pageReports }, { pageData, pageText }, { toJson }] = await Promise.all([
    import('../report/page/inputs.ts'),
    import('../report/page/page.ts'),
    import('../report/json.ts'),
  ])
  const texts = await Promise.all(
    given.map(async (one, at) =>
      typeof one === 'string'
        ? { name: one, text: Buffer.from(await readBytes(one, 'the report')).toString('utf8') }
        : { name: `report ${at + 1}`, text: toJson(one) },
    ),
  )
  const { fleet, ...found } = pageReports(texts)
  if (fleet !== undefined) {
    throw new InputError(
      'library/bad-option',
      `${fleet.name} is the index of a fleet, whose pages a page would have to lead to`,
      'hotsplice report shows it from a file in its folder',
    )
  }
  return pageText(pageShell(), pageData({ ...found, version: VERSION, findingOf, disassemble }))
}
