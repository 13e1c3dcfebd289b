/** A drawn program that runs, with the agent in it. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'

/** It ended, or says nothing any more. */
export class Died extends Error {}

const PATIENCE_MS = 60_000

export class RunningProgram {
  readonly pid: number
  readonly #child: ChildProcessWithoutNullStreams
  readonly #patienceMs: number
  #text = ''
  #ended = false
  #wake: () => void = () => undefined

  constructor(program: string, agent: string, patienceMs = PATIENCE_MS) {
    this.#patienceMs = patienceMs
    this.#child = spawn(program, { env: { ...process.env, LD_PRELOAD: agent } })
    this.pid = this.#child.pid ?? 0
    this.#child.stdout.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString('latin1')
      this.#wake()
    })
    this.#child.stdin.on('error', () => undefined)
    this.#child.on('exit', () => {
      this.#ended = true
      this.#wake()
    })
  }

  /** Asks all, and gives an answer for each. */
  async ask(numbers: readonly string[]): Promise<readonly string[]> {
    this.#child.stdin.write(`${numbers.join('\n')}\n`)
    return this.#answers(numbers.length)
  }

  /** Its word that it has begun. */
  begin(): Promise<readonly string[]> {
    return this.#answers(1)
  }

  stop(): void {
    this.#child.kill('SIGKILL')
  }

  async #answers(count: number): Promise<readonly string[]> {
    const timer = setTimeout(() => this.stop(), this.#patienceMs)
    try {
      for (;;) {
        const parts = answersIn(this.#text)
        if (parts.length >= count) {
          this.#text = ''
          return parts
        }
        if (this.#ended) {
          const { signalCode, exitCode } = this.#child
          throw new Died(`after ${parts.length} of ${count} answers it ended with ${signalCode ?? exitCode}`)
        }
        await new Promise<void>(resolve => {
          this.#wake = resolve
        })
      }
    } finally {
      clearTimeout(timer)
    }
  }
}

/** Each ends with a line that has `=` alone. Compilers spell the name of a header each in its own way. */
export const answersIn = (text: string): readonly string[] =>
  text
    .replace(/^complaint \.\//gm, 'complaint ')
    .split(/^=\n/m)
    .slice(0, -1)
