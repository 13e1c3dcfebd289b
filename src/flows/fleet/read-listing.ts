/**
 * What a host reports, from a file: the JSON or the words of `hotsplice list`, or what `xl info` and `xen-livepatch list` print.
 *
 * Worse mistake: a listing that was cut, taken for that of a host without payloads. So a text must say that there are none.
 */
import { InputError } from '../../base/errors.ts'
import type { HostReport, ReportedPayload } from './host-cells.ts'

/** What the forms of others are read with. */
export interface ListingForms {
  /** Of the JSON that `hotsplice list` writes; undefined where it is something else. */
  readonly ofJson: (value: unknown) => Pick<HostReport, 'buildId' | 'payloads'> | undefined
  /** Of what `xen-livepatch list` prints. Throws `InputError`. */
  readonly ofXen: (text: string) => readonly ReportedPayload[]
}

/** `host` is what the plan calls it. Throws `InputError` where the text is no listing. */
export function readListing(host: string, text: string, forms: ListingForms): HostReport {
  const read = text.trimStart().startsWith('{') ? ofJson(host, text, forms) : ofText(host, text, forms)
  return { host, ...read, buildId: read.buildId?.toLowerCase() ?? null }
}

type Read = Pick<HostReport, 'buildId' | 'payloads'>

function ofJson(host: string, text: string, forms: ListingForms): Read {
  try {
    const read = forms.ofJson(JSON.parse(text))
    if (read !== undefined) return read
  } catch {
    // Told below, as JSON of another kind is.
  }
  throw odd(host, 'is not what `hotsplice list --json` writes of a host that answered')
}

/** The last line of `hotsplice list`, or its only one. */
const OWN_END = /^(no payloads; )?runs build-id ([0-9a-f]+|unknown)$/
const OWN_ROW = /^(.*?\S) {2,}(CHECKED|APPLIED|unknown \(\d+\))( \(.*?\))?(?: {2}.*)?$/
const STATES = / {2}(?:CHECKED|APPLIED|unknown \()/g
const XEN_HEAD = /^-+\+-+\+-+$/
const XEN_NOTHING = 'Nothing to list'
/** A line of `xl info`; rows of a list have a bar. */
const XL_INFO = /^([a-z_0-9]+) *: (.*)$/i
const XEN_STATE = /\| (?:CHECKED|APPLIED|unknown)/

function ofText(host: string, text: string, forms: ListingForms): Read {
  const lines = text.split(/\r?\n/).filter(line => line.trim() !== '')
  const [, none, runs] = OWN_END.exec(lines.at(-1) ?? '') ?? []
  if (runs !== undefined) {
    const rows = lines.slice(0, -1)
    if ((none === undefined) !== rows.length > 0) throw odd(host, 'does not say which payloads there are')
    return { buildId: runs === 'unknown' ? null : runs, payloads: rows.map(row => ownRow(host, row)) }
  }
  const info = lines.flatMap(line => (XEN_STATE.test(line) ? [] : [{ line, found: XL_INFO.exec(line) }]))
  const told = new Set(info.filter(({ found }) => found !== null).map(({ line }) => line))
  const ids = new Set(info.flatMap(({ found }) => (found?.[1] === 'build_id' ? [(found[2] ?? '').trim()] : [])))
  if (ids.size > 1) throw odd(host, `tells ${ids.size} build-ids`)
  const listed = lines.filter(line => !told.has(line))
  const isEmpty = listed.length === 1 && listed[0]?.trim() === XEN_NOTHING
  const payloads = isEmpty ? [] : listed.some(line => XEN_HEAD.test(line.trim())) ? forms.ofXen(listed.join('\n')) : []
  // Its head alone was cut: where there is nothing, it says so.
  if (!isEmpty && payloads.length === 0) throw odd(host, 'does not say which payloads there are')
  const [id = ''] = ids
  return { buildId: /^(?:[0-9a-f]{2})+$/i.test(id) ? id : null, payloads }
}

function ownRow(host: string, row: string): ReportedPayload {
  const [, name, state, last] = OWN_ROW.exec(row) ?? []
  // A name may hold anything.
  if (name === undefined || state === undefined || row.match(STATES)?.length !== 1)
    throw odd(host, `has a line that is no payload's: ${JSON.stringify(row.slice(0, 80))}`)
  return { name, state, rc: last === undefined ? 0 : resultIn(last) }
}

/** In the words for a result, ` (-16, EBUSY)`; where they have no number, it is no success whatever it is. */
const resultIn = (words: string): number => Number(/-\d+/.exec(words)?.[0] ?? -1)

const odd = (host: string, fact: string) =>
  new InputError(
    'fleet/odd-listing',
    `${host} ${fact}`,
    'a listing is what `hotsplice list --host … --json FILE` writes, or what `xl info` and `xen-livepatch list` print, both in one file',
  )
