/** What `hotsplice fleet apply` does: asks all hosts, goes through them in waves, writes down what happens. */
import { createHash } from 'node:crypto'
import { dirname, join } from 'node:path'
import { InputError } from '../../base/errors.ts'
import { withShownNames } from '../../base/printable.ts'
import { planHosts } from '../../flows/fleet/plan-hosts.ts'
import { rollOut } from '../../flows/fleet/rollout.ts'
import type { RolloutWorld } from '../../flows/fleet/rollout-world.ts'
import { appendRecord, stateFile } from '../../hosts/audit.ts'
import { openHost } from '../../hosts/open-host.ts'
import { fleetPlanText } from '../../report/fleet-plan.ts'
import { type FleetRollout, fleetRolloutText, type RolloutEvent } from '../../report/fleet-rollout.ts'
import { askHealth } from '../../services/ask-health.ts'
import type { Finished } from '../attempt.ts'
import { cacheFolder } from '../cache-folder.ts'
import { type Console, checkOutputs } from '../console.ts'
import type { Ending } from '../exit-code.ts'
import { readInput } from '../files.ts'
import { indexFile, readIndex } from '../fleet-index-file.ts'
import { asRolloutHost } from '../rollout-host.ts'
import { today } from '../today.ts'
import { VERSION } from '../version.ts'
import { ask } from './fleet-plan-run.ts'

export interface FleetApplyArguments {
  readonly index: string
  readonly health: readonly string[]
  readonly host: readonly string[]
  readonly first: number
  readonly percent: number
  /** Seconds. */
  readonly healthTimeout: number
  readonly log?: string
  readonly despiteSeccomp?: boolean
  readonly dryRun?: boolean
  readonly json?: string
}

const ENDINGS: Readonly<Record<FleetRollout['outcome'], Ending>> = {
  done: 'done',
  'nothing-to-do': 'nothing-to-do',
  'in-part': 'refused',
  failed: 'refused',
  interrupted: 'interrupted',
  'dry-run': 'done',
}

export async function runFleetApply(
  request: FleetApplyArguments,
  console: Console,
  signal: AbortSignal,
): Promise<Finished> {
  const { index: given, host, first, percent, dryRun = false, json } = request
  const file = indexFile(given)
  checkOutputs([file], [json])
  const twice = host.find((name, at) => host.indexOf(name) < at)
  if (twice !== undefined) throw new InputError('cli/usage', `${twice} is named twice`, 'name each host once')
  const index = readIndex(file)
  const hosts = []
  for (const name of host) {
    console.progress.step(`asking ${name}`)
    hosts.push(await ask(name, signal))
  }
  const asked = { index, version: VERSION, today: today() }
  const plan = planHosts({ ...asked, hosts })
  const world = worldOf(request, dirname(file), { console, signal })
  const rolled = await rollOut({ ...asked, plans: plan.hosts, first, percent, dryRun }, world)
  const parts =
    dryRun || rolled.waves.length === 0 || rolled.outcome === 'failed' ? [planWords(rolled, plan, console)] : []
  const text = [...parts, fleetRolloutText(withShownNames(rolled), console.ink)].join('\n\n')
  // What is where is told also where the words of an interrupted command are all that comes.
  if (signal.aborted) console.note(text)
  return { ending: ENDINGS[rolled.outcome], text, json: rolled }
}

const planWords = ({ waves }: FleetRollout, plan: ReturnType<typeof planHosts>, { ink }: Console): string =>
  [
    fleetPlanText(withShownNames(plan), ink),
    ...withShownNames(waves).map((wave, at) => `wave ${at + 1}: ${wave.join(', ')}`),
  ].join('\n')

interface Around {
  readonly console: Console
  readonly signal: AbortSignal
}

function worldOf(request: FleetApplyArguments, folder: string, { console, signal }: Around): RolloutWorld {
  const { health, healthTimeout, log = stateFile('fleet.jsonl'), despiteSeccomp } = request
  let isWritten = false
  return {
    open: async name => asRolloutHost(name, await openHost(name, { cacheFolder: cacheFolder(), despiteSeccomp })),
    payload: ({ file, sha256 }) => payloadIn(folder, file, sha256),
    health: health.length === 0 ? undefined : host => askHealth(health, { host, seconds: healthTimeout, signal }),
    isAlarming: line => ALARMING.some(sign => sign.test(line)),
    log: event => {
      console.progress.step(stepWords(event))
      const trouble = appendRecord(log, event)
      // Nobody is touched without a log; one that breaks later must not leave a host half-way.
      if (trouble !== undefined && !isWritten)
        throw new InputError('fleet/no-log', `${log} cannot be written: ${trouble}`)
      if (trouble !== undefined) console.trouble(`${log} cannot be written: ${trouble}: ${JSON.stringify(event)}`)
      isWritten = true
    },
    signal,
  }
}

/** What Xen prints of itself when something is wrong: a crash, or a promise that was broken. */
const ALARMING = [/FATAL (TRAP|PAGE FAULT)/, /Xen (BUG|WARN) at /, /Assertion .* failed/, /Panic on CPU/]

const stepWords = (event: RolloutEvent): string =>
  'host' in event
    ? `${event.host}: ${'operation' in event ? `${event.operation} ${event.name}` : event.event}`
    : event.event

function payloadIn(folder: string, file: string | null, sha256: string | null): Uint8Array {
  const bytes = readInput(join(folder, file ?? ''), 'the payload')
  if (createHash('sha256').update(bytes).digest('hex') === sha256) return bytes
  throw new InputError(
    'fleet/damaged-payload',
    `${file} is not what the index says`,
    'run `hotsplice fleet build` again: it makes anew what is damaged',
  )
}
