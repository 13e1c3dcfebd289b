/**
 * Runs the user's own command that says whether a host is well. It may print without end, start programs of its own, and never come
 * back: what it prints is kept to its last words, and all that it has started ends with it when its time is over.
 */
import { spawn } from 'node:child_process'
import { holdGroup } from '../system/undertaker.ts'

export interface Asked {
  readonly host: string
  readonly seconds: number
  readonly signal: AbortSignal
}

/** What is kept of what it prints, in bytes. */
const KEPT = 500
/** For its last words to arrive once it has ended; a program that it left behind may hold its output open for ever. */
const LAST_WORDS_MS = 1000

/** `words` are an argument list, `{host}` in any of them is the host; the exit code is the answer. */
export function askHealth(
  words: readonly string[],
  { host, seconds, signal }: Asked,
): Promise<{ readonly isRight: boolean; readonly text: string }> {
  const [program = '', ...rest] = words.map(word => word.replaceAll('{host}', () => host))
  return new Promise(resolve => {
    const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    const letGo = child.pid === undefined ? undefined : holdGroup(child.pid)
    const said = lastWords()
    let over: string | undefined
    const stop = (why: string) => {
      over ??= why
      if (child.pid !== undefined) killGroup(child.pid)
    }
    const interrupt = () => stop('it was interrupted')
    const timer = setTimeout(() => stop(`it did not end within ${seconds} s`), seconds * 1000)
    signal.addEventListener('abort', interrupt, { once: true })
    if (signal.aborted) interrupt()
    const answer = (isRight: boolean, text: string) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', interrupt)
      letGo?.()
      child.stdout?.destroy()
      child.stderr?.destroy()
      resolve({ isRight, text })
    }
    child.stdout?.on('data', said.hear)
    child.stderr?.on('data', said.hear)
    child.on('error', error => answer(false, error.message))
    child.on('exit', (code, killer) => {
      const end = over ?? (killer === null ? `it ended with ${code}` : `it was ended by ${killer}`)
      const tell = () => answer(code === 0 && over === undefined, said.after(end))
      const late = setTimeout(tell, LAST_WORDS_MS)
      child.on('close', () => {
        clearTimeout(late)
        tell()
      })
    })
  })
}

/** The end of a stream of any length. */
function lastWords() {
  let kept = Buffer.alloc(0)
  let heard = 0
  return {
    hear: (chunk: Buffer) => {
      heard += chunk.length
      // A copy: a part of the chunk would keep all of it.
      kept = Buffer.concat([kept, chunk.subarray(-KEPT)].map(each => Uint8Array.from(each))).subarray(-KEPT)
    },
    after: (end: string) => {
      // The first character may have been cut.
      const text = kept
        .toString('utf8')
        .replace(/^\uFFFD+/, '')
        .trim()
      if (text === '') return end
      return heard > kept.length ? `${end}: … (the last ${kept.length} of ${heard} bytes) ${text}` : `${end}: ${text}`
    },
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended already.
  }
}
