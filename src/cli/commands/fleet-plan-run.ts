/** What `hotsplice fleet plan` does: reads the index and the listings, asks hosts, shows what each needs. */
import * as v from 'valibot'
import { InputError } from '../../base/errors.ts'
import { withShownNames } from '../../base/printable.ts'
import type { HostReport } from '../../flows/fleet/host-cells.ts'
import { planHosts, type UnaskedHost } from '../../flows/fleet/plan-hosts.ts'
import { type ListingForms, readListing } from '../../flows/fleet/read-listing.ts'
import { listPayloads } from '../../flows/operate.ts'
import { describeResult } from '../../hosts/abi/errno.ts'
import { openHost } from '../../hosts/open-host.ts'
import { parseList } from '../../hosts/xen/list.ts'
import { reportedError } from '../../report/error-report.ts'
import { type FleetPlan, fleetPlanText } from '../../report/fleet-plan.ts'
import type { Finished } from '../attempt.ts'
import { cacheFolder } from '../cache-folder.ts'
import { type Console, checkOutputs } from '../console.ts'
import type { Ending } from '../exit-code.ts'
import { readText } from '../files.ts'
import { indexFile, readIndex } from '../fleet-index-file.ts'
import { SCHEMAS } from '../schemas.ts'
import { today } from '../today.ts'
import { VERSION } from '../version.ts'

export interface FleetPlanArguments {
  /** The index, or the folder that has it. */
  readonly index: string
  readonly listing?: readonly string[]
  readonly host?: readonly string[]
  readonly json?: string
}

const ENDINGS: Readonly<Record<FleetPlan['outcome'], Ending>> = {
  'up-to-date': 'nothing-to-do',
  'to-do': 'done',
  'in-part': 'refused',
  failed: 'bad-input',
}

export async function runFleetPlan(
  { index: given, listing = [], host = [], json }: FleetPlanArguments,
  console: Console,
  signal: AbortSignal,
): Promise<Finished> {
  if (listing.length + host.length === 0) throw usage('no host is named', 'give --listing FILE or --host HOST')
  const file = indexFile(given)
  checkOutputs([file, ...listing], [json])
  const index = readIndex(file)
  const hosts: (HostReport | UnaskedHost)[] = listing.map(name =>
    readListing(name, readText(name, 'the listing', 'utf8'), FORMS),
  )
  for (const name of host) {
    console.progress.step(`asking ${name}`)
    hosts.push(await ask(name, signal))
  }
  const plan = planHosts({ index, hosts, version: VERSION, today: today() })
  return { ending: endingOf(plan), text: fleetPlanText(withShownNames(plan), console.ink), json: plan }
}

function endingOf({ outcome, hosts }: FleetPlan): Ending {
  return hosts.some(({ error }) => error?.code === 'internal/bug') ? 'internal' : ENDINGS[outcome]
}

const FORMS: ListingForms = {
  ofJson: value => {
    const isList = v.is(SCHEMAS.operation, value) && 'payload' in value && value.command === 'list'
    if (!isList || value.outcome !== 'done' || value.payloads === undefined) return undefined
    return { buildId: value.runs ?? null, payloads: value.payloads }
  },
  ofXen: parseList,
}

/** What cannot be asked is told in its place: the others are planned all the same. */
export async function ask(name: string, signal: AbortSignal): Promise<HostReport | UnaskedHost> {
  if (name === 'rehearsal') throw usage('a rehearsal is no host of a fleet', 'name hosts that run')
  try {
    const opened = await openHost(name, { cacheFolder: cacheFolder(), signal })
    try {
      const { result, words, runs = null, payloads = [] } = await listPayloads(opened)
      const machine = (await opened.machine?.()) ?? null
      if (result >= 0) return { host: name, buildId: runs?.toLowerCase() ?? null, machine, payloads }
      throw new InputError(
        'fleet/not-listed',
        `${name} does not list its payloads: ${describeResult(result)} ${words.join('; ')}`,
      )
    } finally {
      await opened.close()
    }
  } catch (error) {
    if (signal.aborted) throw error
    return { host: name, error: reportedError(error) }
  }
}

const usage = (fact: string, hint: string) => new InputError('cli/usage', fact, hint)
