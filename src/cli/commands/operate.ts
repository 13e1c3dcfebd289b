/** What the eight operations on hosts have in common: options, opening the host, the record, words and JSON. */
import { Command, InvalidArgumentError } from '@commander-js/extra-typings'
import { InputError } from '../../base/errors.ts'
import { withShownNames } from '../../base/printable.ts'
import { type OperationName, type OperationReport, operate as operateOn, type Performed } from '../../flows/operate.ts'
import { describeResult, errnoName } from '../../hosts/abi/errno.ts'
import { writeAudit } from '../../hosts/audit.ts'
import type { Host as OpenedHost } from '../../hosts/host.ts'
import { HOST_FORMS, openHost } from '../../hosts/open-host.ts'
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

export const SIGNAL_OPTION = [
  '--signal-holders',
  'for Linux: stop tasks that hold a transition up for a moment, so that they come through (docs/hosts.md)',
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
  readonly signalHolders?: boolean
  readonly json?: string
}

export interface Operation {
  readonly name: OperationName
  /** The payload's name; empty for a list. */
  readonly payload: string
  readonly readOnly?: boolean | undefined
  readonly run: (system: OpenedHost, console: Console) => Promise<Performed>
  readonly buildId?: () => string | null
  /** In place of the usual words, where all went well. */
  readonly text?: (report: OperationReport) => string
}

/** Opens the host, runs the operation, tells how it went. */
export async function operate(request: HostRequest, cli: Host, operation: () => Operation): Promise<void> {
  const work = async (console: Console): Promise<Finished> => {
    const { readOnly = false, run, text, ...asked } = operation()
    if (request.signalHolders === true && !request.host.startsWith('linux'))
      throw new InputError('cli/usage', `--signal-holders is for Linux; ${request.host} waits for no task`)
    if (request.hypervisor !== undefined) console.progress.step(`booting ${request.hypervisor}`)
    const report = await operateOn<OpenedHost>(
      { ...asked, readOnly, run: system => run(system, console) },
      {
        version: VERSION,
        host: request.host,
        open: () => openHost(request.host, { ...request, cacheFolder: cacheFolder(), signal: cli.signal }),
        errnoName,
        record: entry => {
          const trouble = writeAudit(entry)
          if (trouble !== undefined) console.trouble(`the record of this could not be written: ${trouble}`)
        },
      },
    )
    const done = report.outcome === 'done'
    return {
      ending: done ? 'done' : 'refused',
      text: (done && text?.(withShownNames(report))) || told(report),
      json: report,
    }
  }
  cli.ended(await attempt({ json: request.json, command: cliName(operation), host: cli, work }))
}

function cliName(operation: () => Operation): string | undefined {
  try {
    return operation().name
  } catch {
    return undefined
  }
}

function told({ command, payload, outcome, result, words }: OperationReport): string {
  const what = payload === null ? command : `${command} ${payload}`
  const head = `${what}: ${outcome === 'done' ? 'done' : describeResult(result)}`
  return [head, ...withShownNames(words).map(line => `  ${line}`)].join('\n')
}

const DAY_MS = 86_400_000

/** Milliseconds, fractions allowed. */
export function milliseconds(text: string): number {
  const number = Number(text)
  if (!(number > 0 && number <= DAY_MS))
    throw new InvalidArgumentError('It must be a number of milliseconds above 0, at most a day’s (86400000).')
  return number
}
