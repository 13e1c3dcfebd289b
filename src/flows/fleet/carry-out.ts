/** One job, carried out in this process: opens its base, which later jobs share, builds, and puts what it made into the folder. */
import { InputError, InternalError } from '../../base/errors.ts'
import { inspectPayload } from '../../loaders/inspect.ts'
import { reportedError } from '../../report/error-report.ts'
import { toJson } from '../../report/json.ts'
import type { ReportedError, RunReport } from '../../report/model.ts'
import { type Base, openBase, surroundingsOf, treeDigest } from '../../trees/index.ts'
import { buildOne } from '../hotpatch/build-one.ts'
import { fitting, type Stack } from '../hotpatch/check-stack.ts'
import { changedMeanwhile, checkGiven, toText } from './inputs.ts'
import type { FleetJob, JobDone, JobStack, StackedFile } from './job.ts'
import type { FleetWorld } from './world.ts'

interface Shop extends Pick<FleetWorld, 'run' | 'cacheFolder' | 'readFile'> {
  readonly folder: Pick<FleetWorld['folder'], 'put'>
  readonly watch: Pick<FleetWorld['watch'], 'began'>
}

/** Jobs come base by base: so many stay open, each some hundred megabytes. */
const MOST_OPEN = 2

/** The patch is not one of this tree. */
const NOT_OF_THIS_TREE: ReadonlySet<string> = new Set([
  'source/hunk-failed',
  'source/no-such-file',
  'source/not-a-file',
  'source/not-a-folder',
])

export function carrier(shop: Shop): (job: FleetJob) => Promise<JobDone> {
  const open = new Map<string, Promise<Base>>()
  const baseOf = (job: FleetJob): Promise<Base> => {
    const name = toText([job.base, job.tree])
    const known = open.get(name) ?? openFor(job, shop)
    open.delete(name)
    open.set(name, known)
    for (const other of [...open.keys()].slice(0, -MOST_OPEN)) open.delete(other)
    return known
  }
  return async job => {
    shop.run.signal?.throwIfAborted()
    shop.watch.began(job.cell, 'building')
    try {
      const built = await buildOn(await baseOf(job), job, shop)
      // Whatever changed while it was built may be in it, under the name of what was there before.
      await checkAsNamed(job, shop)
      return { kind: 'done', built }
    } catch (error) {
      if (shop.run.signal?.aborted === true) throw error
      return await notBuilt(reportedError(error), job, shop)
    }
  }
}

async function notBuilt(error: ReportedError, job: FleetJob, shop: Shop): Promise<JobDone> {
  if (!NOT_OF_THIS_TREE.has(error.code)) return { kind: 'error', error }
  try {
    await checkAsNamed(job, shop)
    return { kind: 'does-not-apply', error }
  } catch (changed) {
    if (shop.run.signal?.aborted === true) throw changed
    return { kind: 'error', error: reportedError(changed) }
  }
}

async function openFor(job: FleetJob, shop: Shop): Promise<Base> {
  const { run, cacheFolder } = shop
  const base = await openBase({ ...job.base, cacheFolder }, run)
  // What was read in between is of the tree that the job names, or of none.
  await checkAsNamed(job, shop)
  return base
}

/** Throws where the tree, or a file that the base names, is not what the job's key was made of. */
async function checkAsNamed({ base, tree, given }: FleetJob, shop: Shop): Promise<void> {
  checkGiven(given, shop)
  if ((await treeDigest(base, shop.run.signal)) !== tree) throw changedMeanwhile(`the tree ${base.tree}`)
}

async function buildOn(base: Base, job: FleetJob, { folder, run, cacheFolder, readFile }: Shop) {
  const result = await buildOne(base, { ...job.options, patches: job.patches }, run)
  const { debugFile } = result
  const stack = bytesOf(job.stack, readFile)
  checkDepends(result.report, stack)
  const { report, payload } = fitting(result, stack)
  const { outcome, refusals, functions, payload: described } = report
  if (outcome !== 'built' && outcome !== 'refused' && outcome !== 'nothing-to-do')
    throw new InternalError(`a build of ${job.cell.fix} for ${job.cell.base} ended as ${outcome}`)
  const steady = withoutClocks(report)
  return {
    outcome,
    refusals: refusals.map(({ code, symbol, text }) => ({ code, symbol, text })),
    functions: functions.filter(({ included }) => included).length,
    buildId: report.base?.buildId ?? null,
    report: folder.put(Buffer.from(toJson(steady), 'utf8'), '.json'),
    payload:
      payload === undefined || described === null
        ? null
        : {
            ...folder.put(payload, endingOf(job.options.output)),
            buildId: described.buildId,
            runs: report.base?.buildId ?? null,
            depends: report.base?.depends ?? null,
          },
    debugFile: payload === undefined || debugFile === undefined ? null : folder.put(debugFile, '.debug'),
    surroundings: await surroundingsOf(base, { ...job.base, cacheFolder }, run.signal),
  }
}

/** As `fitting` takes it. */
function bytesOf({ below, replaced, loses }: JobStack, readFile: Shop['readFile']): Stack {
  const read = (file: StackedFile) => ({ ...file, bytes: readFile(file.path) })
  return { below: below.map(read), replaced: replaced?.map(read), loses }
}

function checkDepends({ outcome, base }: RunReport, { below }: Stack): void {
  const top = below.at(-1)
  const depends = base?.depends ?? null
  if (outcome !== 'built' || top === undefined || inspectPayload(top.bytes).buildId === depends) return
  throw new InputError(
    'fleet/other-below',
    `the payload depends on ${depends ?? 'nothing'}, and is to go upon ${top.name}`,
    'leave `depends` out where `on` says what is applied',
  )
}

const endingOf = (name: string): string => name.slice(name.lastIndexOf('.'))

/** The same build gives the same report, however long it took and whatever was known already. */
function withoutClocks(report: RunReport): RunReport {
  return { ...report, units: report.units.map(unit => ({ ...unit, cached: false, compileTime: 0 })), timings: {} }
}
