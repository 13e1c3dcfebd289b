/**
 * A report as a SARIF 2.1.0 log, for systems that show findings on the lines of a change: each refusal is a result on
 * the line that causes it, each kind of refusal a rule with its page of docs/findings as help. What failed before
 * anything could be refused is a notification of the run.
 *
 * The line is the one that the refusal names; else the first changed line of the function or variable that it is about;
 * else the first changed line of a touched file that its unit reads.
 */
import type { Refusal } from '../base/refusal.ts'
import type { SourceChange, TouchedFile } from '../source/model.ts'
import type { RunReport } from './model.ts'
import { counted } from './text.ts'

export interface SarifFacts {
  /** Where the changed lines are; undefined where the patch was not read. */
  readonly change?: SourceChange
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
    (finding): Result => ({
      ruleId: finding.code,
      ruleIndex: codes.indexOf(finding.code),
      level: finding.level,
      message: { text: finding.hint === '' ? finding.text : `${finding.text}\nWay out: ${finding.hint}` },
      locations: locationsOf(finding, report, facts.change),
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

function locationsOf(refusal: Refusal, report: RunReport, change: SourceChange | undefined): readonly Location[] {
  const { unit, symbol } = refusal
  const place = refusal.place === undefined ? causeOf(refusal, report, change) : nearest(refusal.place, change)
  const logical =
    symbol === ''
      ? {}
      : { logicalLocations: [{ name: symbol, fullyQualifiedName: unit === '' ? symbol : `${unit}:${symbol}` }] }
  if (place === undefined) return symbol === '' ? [] : [logical]
  const artifactLocation = { uri: encodeURI(place.file), uriBaseId: ROOT }
  const region = place.line > 0 ? { region: { startLine: place.line } } : {}
  return [{ physicalLocation: { artifactLocation, ...region }, ...logical }]
}

type Place = NonNullable<Refusal['place']>

/** The first changed line of what is declared at a place; the place itself where none of its lines changed. */
function nearest(place: Place, change: SourceChange | undefined): Place {
  const file = change?.files.find(({ newPath }) => newPath === place.file)
  if (file === undefined) return place
  const lines = file.newText.split('\n')
  const close = lines.findIndex((line, at) => at >= place.line - 1 && /^\}|\};?\s*$/.test(line))
  return { ...place, line: firstChanged(file, place.line, close === -1 ? place.line : close + 1) ?? place.line }
}

/** The changed line that a refusal comes from, as near as names lead to it. */
function causeOf({ unit, symbol }: Refusal, report: RunReport, change: SourceChange | undefined): Place | undefined {
  const all = (change?.files ?? []).filter(({ newPath, oldPath }) => (newPath ?? oldPath) !== undefined)
  const reads = report.units.find(each => each.unit === unit)?.because ?? []
  const own = all.filter(({ newPath, oldPath }) =>
    [newPath, oldPath].some(path => path !== undefined && (reads.includes(path) || isSameFile(path, unit))),
  )
  const files = own.length === 0 ? all : own
  const name = symbol.slice(symbol.indexOf('#') + 1).split('.')[0] ?? ''
  for (const file of files) {
    const line = name === '' ? undefined : changedIn(file, name)
    if (line !== undefined) return { file: file.newPath ?? file.oldPath ?? '', line }
  }
  const [first] = files
  return first === undefined
    ? undefined
    : { file: first.newPath ?? first.oldPath ?? '', line: firstChanged(first, 1, Number.POSITIVE_INFINITY) ?? 0 }
}

function isSameFile(path: string, named: string): boolean {
  return named !== '' && (path === named || path.endsWith(`/${named}`))
}

/** The first changed line of what defines `name`; the line of its name where none of its lines changed. */
function changedIn(file: TouchedFile, name: string): number | undefined {
  const text = file.newText
  const escaped = name.replace(/[^\w]/g, '')
  const definition = new RegExp(`^[A-Za-z_][^;{}#]*?\\b${escaped}\\s*(?:\\([^;{}]*\\{|(?:\\[[^\\]]*\\]\\s*)*[=;])`, 'm')
  const found = definition.exec(text)
  if (found === null) return undefined
  const from = lineAt(text, found.index + Math.max(0, found[0].search(new RegExp(`\\b${escaped}\\b`))))
  const close = text.slice(found.index).search(/^\}/m)
  const to = found[0].endsWith(';') || close === -1 ? from : lineAt(text, found.index + close)
  return firstChanged(file, from, to) ?? from
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}

/** The first new line between two, or the line behind which something went; undefined where nothing changed. */
function firstChanged({ lineMap: { toOriginal }, kind }: TouchedFile, from: number, to: number): number | undefined {
  if (kind === 'added' || toOriginal.length <= 1) return kind === 'added' ? from : undefined
  for (let line = from; line <= Math.min(to, toOriginal.length - 1); line++) {
    const old = toOriginal[line] ?? 0
    const before = toOriginal[line - 1] ?? 0
    if (old === 0) return line
    if (line > 1 && before !== 0 && old !== before + 1) return line
  }
  return undefined
}
