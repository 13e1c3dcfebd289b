/**
 * What a job is made from, for machines that do not see the same folders: sent into the store by the run that asks, and put by
 * workers where the job names it. It lies at the same place everywhere, for places are part of what is built.
 */
import * as v from 'valibot'
import { InputError } from '../../../base/errors.ts'
import { isInside, isThere, packFolder, placedTree, placeFile, placeFolder } from '../../../trees/index.ts'
import { digestOf, toText } from '../inputs.ts'
import type { FleetJob } from '../job.ts'
import type { FleetWorld } from '../world.ts'
import type { ContentStore } from './model.ts'

const sent = v.array(v.object({ path: v.string(), list: v.string() }))

const foldersOf = ({ base: { tree, buildDir } }: FleetJob): readonly string[] => [
  tree,
  ...(buildDir === undefined || isInside(tree, buildDir) ? [] : [buildDir]),
]

/** By which workers find the lists of a tree's folders. */
const keyOf = (job: FleetJob): string => digestOf(toText({ tree: job.tree, folders: foldersOf(job) }))

/** Sends each tree and file once. */
export function inputSender(store: ContentStore, readFile: FleetWorld['readFile']): (job: FleetJob) => Promise<void> {
  const begun = new Map<string, Promise<void>>()
  const once = (name: string, send: () => Promise<void>) => {
    const known = begun.get(name) ?? send()
    begun.set(name, known)
    return known
  }
  const sendTree = async (job: FleetJob) => {
    const lists: v.InferOutput<typeof sent> = []
    for (const path of foldersOf(job)) {
      const list = await packFolder(path, content => store.put(content))
      lists.push({ path, list: await store.put(Buffer.from(list, 'utf8')) })
    }
    await store.add(keyOf(job), await store.put(Buffer.from(toText(lists), 'utf8')))
  }
  return async job => {
    await once(keyOf(job), () => sendTree(job))
    for (const [path, digest] of job.given)
      await once(`${path} ${digest}`, async () => void (await store.put(readFile(path))))
  }
}

/**
 * Puts there what this machine lacks, below one of `places` and nowhere else. What is there and was not put there is left alone:
 * whether it is what the job names is asked before it is built on. Throws `InputError` where the store has it not.
 */
export async function bringInputs(job: FleetJob, places: readonly string[], store: ContentStore): Promise<void> {
  const mayPlace = (path: string) => places.some(place => isInside(place, path))
  const lacks = foldersOf(job).filter(path => {
    const placed = placedTree(path)
    return mayPlace(path) && (placed === undefined ? !isThere(path) : placed !== job.tree)
  })
  if (lacks.length > 0) {
    const lists = await listsOf(job, store)
    for (const { path, list } of lists.filter(each => lacks.includes(each.path))) {
      const bytes = await store.get(list)
      if (bytes === undefined) throw missing(path)
      await placeFolder({ list: bytes, path, tree: job.tree, get: store.get })
    }
  }
  for (const [path, digest] of job.given) {
    if (isThere(path) || !mayPlace(path)) continue
    const content = await store.get(digest)
    if (content === undefined) throw missing(path)
    placeFile(path, content)
  }
}

async function listsOf(job: FleetJob, store: ContentStore): Promise<v.InferOutput<typeof sent>> {
  const [first] = [...(await store.under(keyOf(job)))].sort()
  const bytes = first === undefined ? undefined : await store.get(first)
  if (bytes === undefined) throw missing(job.base.tree)
  return v.parse(sent, JSON.parse(Buffer.from(bytes).toString('utf8')))
}

function missing(path: string): InputError {
  return new InputError(
    'fleet/not-in-store',
    `${path} is not on this machine, and the store does not have it`,
    'let `fleet build` send it (--send), or let all machines see the same folders',
  )
}
