/** What `hotsplice publish` does: reads the fleet's folder and the keys, and makes a new folder appear whole. */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, parse, resolve } from 'node:path'
import * as v from 'valibot'
import { InputError } from '../../base/errors.ts'
import { FLEET_NAME } from '../../flows/fleet/file-schema.ts'
import { type FleetAlone, fleetOfOne } from '../../flows/fleet/publish/alone.ts'
import { publish } from '../../flows/fleet/publish/publish.ts'
import { signFile } from '../../flows/sign.ts'
import { readReport, runReport } from '../../report/schema.ts'
import type { Updates } from '../../report/updates.ts'
import { viewFleetFolder } from '../../services/fleet-folder.ts'
import { isTokenKey } from '../../services/pkcs11.ts'
import type { Finished } from '../attempt.ts'
import { checkOutputs, checkOutside } from '../console.ts'
import { readInput, readText } from '../files.ts'
import { readIndex } from '../fleet-index-file.ts'
import { cellPage } from '../page-file.ts'
import { newPartName } from '../part-names.ts'
import { VERSION } from '../version.ts'
import { keyOf } from './sign-run.ts'

interface PublishArguments {
  readonly built: string
  readonly output: string
  readonly key: string
  readonly pinFile?: string
  readonly cert: string
  readonly statementKey: string
  readonly publisher: string
  readonly namespace: string
  readonly date?: string
  readonly payload?: string
  readonly debugFile?: string
  readonly base?: string
  readonly fix?: string
  readonly id?: readonly string[]
  readonly json?: string
}

export function runPublish(request: PublishArguments): Finished {
  const { output, cert, statementKey, publisher, namespace } = request
  if (existsSync(output)) {
    throw new InputError('publish/exists', `${output} is there already`, 'give the name of a new folder (-o)')
  }
  if (!URL.canParse(namespace))
    throw new InputError('cli/usage', `--namespace ${namespace} is no URI`, 'https://example.org')
  const inputs = [
    cert,
    statementKey,
    isTokenKey(request.key) ? undefined : request.key,
    request.pinFile,
    request.payload,
    request.debugFile,
  ]
  checkOutputs(
    inputs.filter(name => name !== undefined),
    [request.json],
  )
  for (const read of [request.built, output]) checkOutside(read, request.json)
  const key = keyOf(request)
  const certificate = readText(cert, 'the certificate', 'latin1')
  const { updates, files } = publish({
    publisher: { name: publisher, namespace },
    date: dateOf(request.date),
    version: VERSION,
    ...whatIsPublished(request),
    page: ({ report, rehearsal }) => cellPage(textOf(report), rehearsal === undefined ? undefined : textOf(rehearsal)),
    readReport: bytes => v.parse(runReport, JSON.parse(textOf(bytes))),
    sign: (payload, { target }) => {
      const trailer = target?.name === 'linux' ? 'linux' : 'xen'
      return signFile(payload, { key, certificate, format: 'cms', hash: 'sha256', target: trailer })
    },
    statementKey: readText(statementKey, 'the key', 'latin1'),
  })
  writeFolder(output, files)
  return { ending: 'done', text: told(updates, output), json: updates }
}

const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8')

/** A fleet's folder; or a payload, as a fleet of one. */
function whatIsPublished({ built, payload, debugFile, base, fix, id }: PublishArguments): FleetAlone {
  if (payload === undefined) {
    if ((debugFile ?? base ?? fix ?? id) !== undefined) {
      throw new InputError(
        'cli/usage',
        '--debug-file, --base, --fix and --id are for one payload',
        'give --payload, too',
      )
    }
    const folder = viewFleetFolder(built)
    return { index: readIndex(join(built, 'index.json')), read: stored => folder.get(stored) }
  }
  const bytes = readInput(built, 'the report')
  const report = readReport(Buffer.from(bytes).toString('utf8'), built)
  const names = { base: base ?? report.base?.buildId ?? 'base', fix: fix ?? parse(payload).name }
  const odd = Object.values(names).find(name => !FLEET_NAME.test(name))
  if (odd !== undefined) {
    throw new InputError('cli/usage', `${odd} is no name for a base or a fix`, 'letters, digits and . _ + -')
  }
  const files = {
    payload: readInput(payload, 'the payload'),
    debugFile: debugFile === undefined ? undefined : readInput(debugFile, 'the debug file'),
  }
  return fleetOfOne({ bytes, report, ...files, ...names, ids: id ?? [] })
}

/** No clock is asked: what is published twice is the same. */
function dateOf(given: string | undefined): string {
  const epoch = process.env.SOURCE_DATE_EPOCH
  const date = given ?? (epoch !== undefined && /^\d+$/.test(epoch) ? Number(epoch) * 1000 : undefined)
  const read = date === undefined ? undefined : new Date(date)
  if (read !== undefined && !Number.isNaN(read.getTime())) return read.toISOString().replace('.000Z', 'Z')
  const fact = date === undefined ? 'no date of publishing is given' : `--date ${date} is no date`
  throw new InputError('cli/usage', fact, 'give --date 2026-11-30T00:00:00Z, or SOURCE_DATE_EPOCH')
}

/** Made beside its name and renamed: nobody sees a part of it. */
function writeFolder(output: string, files: ReadonlyMap<string, Uint8Array>): void {
  const beside = join(dirname(resolve(output)), newPartName())
  try {
    mkdirSync(beside)
    for (const [name, content] of files) {
      const path = join(beside, name)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, content)
    }
    renameSync(beside, output)
  } catch (error) {
    rmSync(beside, { recursive: true, force: true })
    const words = error instanceof Error ? error.message : String(error)
    throw new InputError('cli/cannot-write', `${basename(output)} cannot be written: ${words}`)
  }
}

function told({ bases, unknown }: Updates, output: string): string {
  const lines = bases.flatMap(({ name, buildId, payloads, lacking }) => [
    `${name} (${buildId}): ${payloads.length === 0 ? 'no payload' : payloads.map(({ fix }) => fix).join(', then ')}`,
    ...lacking.map(({ fix, text, code }) => `  lacks ${fix}: ${text} [${code}]`),
  ])
  const silent = unknown.map(name => `${name}: its build-id is not known, so no host finds anything`)
  return [`published ${output}`, ...lines, ...silent].join('\n')
}
