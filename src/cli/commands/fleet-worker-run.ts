/** What `hotsplice fleet worker` does: opens the store, finds the queue, and works until it is stopped. */
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { shownName } from '../../base/printable.ts'
import { serveFleet } from '../../flows/fleet/queue/serve.ts'
import { openStore } from '../../services/content-store.ts'
import { serveQueue } from '../../services/redis-queue/serve.ts'
import type { Finished } from '../attempt.ts'
import { cacheFolder } from '../cache-folder.ts'
import type { Console } from '../console.ts'
import { readInput, writeWhole } from '../files.ts'
import { queueAddress } from '../queue-address.ts'
import { VERSION } from '../version.ts'

export interface WorkerArguments {
  readonly queue: string
  readonly store: string
  readonly jobs: number
  readonly toolchain?: string
  readonly toolchainPath?: readonly string[]
  readonly inside?: boolean
  readonly place?: readonly string[]
  /** Seconds. */
  readonly lease: number
}

export async function runWorker(request: WorkerArguments, console: Console, signal: AbortSignal): Promise<Finished> {
  const { queue, jobs, toolchain = '', toolchainPath = [], inside = false, place = [], lease } = request
  const store = await openStore(request.store, { write: writeWhole, isMade: false })
  const name = `${hostname()}-${process.pid}-${randomBytes(3).toString('hex')}`
  const say = (text: string) => console.note(shownName(text))
  const nameOf = ({ base, fix }: { readonly base: string; readonly fix: string }) => `${base}/${fix}`
  await serveFleet(
    {
      version: VERSION,
      name,
      toolchain,
      toolchainPath,
      isInside: inside,
      places: place.map(path => resolve(path)),
      jobs,
      signal,
    },
    {
      store,
      cacheFolder: cacheFolder(),
      readFile: path => readInput(path, 'the file'),
      watch: {
        began: cell => say(`${nameOf(cell)}: building`),
        ended: ({ cell }, how) => say(`${nameOf(cell)}: ${how}`),
      },
      serve: serving => {
        const kind = toolchain === '' ? '' : `, toolchain "${toolchain}"`
        const ready = () => say(`${name} takes jobs: hotsplice ${VERSION}, store ${store.path}${kind}`)
        return serveQueue(queueAddress(queue), { ...serving, leaseMs: lease * 1_000, signal, ready, note: say })
      },
    },
  )
  return { ending: 'interrupted', text: '' }
}
