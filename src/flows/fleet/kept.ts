/** What earlier runs found out, read back: only what is there whole, and is still true. */
import * as v from 'valibot'
import type { StoredFile } from '../../base/stored-file.ts'
import { storedFile, storedPayload, storedRehearsal } from '../../report/fleet-index.ts'
import { reportedError } from '../../report/schema.ts'
import { changedSince } from '../../trees/index.ts'
import type { BuiltJob, FleetJob, JobDone } from './job.ts'
import type { FleetWorld } from './world.ts'

const text = v.string()

const surroundings = v.object({
  files: v.array(v.tuple([text, text])),
  folders: v.array(v.tuple([text, text])),
  compilers: v.array(v.object({ name: text, folder: text, key: text })),
})

export const jobDone: v.GenericSchema<JobDone> = v.variant('kind', [
  v.object({
    kind: v.literal('done'),
    built: v.object({
      outcome: v.picklist(['built', 'nothing-to-do', 'refused']),
      refusals: v.array(v.object({ code: text, symbol: text, text })),
      functions: v.number(),
      buildId: v.nullable(text),
      report: storedFile,
      payload: v.nullable(storedPayload),
      debugFile: v.nullable(storedFile),
      surroundings,
    }),
  }),
  v.object({ kind: v.literal('does-not-apply'), error: reportedError }),
])

export type Recalled =
  | { readonly done: JobDone; readonly why?: undefined }
  /** Why what is there is of no use, where there is something. */
  | { readonly done?: undefined; readonly why: string | undefined }

export async function recalledJob(
  job: FleetJob,
  { folder, cacheFolder, run }: Pick<FleetWorld, 'folder' | 'cacheFolder' | 'run'>,
): Promise<Recalled> {
  const found = v.safeParse(jobDone, folder.recall(job.key))
  if (!found.success) return { why: undefined }
  const done = found.output
  if (done.kind !== 'done') return { done }
  const { surroundings: around } = done.built
  const lost = filesOfBuilt(done.built).find(file => folder.get(file) === undefined)
  if (lost !== undefined) return { why: `${lost.file} is damaged or gone` }
  const changed = await changedSince(around, { ...job.base, cacheFolder }, run.signal)
  return changed === undefined ? { done } : { why: `${changed} changed, which was read` }
}

export const filesOfBuilt = ({ report, payload, debugFile }: BuiltJob): readonly StoredFile[] =>
  [report, payload, debugFile].filter(file => file !== null)

export type KeptRehearsal = v.InferOutput<typeof storedRehearsal>

export function recalledRehearsal(key: string, folder: FleetWorld['folder']): KeptRehearsal | undefined {
  return whole(v.safeParse(storedRehearsal, folder.recall(key)), folder)
}

export function recalledPage(key: string, folder: FleetWorld['folder']): StoredFile | undefined {
  return whole(v.safeParse(storedFile, folder.recall(key)), folder)
}

function whole<Found extends StoredFile>(
  found: { readonly success: true; readonly output: Found } | { readonly success: false },
  folder: FleetWorld['folder'],
): Found | undefined {
  return found.success && folder.get(found.output) !== undefined ? found.output : undefined
}
