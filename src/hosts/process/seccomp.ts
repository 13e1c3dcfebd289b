/**
 * Whether a process is under seccomp: a filter may end the program for a call that the agent makes, and what a filter
 * forbids cannot be seen from outside. Each thread has a filter of its own, and each thread calls something when it
 * stands.
 */
import { readdirSync, readFileSync } from 'node:fs'

export interface Filtered {
  readonly threads: number
  /** One of them. */
  readonly thread: number
  /** Strict mode: nothing but read, write and exit. */
  readonly strict: boolean
}

/** Undefined where no thread is. `tasks` is the folder with the threads' own folders. */
export function filteredThreads(tasks: string): Filtered | undefined {
  const found = threadsIn(tasks).flatMap(thread => {
    const mode = Number(/^Seccomp:\s*(\d+)/m.exec(statusOf(`${tasks}/${thread}`))?.[1] ?? 0)
    return mode === 0 ? [] : [{ thread: Number(thread), mode }]
  })
  const chosen = found.find(({ mode }) => mode === 1) ?? found[0]
  return chosen && { threads: found.length, thread: chosen.thread, strict: chosen.mode === 1 }
}

function threadsIn(tasks: string): readonly string[] {
  try {
    return readdirSync(tasks)
  } catch {
    return [] // The process has ended, which others tell.
  }
}

/** Empty for a thread that has ended meanwhile. */
function statusOf(folder: string): string {
  try {
    return readFileSync(`${folder}/status`, 'latin1')
  } catch {
    return ''
  }
}

/** Why nothing is sent; undefined where something may be. `despite` is the user's word that filters let the agent be. */
export function seccompRefusal(filtered: Filtered | undefined, despite: boolean): string | undefined {
  if (filtered === undefined || (despite && !filtered.strict)) return undefined
  const { threads, thread, strict } = filtered
  const who = threads === 1 ? `thread ${thread} is` : `${threads} threads are`
  if (strict)
    return `${who} under seccomp, thread ${thread} in strict mode, where a call of the agent’s ends the program`
  const fact = `${who} under a seccomp filter, which may end the program for a call of the agent’s`
  return `${fact}; if the filter lets them pass (docs/hosts.md has the list), say --despite-seccomp`
}
