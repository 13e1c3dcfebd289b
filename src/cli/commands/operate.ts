/** What the eight operations on hosts have in common: options, opening the host, the record, words and JSON. */
import { Command, InvalidArgumentError } from '@commander-js/extra-typings'
import { withShownNames } from '../../base/printable.ts'
import { describeResult, errnoName } from '../../hosts/abi/errno.ts'
import { type AuditEntry, writeAudit } from '../../hosts/audit.ts'
import type { ListedPayload, Outcome, Host as System } from '../../hosts/host.ts'
import { HOST_FORMS, openHost } from '../../hosts/open-host.ts'
import { reportedError } from '../../report/error-report.ts'
import { attempt, type Finished } from '../attempt.ts'
import { cacheFolder } from '../cache-folder.ts'
import type { Host } from '../command-host.ts'
import type { Console } from '../console.ts'
import { helpAfter } from '../help.ts'
import { VERSION } from '../version.ts'

const HOST_OPTION = ['--host <host>', `where: ${HOST_FORMS}`] as const
const HYPERVISOR_OPTION = ['--hypervisor <file>', 'for a rehearsal: what to boot'] as const
const SYMBOLS_OPTION = ['--symbols <file>', 'for a process: its unstripped program'] as const
const JSON_OPTION = ['--json <file>', 'write the result as JSON; - is standard output'] as const
export const DRY_OPTION = ['--dry-run', 'make every check that changes nothing, and stop there'] as const

export const SECCOMP_OPTION = [
  '--despite-seccomp',
  'for a process under seccomp: its filters let the agent do its work (docs/hosts.md)',
] as const

/** A command that opens a host, with the options of all of them. */
export function onHost(name: string, description: string) {
  return new Command(name)
    .description(description)
    .requiredOption(...HOST_OPTION)
    .option(...HYPERVISOR_OPTION)
    .option(...SYMBOLS_OPTION)
    .option(...JSON_OPTION)
}

const CODES: readonly (readonly [number, string])[] = [
  [0, 'done, or nothing was to be done'],
  [2, 'the host said no, or it failed there; nothing was changed'],
]

export function operationHelp(examples: readonly { readonly so: string; readonly run: string }[]): string {
  return helpAfter({ more: ['docs/hosts.md says what each kind of host can do.'], examples, codes: CODES })
}

export interface HostRequest {
  readonly host: string
  readonly hypervisor?: string
  readonly symbols?: string
  readonly despiteSeccomp?: boolean
  readonly json?: string
}

export interface Performed extends Outcome {
  readonly payloads?: readonly ListedPayload[]
  /** Build-id of what runs there, where the operation asks for it. */
  readonly runs?: string | null
  /** In place of the usual words. */
  readonly text?: string
}

export interface Operation {
  readonly name: string
  /** The payload's name; empty for a list. */
  readonly payload: string
  /** Changes nothing, and so leaves no record. */
  readonly readOnly?: boolean | undefined
  readonly run: (system: System, console: Console) => Promise<Performed>
  readonly buildId?: () => string | null
}

/** Opens the host, runs the operation, tells how it went. */
export async function operate(request: HostRequest, cli: Host, operation: () => Operation): Promise<void> {
  const work = async (console: Console): Promise<Finished> => {
    const { name, payload, readOnly = false, run, buildId } = operation()
    if (request.hypervisor !== undefined) console.progress.step(`booting ${request.hypervisor}`)
    const system = await openHost(request.host, { ...request, cacheFolder: cacheFolder(), signal: cli.signal })
    try {
      const noted = { operation: name, payload, readOnly, console }
      const performed = await run(system, console).catch(async error => {
        // It may be carried out all the same: by an agent that sleeps, behind a line that broke.
        await record(system, noted, { buildId: buildId?.() ?? null, result: null, errno: reportedError(error).code })
        throw error
      })
      const { result } = performed
      const id = performed.buildId ?? buildId?.() ?? null
      await record(system, noted, { buildId: id, result, errno: errnoName(result) })
      return finish(request, name, payload, performed)
    } finally {
      await system.close()
    }
  }
  cli.ended(await attempt({ json: request.json, command: cliName(operation), signal: cli.signal, work }))
}

function cliName(operation: () => Operation): string | undefined {
  try {
    return operation().name
  } catch {
    return undefined
  }
}

function finish(request: HostRequest, name: string, payload: string, performed: Performed): Finished {
  const { result, words, numbers, runs, payloads, text } = performed
  const done = result >= 0
  const json = {
    schema: 1,
    command: name,
    version: VERSION,
    host: request.host,
    outcome: done ? 'done' : 'failed',
    payload: payload === '' ? null : payload,
    result: done ? 0 : result,
    errno: errnoName(result),
    words,
    ...(numbers === undefined ? {} : { numbers }),
    ...(runs === undefined ? {} : { runs }),
    ...(payloads === undefined ? {} : { payloads }),
  }
  const head = done ? `${name} ${payload}: done` : `${name} ${payload}: ${describeResult(result)}`
  const told = [head.replace(' :', ':'), ...withShownNames(words).map(line => `  ${line}`)].join('\n')
  return { ending: done ? 'done' : 'refused', text: done ? (text ?? told) : told, json }
}

interface Noted {
  readonly operation: string
  readonly payload: string
  readonly readOnly: boolean
  readonly console: Console
}

type Result = Pick<AuditEntry, 'buildId' | 'result' | 'errno'>

async function record(system: System, { readOnly, console, ...what }: Noted, result: Result): Promise<void> {
  if (readOnly) return
  const { buildId: runs } = await system.about().catch(() => ({ buildId: null }))
  const trouble = writeAudit({ host: system.name, runs, ...what, ...result })
  if (trouble !== undefined) console.note(`the record of this could not be written: ${trouble}`)
}

const DAY_MS = 86_400_000

/** Milliseconds, fractions allowed. */
export function milliseconds(text: string): number {
  const number = Number(text)
  if (!(number > 0 && number <= DAY_MS))
    throw new InvalidArgumentError('It must be a number of milliseconds above 0, at most a day’s (86400000).')
  return number
}
