/**
 * A report as a SARIF 2.1.0 log, for systems that show findings on the lines of a change: each refusal is a result on
 * the line that causes it, each kind of refusal a rule with its page of docs/findings as help. What failed before
 * anything could be refused is a notification of the run.
 */
import type { Refusal } from '../base/refusal.ts'
import type { RunReport } from './model.ts'
import type { Place } from './places.ts'
import { counted } from './text.ts'

export interface SarifFacts {
  /** Where the report's refusals and then its warnings stand in the patched source. */
  readonly places: readonly (Place | null)[]
  /** What the process ends with. */
  readonly exitCode: number
  /** The page about a code of docs/findings, in Markdown; undefined where there is none. */
  readonly pageOf: (code: string) => string | undefined
}

interface Message {
  readonly text: string
}

interface Rule {
  readonly id: string
  readonly shortDescription: Message
  readonly fullDescription: Message
  readonly help: Message & { readonly markdown: string }
  readonly defaultConfiguration: { readonly level: Level }
}

type Level = 'error' | 'warning' | 'note'

interface Location {
  readonly physicalLocation?: {
    readonly artifactLocation: { readonly uri: string; readonly uriBaseId: string }
    readonly region?: { readonly startLine: number }
  }
  readonly logicalLocations?: readonly { readonly name: string; readonly fullyQualifiedName: string }[]
}

interface Result {
  readonly ruleId: string
  readonly ruleIndex: number
  readonly level: Level
  readonly message: Message
  readonly locations: readonly Location[]
}

export interface SarifLog {
  readonly $schema: string
  readonly version: '2.1.0'
  readonly runs: readonly unknown[]
}

const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json'
const ROOT = 'SRCROOT'

export function sarifLog(report: RunReport, facts: SarifFacts): SarifLog {
  const findings = [
    ...report.refusals.map(each => ({ ...each, level: 'error' as const })),
    ...report.warnings.map(each => ({ ...each, unit: '', symbol: '', hint: '', level: 'warning' as const })),
  ]
  const codes = [...new Set(findings.map(({ code }) => code))]
  const rules = codes.map(code => ruleOf(code, findings.find(each => each.code === code)?.level ?? 'error', facts))
  const results = findings.map(
    (finding, at): Result => ({
      ruleId: finding.code,
      ruleIndex: codes.indexOf(finding.code),
      level: finding.level,
      message: { text: finding.hint === '' ? finding.text : `${finding.text}\nWay out: ${finding.hint}` },
      locations: locationsOf(finding, facts.places[at]),
    }),
  )
  const run = {
    tool: { driver: { name: 'hotsplice', version: report.version, rules } },
    originalUriBaseIds: { [ROOT]: { description: { text: 'the folder that paths of the patch are relative to' } } },
    invocations: [invocationOf(report, facts)],
    results,
    columnKind: 'utf16CodeUnits',
  }
  return { $schema: SCHEMA, version: '2.1.0', runs: [run] }
}

/** The page's first heading is its code; the first paragraph says what it is about. */
function ruleOf(code: string, level: Level, { pageOf }: SarifFacts): Rule {
  const page = pageOf(code)
  const words = (page ?? '').replace(/^# .*\n+/, '').trim()
  const paragraph = words.split(/\n\s*\n/)[0]?.replace(/\s+/g, ' ') ?? ''
  const sentence = /^.*?[.:](?=\s|$)/.exec(paragraph)?.[0] ?? paragraph
  const text = (own: string) => (own === '' ? code : own)
  return {
    id: code,
    shortDescription: { text: text(sentence) },
    fullDescription: { text: text(paragraph) },
    help: { text: text(words), markdown: text(page ?? '') },
    defaultConfiguration: { level },
  }
}

function invocationOf({ error, outcome, refusals }: RunReport, { exitCode }: SarifFacts) {
  const text = error === null ? '' : [error.text, ...error.trail.map(doing => `while ${doing}`), error.hint ?? '']
  const notifications =
    error === null
      ? []
      : [
          {
            level: 'error',
            message: { text: [...text].filter(line => line !== '').join('\n') },
            descriptor: { id: error.code },
          },
        ]
  return {
    executionSuccessful: error === null,
    exitCode,
    exitCodeDescription: outcome === 'refused' ? `refused, for ${counted(refusals.length, 'reason')}` : outcome,
    toolExecutionNotifications: notifications,
  }
}

function locationsOf({ unit, symbol }: Refusal, place: Place | null | undefined): readonly Location[] {
  const logical =
    symbol === ''
      ? {}
      : { logicalLocations: [{ name: symbol, fullyQualifiedName: unit === '' ? symbol : `${unit}:${symbol}` }] }
  if (place === undefined || place === null) return symbol === '' ? [] : [logical]
  const artifactLocation = { uri: encodeURI(place.file), uriBaseId: ROOT }
  const region = place.line > 0 ? { region: { startLine: place.line } } : {}
  return [{ physicalLocation: { artifactLocation, ...region }, ...logical }]
}
