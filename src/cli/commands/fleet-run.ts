/** What `hotsplice fleet build` does: reads the file, has the folder for itself, runs the jobs, shows the matrix. */
import { basename } from 'node:path'
import { InputError } from '../../base/errors.ts'
import { withShownNames } from '../../base/printable.ts'
import { checkApart } from '../../flows/fleet/check-apart.ts'
import { buildFleet, type FleetResult, type PoolMaker } from '../../flows/fleet/fleet.ts'
import type { CellName } from '../../flows/fleet/job.ts'
import type { Fleet } from '../../flows/fleet/model.ts'
import { readFleet } from '../../flows/fleet/read-fleet.ts'
import type { FleetWorld, PlannedCell, RehearsalRequest } from '../../flows/fleet/world.ts'
import type { FleetIndex } from '../../report/fleet-index.ts'
import { fleetText } from '../../report/fleet-text.ts'
import { type FleetResults, openFleetFolder, viewFleetFolder } from '../../services/fleet-folder.ts'
import type { Finished } from '../attempt.ts'
import { cacheFolder } from '../cache-folder.ts'
import { type Console, checkOutputs } from '../console.ts'
import type { Ending } from '../exit-code.ts'
import { readInput, readText, writeWhole } from '../files.ts'
import { cellChoice } from '../fleet-cells.ts'
import { type FleetDisplay, fleetDisplay } from '../fleet-display.ts'
import { cellPage, checkPage, fleetInput, writePage } from '../page-file.ts'
import { queueAddress } from '../queue-address.ts'
import { today } from '../today.ts'
import { VERSION } from '../version.ts'

export interface FleetArguments {
  readonly file: string
  readonly output?: string
  readonly only?: readonly string[]
  readonly jobs: number
  readonly dryRun?: boolean
  readonly prune?: boolean
  readonly json?: string
  readonly html?: string
  readonly queue?: string
  readonly store?: string
  readonly checkEvery: number
  readonly send?: boolean
}

export async function runFleet(request: FleetArguments, console: Console, signal: AbortSignal): Promise<Finished> {
  const { file, only, jobs, json, html, dryRun = false } = request
  checkOutputs([file], [json, html])
  checkPage(html)
  if (request.prune === true && (only !== undefined || dryRun)) {
    throw new InputError(
      'cli/usage',
      '--prune needs a run of the whole fleet: it keeps what that has asked for',
      'leave out --only and --dry-run',
    )
  }
  const fleet = readFleet(readText(file, 'the fleet’s file', 'utf8'), file)
  const isWanted = cellChoice(only, cellsOf(fleet))
  const output = request.output ?? `${basename(file).replace(/\.(?:ya?ml|json)$/, '')}.built`
  checkApart(fleet, { output, cache: cacheFolder(), store: request.store })
  const folder = dryRun ? viewFleetFolder(output) : openFleetFolder(output, writeWhole)
  const display = fleetDisplay(console.progressOutput)
  try {
    const result = await buildFleet(
      { fleet, version: VERSION, today: today(), isWanted, dryRun, jobs, signal },
      worldOf(folder, display),
      dryRun ? undefined : await poolFor(request, display),
    )
    display.end()
    if (request.prune === true) console.note(`${folder.prune()} files of earlier runs taken away`)
    const also = () => {
      if (html !== undefined) writePage(html, { builds: [], fleet: fleetInput(html, result.index, folder.path) })
    }
    return { ...shown(result, { dryRun, output, console }), json: result.index, also }
  } finally {
    display.end()
    folder.release()
  }
}

/** What serves a queue is only loaded where there is one. */
async function poolFor(request: FleetArguments, display: FleetDisplay): Promise<PoolMaker | undefined> {
  const { queue: url, store: storeFolder, checkEvery, send = false } = request
  if (url === undefined && storeFolder === undefined) return undefined
  if (url === undefined || storeFolder === undefined) {
    throw new InputError(
      'cli/usage',
      '--queue and --store go together: workers take jobs from the one, and leave results in the other',
    )
  }
  const { queuePool } = await import('../../flows/fleet/queue/pool.ts')
  const { openStore } = await import('../../services/content-store.ts')
  const { openQueue } = await import('../../services/redis-queue/queue.ts')
  const store = await openStore(storeFolder, { write: writeWhole, isMade: true })
  const queue = await openQueue(queueAddress(url), { lookMs: LOOK_MS, note: display.note })
  return world => queuePool({ ...world, queue, store, checkEvery, isSending: send, note: display.note })
}

/** Where nothing is heard of a job, the queue is asked now and then. */
const LOOK_MS = 1_000

const cellsOf = ({ bases, fixes }: Fleet): readonly CellName[] =>
  bases.flatMap(({ name: base }) => fixes.map(({ name: fix }) => ({ base, fix })))

function worldOf(folder: FleetResults, watch: FleetWorld['watch']): Omit<FleetWorld, 'run'> {
  return {
    readFile: path => readInput(path, 'the file'),
    folder,
    rehearse,
    page: ({ report, rehearsal }) => cellPage(textOf(report), rehearsal === undefined ? undefined : textOf(rehearsal)),
    cacheFolder: cacheFolder(),
    watch,
  }
}

/** As `hotsplice rehearse` does it. */
async function rehearse({ script, ...rest }: RehearsalRequest) {
  const { rehearse: onMachine } = await import('../../hosts/rehearsal/index.ts')
  return onMachine({ ...rest, ...(script === undefined ? {} : { script }), cacheFolder: cacheFolder() })
}

const textOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')

interface About {
  readonly dryRun: boolean
  readonly output: string
  readonly console: Console
}

function shown({ index, planned }: FleetResult, { dryRun, output, console }: About): Pick<Finished, 'ending' | 'text'> {
  if (dryRun) return { ending: 'done', text: withShownNames(planned.map(planLine)).join('\n') }
  const text = `${fleetText(withShownNames(index), console.ink)}; all of it is in ${output}`
  return { ending: endingOf(index), text }
}

const planLine = ({ base, fix, todo, why }: PlannedCell) =>
  `${base}/${fix}: ${todo === 'nothing' ? 'as before' : todo}: ${why}`

const ENDINGS: Readonly<Record<FleetIndex['outcome'], Ending>> = {
  'as-expected': 'done',
  'nothing-to-do': 'nothing-to-do',
  'not-as-expected': 'refused',
  failed: 'bad-input',
  'not-done': 'interrupted',
}

function endingOf({ outcome, cells }: FleetIndex): Ending {
  return cells.some(({ error }) => error?.code === 'internal/bug') ? 'internal' : ENDINGS[outcome]
}
