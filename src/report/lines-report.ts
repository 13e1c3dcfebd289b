/** The report of `hotsplice lines`, as plain data and as text. */

/** A place where a source line number is embedded, as people read it. */
export interface ListedSite {
  readonly unit: string
  /** Empty where the site belongs to no function. */
  readonly function: string
  readonly section: string
  /** Bytes from the start of the function; from the start of the section where there is none. */
  readonly offset: number
  readonly in: 'code' | 'data' | 'addend'
  readonly bits: number
  readonly file: string
  /** The original's. */
  readonly line: number
  /** The functions or macros that the line calls, as the source has them: what the number came from. */
  readonly calls: readonly string[]
}

/** The JSON of `hotsplice lines`. */
export interface LinesReport {
  readonly schema: 1
  readonly command: 'lines'
  /** Of hotsplice. */
  readonly version: string
  readonly outcome: 'done'
  readonly sites: readonly ListedSite[]
  /** Differences between the two objects that are not line numbers as far as can be told. */
  readonly unexplained: readonly { readonly unit: string; readonly text: string }[]
}

export interface SitesOfUnit {
  readonly unit: string
  readonly sites: readonly ListedSite[]
  /** Differences between the two objects that are not line numbers as far as can be told. */
  readonly unexplained: readonly string[]
}

export function linesReport(units: readonly SitesOfUnit[], version: string): LinesReport {
  return {
    schema: 1,
    command: 'lines',
    version,
    outcome: 'done',
    sites: units.flatMap(({ sites }) => sites),
    unexplained: units.flatMap(({ unit, unexplained }) => unexplained.map(text => ({ unit, text }))),
  }
}

export function describeLines(units: readonly SitesOfUnit[]): string {
  return units.map(describeUnit).join('\n')
}

function describeUnit({ unit, sites, unexplained }: SitesOfUnit): string {
  const rows = sites.map(site => {
    const place = site.function === '' ? site.section : site.function
    const where = site.in === 'addend' ? `an addend of ${site.section}` : site.in
    const from = site.calls.length === 0 ? '' : `  (${site.calls.join(', ')})`
    return `  ${site.file}:${site.line}  ${place}+0x${site.offset.toString(16)}  ${site.bits} bits in ${where}${from}`
  })
  return [
    `${unit}: ${sites.length} line numbers`,
    ...rows,
    ...unexplained.map(text => `  not explained: ${text}`),
  ].join('\n')
}
