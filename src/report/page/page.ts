/**
 * A page of reports: one file, which works from a disk and fetches nothing. Texts of objects, patches and logs are data in
 * it, never markup: they stand in a block of JSON in which no `<` is left, and the page's code makes text nodes of them.
 */
import { InternalError } from '../../base/errors.ts'
import { withShownNames } from '../../base/printable.ts'
import { rounded } from '../json.ts'
import type { RunReport } from '../model.ts'
import { readable } from '../readable.ts'
import { firstScreen, rehearsalHeadline, verifyHeadline } from './first-screen.ts'
import { type FleetInput, fleetView } from './fleet-view.ts'
import { type Disassembler, withInstructionNames } from './instruction-names.ts'
import type { AdviceView, Judgement, PageData, RehearsalView, VerifyView } from './model.ts'

export interface Named<Report> {
  /** The report's file. */
  readonly name: string
  readonly report: Report
}

export interface PageInput {
  /** Of hotsplice. */
  readonly version: string
  readonly builds: readonly Named<RunReport>[]
  readonly verifications?: readonly Named<VerifyView>[]
  readonly rehearsals?: readonly Named<RehearsalView>[]
  readonly advice?: AdviceView | undefined
  readonly fleet?: FleetInput | undefined
  /** The page of docs/findings about a code, in Markdown; undefined where there is none. */
  readonly findingOf: (code: string) => string | undefined
  /** Names instructions of which a report has the words; without it, they are shown. */
  readonly disassemble?: Disassembler
}

export function pageData({
  version,
  builds,
  verifications = [],
  rehearsals = [],
  advice,
  fleet,
  findingOf,
  disassemble = () => undefined,
}: PageInput): PageData {
  const codes = new Set(builds.flatMap(({ report }) => report.refusals.map(({ code }) => code)))
  const findings = [...codes].sort().flatMap(code => {
    const text = findingOf(code)
    return text === undefined ? [] : [[code, text] as const]
  })
  return {
    schema: 1,
    version,
    builds: builds.map(({ name, report }) =>
      firstScreen(readable(withInstructionNames(report, disassemble)), withShownNames(name), advice),
    ),
    verifications: verifications.map(each =>
      judged(each, verifyHeadline(each.report), each.report.accepted, isAbout([each.report.sha256], builds)),
    ),
    rehearsals: rehearsals.map(each =>
      judged(
        each,
        rehearsalHeadline(each.report),
        each.report.outcome === 'passed',
        isAbout(each.report.digests, builds),
      ),
    ),
    findings: Object.fromEntries(findings),
    fleet: fleet === undefined ? null : fleetView(fleet),
  }
}

/**
 * Whether a judgement is about payloads of these builds, told by digests: a rehearsal of yesterday's payload says nothing of
 * today's. One payload of a stack is enough. Where there is no build, there is nothing to mistake it for.
 */
function isAbout(digests: readonly string[], builds: PageInput['builds']): boolean {
  return builds.length === 0 || builds.some(({ report }) => digests.includes(report.payload?.sha256 ?? ''))
}

const OTHERS = 'This is about another payload, not about what was built here. '

function judged<Report>(
  { name, report }: Named<Report>,
  headline: string,
  isGood: boolean,
  isOfThese: boolean,
): Judgement<Report> {
  return {
    name: withShownNames(name),
    tone: isGood && isOfThese ? 'good' : 'bad',
    headline: withShownNames(`${isOfThese ? '' : OTHERS}${headline}`),
    report: withShownNames(report),
  }
}

/** Where the page's data go in what `scripts/page.mjs` makes of `page/`. */
export const DATA_PLACE = '{"schema":0}'

/** The file. `shell` is the page without data. */
export function pageText(shell: string, data: PageData): string {
  const at = shell.indexOf(DATA_PLACE)
  if (at === -1) throw new InternalError('the page has no place for data')
  return shell.slice(0, at) + embedded(data) + shell.slice(at + DATA_PLACE.length)
}

/** JSON in which no tag, comment or entity can begin. */
function embedded(data: PageData): string {
  return JSON.stringify(data, rounded).replace(
    /[<>&\u2028\u2029]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
