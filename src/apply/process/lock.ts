/**
 * Keeps two tools apart: an abstract socket named after the process. The kernel gives it to one, and takes it back when
 * that one ends, however it ends; so no lock is ever left behind. It reaches as far as the network namespace.
 */
import { createServer, type Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ProcessIdentity } from './proc.ts'

export interface Lock {
  release(): Promise<void>
}

const RETRY_MS = 5

/** Undefined when another tool held it all the time. */
export async function takeLock({ pid, started }: ProcessIdentity, patienceMs: number): Promise<Lock | undefined> {
  const end = performance.now() + patienceMs
  for (;;) {
    const server = await listen(`\0hotsplice-${pid}-${started}`)
    if (server !== undefined) return { release: () => new Promise(done => server.close(() => done())) }
    if (performance.now() >= end) return undefined
    await sleep(RETRY_MS)
  }
}

function listen(path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer(socket => socket.destroy())
    server.on('error', error => ('code' in error && error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error)))
    server.listen({ path }, () => {
      server.unref()
      resolve(server)
    })
  })
}
