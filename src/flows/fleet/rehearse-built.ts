/** A payload tried on the hypervisor that it is for, and what is kept of that. Only a rehearsal that passed is not done again. */
import { InputError } from '../../base/errors.ts'
import { toJson } from '../../report/json.ts'
import type { RehearsalView } from '../../report/page/model.ts'
import { checkGiven, digestOf, type ReadBase, readNamed, toText } from './inputs.ts'
import type { BuiltJob, FleetJob, JobDone } from './job.ts'
import { payloadFile } from './job-of.ts'
import { type KeptRehearsal, recalledRehearsal } from './kept.ts'
import type { CellParts } from './planned.ts'
import { sequenceScript } from './sequence-script.ts'
import type { FleetWorld } from './world.ts'

/** Undefined where nothing is to be tried. */
export function rehearsalKey(
  { rehearsal }: ReadBase,
  { below, replaced }: Pick<CellParts, 'below' | 'replaced'>,
  done: JobDone,
): string | undefined {
  if (rehearsal === undefined || done.kind !== 'done' || done.built.payload === null) return undefined
  const others = [...below, ...replaced].map(({ fix, payload }) => [fix, payload.sha256])
  return digestOf(toText({ rehearsal: 2, of: rehearsal, payload: done.built.payload.sha256, others }))
}

interface Tried {
  readonly read: ReadBase
  readonly job: FleetJob
  readonly parts: CellParts
}

/** The result of the rehearsal that the base asks for; undefined where it asks for none. */
export async function rehearseBuilt(
  { read, job, parts }: Tried,
  built: BuiltJob,
  world: FleetWorld,
): Promise<KeptRehearsal | undefined> {
  const key = rehearsalKey(read, parts, { kind: 'done', built })
  const { rehearsal } = read.base
  const bytes = built.payload === null ? undefined : world.folder.get(built.payload)
  if (key === undefined || rehearsal === undefined || bytes === undefined) return undefined
  const known = recalledRehearsal(key, world.folder)
  if (known !== undefined) return known
  world.watch.began(job.cell, 'rehearsing')
  const own = rehearsal.script && Buffer.from(readNamed(rehearsal.script, 'the script', world)).toString('utf8')
  const script = own ?? sequenceScript(job.cell.fix, parts.replaced)
  const { signal, pool } = world.run
  // A machine keeps a processor busy, as a compiler does.
  const result = await pool.use({ signal }, () =>
    world.rehearse({
      hypervisor: rehearsal.hypervisor.path,
      payloads: [...others(read, parts, world), { name: job.options.output, bytes }],
      script,
      cpus: rehearsal.cpus,
      timeoutMs: rehearsal.timeoutMs,
      signal,
    }),
  )
  // What was tried meanwhile on another hypervisor is not known of this one.
  checkGiven(read.given, world)
  return keep(key, result, world)
}

/** What is there before: the lowest first. */
function others({ base }: ReadBase, { below, replaced }: CellParts, world: FleetWorld) {
  const applied = base.on.map(({ payload }) => ({
    name: payload.name,
    bytes: readNamed(payload, 'the payload', world),
  }))
  const ours = [...below, ...replaced].map(({ fix, payload, path }) => {
    const bytes = world.folder.get(payload)
    if (bytes === undefined) throw new InputError('fleet/tree-changed', `${path} changed after this run had begun`)
    return { name: payloadFile(fix, base), bytes }
  })
  return [...applied, ...ours]
}

function keep(key: string, result: RehearsalView, { folder }: FleetWorld): KeptRehearsal {
  const log = { ...folder.put(Buffer.from(toJson(result), 'utf8'), '.json'), outcome: result.outcome }
  if (result.outcome === 'passed') folder.keep(key, log)
  return log
}
