/**
 * `hotsplice publish`: of a fleet's results, what goes to those who run it. In: the index, the contents that it names, keys. Out:
 * files by their names. Pure but for the signatures: the same input gives the same files, where the keys' kinds do.
 *
 * What a base gets, in which order, is what `fleet plan` would do on a host that has only what the base stands on.
 */
import { createHash } from 'node:crypto'
import { debugWithoutFolders } from '../../../assemble/debug-folders.ts'
import { InputError } from '../../../base/errors.ts'
import { withShownNames } from '../../../base/printable.ts'
import type { StoredFile } from '../../../base/stored-file.ts'
import type { FleetCell, FleetIndex } from '../../../report/fleet-index.ts'
import type { RunReport } from '../../../report/model.ts'
import type { Updates } from '../../../report/updates.ts'
import { envelope, readStatementKey } from '../../../sign/dsse.ts'
import { buildIdOf } from '../host-base.ts'
import { planHosts } from '../plan-hosts.ts'
import { advisoryFile, advisoryOf } from './advisory.ts'
import { MANIFEST, manifestOf } from './manifest.ts'
import type { BaseUpdates, BesideFile, Publication, Published, PublishedBase, PublishedPayload } from './model.ts'
import { inputsOf, STATEMENT_TYPE, statementOf } from './provenance.ts'
import { isCommon, valueWithoutFolders } from './without-folders.ts'

export interface PublishRequest extends Published {
  readonly index: FleetIndex
  /** Undefined where the file is not there, or is not what its digest says. */
  readonly read: (stored: StoredFile) => Uint8Array | undefined
  readonly readReport: (bytes: Uint8Array) => RunReport
  /** A build's report for a browser. */
  readonly page: (input: { readonly report: Uint8Array; readonly rehearsal: Uint8Array | undefined }) => string
  /** The payload with its signature. */
  readonly sign: (payload: Uint8Array, report: RunReport) => Uint8Array
  /** In PEM: signs where payloads come from. */
  readonly statementKey: string
}

export interface PublishedFiles {
  readonly updates: Updates
  readonly files: ReadonlyMap<string, Uint8Array>
}

/** Throws `InputError` where a file of the fleet is missing or changed, or nothing can be published. */
export function publish(request: PublishRequest): PublishedFiles {
  const { index, publisher, date, version } = request
  const known = index.bases.map(base => ({ base, buildId: buildIdOf(base, index) }))
  const bases = known.flatMap(({ base, buildId }) =>
    buildId === undefined ? [] : [updatesOf({ base, buildId: buildId.toLowerCase() }, request)],
  )
  const publication: Publication = { publisher, date, version, index, bases }
  const files = new Map<string, Uint8Array>()
  const key = readStatementKey(request.statementKey)
  for (const payload of bases.flatMap(({ payloads }) => payloads)) {
    for (const [name, bytes] of filesOf(payload, request, key)) files.set(name, bytes)
  }
  for (const fix of index.fixes) files.set(advisoryFile(fix), jsonOf(withShownNames(advisoryOf(fix, publication))))
  const unknown = known.filter(({ buildId }) => buildId === undefined).map(({ base }) => base.name)
  const updates = updatesFile(publication, unknown)
  files.set('updates.json', jsonOf(updates))
  files.set(MANIFEST, manifestOf(files, date, key))
  return { updates, files }
}

function updatesOf(known: PublishedBase, request: PublishRequest): BaseUpdates {
  const { index, version, date } = request
  const { base, buildId } = known
  const payloads = base.on.map(({ name }) => ({ name, state: 'APPLIED', rc: 0 }))
  // Another base of the same build-id is another stack: each is planned by itself.
  const alone = { ...index, bases: [base] }
  const host = { host: base.name, buildId, payloads }
  const [plan] = planHosts({ index: alone, hosts: [host], version, today: date.slice(0, 10) }).hosts
  if (plan === undefined || plan.problems.length > 0) {
    const words = plan?.problems.map(({ text, code }) => `${text} [${code}]`).join('; ')
    throw new InputError(
      'publish/unclear',
      `what ${base.name} needs is not clear: ${words}`,
      'mend it in the fleet’s file',
    )
  }
  const steps = plan.steps.filter(({ action }) => action === 'load')
  return {
    ...known,
    payloads: steps.map(({ fix }, at) => payloadOf(known, fix, at + 1, request)),
    lacking: plan.lacking,
  }
}

function payloadOf(known: PublishedBase, name: string, at: number, request: PublishRequest): PublishedPayload {
  const { index, sign } = request
  const fix = index.fixes.find(each => each.name === name)
  const cell = index.cells.find(each => each.base === known.base.name && each.fix === name)
  const stored = cell?.payload
  if (fix === undefined || cell === undefined || stored == null || cell.report === null) throw missing(`${name}`)
  const bytes = sign(content(stored, request), request.readReport(content(cell.report, request)))
  const file = `${name}${stored.file.slice(stored.file.lastIndexOf('.'))}`
  const { report, beside } = shownFiles({ ...cell, report: cell.report }, `${file}.debug`, request)
  return {
    base: known,
    fix,
    cell,
    stored,
    report,
    at,
    folder: `payloads/${known.base.name}-${known.buildId}/${String(at).padStart(2, '0')}-${name}`,
    name: file,
    beside,
    bytes,
    sha256: digestOf(bytes),
  }
}

/** What the fleet made besides the payload, as others may see it; the page is made anew of that. */
function shownFiles(
  { report: stored, rehearsal, debugFile }: FleetCell & { readonly report: StoredFile },
  debugName: string,
  request: PublishRequest,
): Pick<PublishedPayload, 'report' | 'beside'> {
  const { readReport, page } = request
  const whole = readReport(content(stored, request))
  const { root } = whole.lines
  const cleaned = (value: unknown) => jsonOf(valueWithoutFolders(value, root))
  const report = cleaned(whole)
  const log = rehearsal === null ? undefined : cleaned(JSON.parse(Buffer.from(content(rehearsal, request)).toString()))
  const files: readonly Omit<BesideFile, 'sha256'>[] = [
    { name: 'report.json', bytes: report },
    { name: 'page.html', bytes: new Uint8Array(Buffer.from(page({ report, rehearsal: log }))) },
    ...(log === undefined || rehearsal === null
      ? []
      : [{ name: 'rehearsal.json', bytes: log, outcome: rehearsal.outcome }]),
    ...(debugFile === null
      ? []
      : [{ name: debugName, bytes: debugWithoutFolders(content(debugFile, request), root, isCommon) }]),
  ]
  return { report: readReport(report), beside: files.map(file => ({ ...file, sha256: digestOf(file.bytes) })) }
}

function filesOf(
  payload: PublishedPayload,
  request: PublishRequest,
  key: ReturnType<typeof readStatementKey>,
): (readonly [string, Uint8Array])[] {
  const { beside, folder, name, bytes } = payload
  const statement = jsonOf(statementOf(payload, request))
  const files: (readonly [string, Uint8Array])[] = [
    [name, bytes],
    ...beside.map(each => [each.name, each.bytes] as const),
    ['provenance.json', jsonOf(envelope(STATEMENT_TYPE, statement, key))],
    ['inputs.cdx.json', jsonOf(inputsOf(payload, request))],
  ]
  return files.map(([file, what]) => [`${folder}/${file}`, what])
}

function content(stored: StoredFile, { read }: PublishRequest): Uint8Array {
  const bytes = read(stored)
  if (bytes === undefined) throw missing(stored.file)
  return bytes
}

function missing(what: string): InputError {
  return new InputError(
    'publish/missing',
    `${what} is not in the fleet’s folder, or is not what the index says`,
    'run `hotsplice fleet build` again: what is known is kept',
  )
}

function updatesFile({ version, date, index, bases }: Publication, unknown: readonly string[]): Updates {
  return {
    schema: 1,
    command: 'publish',
    version,
    date,
    advisories: index.fixes.map(advisoryFile),
    bases: bases.map(({ buildId, base, payloads, lacking }) => ({
      buildId,
      name: base.name,
      payloads: payloads.map(({ fix, folder, name, sha256, stored }) => ({
        fix: fix.name,
        ids: fix.ids,
        file: `${folder}/${name}`,
        sha256,
        buildId: stored.buildId,
        depends: stored.depends,
      })),
      lacking: lacking.map(({ fix, code, text }) => ({ fix, code, text })),
    })),
    unknown,
  }
}

const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const jsonOf = (value: unknown) => new Uint8Array(Buffer.from(`${JSON.stringify(value, null, 2)}\n`))
