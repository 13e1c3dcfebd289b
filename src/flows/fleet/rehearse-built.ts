/** A payload tried on the hypervisor that it is for, and what is kept of that. Only a rehearsal that passed is not done again. */
import { toJson } from '../../report/json.ts'
import type { RehearsalView } from '../../report/page/model.ts'
import { checkGiven, digestOf, type ReadBase, readNamed, toText } from './inputs.ts'
import type { BuiltJob, FleetJob, JobDone } from './job.ts'
import { type KeptRehearsal, recalledRehearsal } from './kept.ts'
import type { FleetWorld } from './world.ts'

/** Undefined where nothing is to be tried. */
export function rehearsalKey({ rehearsal }: ReadBase, done: JobDone): string | undefined {
  if (rehearsal === undefined || done.kind !== 'done' || done.built.payload === null) return undefined
  return digestOf(toText({ rehearsal: 1, of: rehearsal, payload: done.built.payload.sha256 }))
}

/** The result of the rehearsal that the base asks for; undefined where it asks for none. */
export async function rehearseBuilt(
  read: ReadBase,
  job: FleetJob,
  built: BuiltJob,
  world: FleetWorld,
): Promise<KeptRehearsal | undefined> {
  const key = rehearsalKey(read, { kind: 'done', built })
  const { rehearsal, on } = read.base
  const bytes = built.payload === null ? undefined : world.folder.get(built.payload)
  if (key === undefined || rehearsal === undefined || bytes === undefined) return undefined
  const known = recalledRehearsal(key, world.folder)
  if (known !== undefined) return known
  world.watch.began(job.cell, 'rehearsing')
  const below = on.map(file => ({ name: file.name, bytes: readNamed(file, 'the payload', world) }))
  const script = rehearsal.script && Buffer.from(readNamed(rehearsal.script, 'the script', world)).toString('utf8')
  const { signal, pool } = world.run
  // A machine keeps a processor busy, as a compiler does.
  const result = await pool.use({ signal }, () =>
    world.rehearse({
      hypervisor: rehearsal.hypervisor.path,
      payloads: [...below, { name: job.options.output, bytes }],
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

function keep(key: string, result: RehearsalView, { folder }: FleetWorld): KeptRehearsal {
  const log = { ...folder.put(Buffer.from(toJson(result), 'utf8'), '.json'), outcome: result.outcome }
  if (result.outcome === 'passed') folder.keep(key, log)
  return log
}
