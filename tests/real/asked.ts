/** A real program that runs: asked by lines, or over four connections in turn. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Died, RunningProgram } from '../judge/running.ts'
import type { RealProgram } from './programs.ts'

export interface Asked {
  readonly pid: number
  readonly ask: (requests: readonly string[]) => Promise<readonly string[]>
  readonly stop: () => void
}

export interface Start {
  readonly program: string
  readonly agent: string
  /** A place for a socket. */
  readonly folder: string
  readonly patienceMs: number
}

export async function startAsked({ asked, words }: RealProgram, start: Start): Promise<Asked> {
  if (asked === 'connections') return startConnected(words, start)
  const running = new RunningProgram(start.program, start.agent, start.patienceMs)
  await running.begin()
  return { pid: running.pid, ask: requests => running.ask(requests), stop: () => running.stop() }
}

const CONNECTIONS = 4
/** Asks for nothing, and is answered by a line: what went before is answered. */
const NOTHING = 'mn\r\n'

async function startConnected(words: readonly string[], { program, agent, folder, patienceMs }: Start): Promise<Asked> {
  const path = `${folder}/socket`
  rmSync(path, { force: true })
  const child = spawn(program, [...words, path], { env: { ...process.env, LD_PRELOAD: agent }, stdio: 'ignore' })
  for (let wait = 0; wait < 200 && !existsSync(path); wait++) await sleep(25)
  const lines: Line[] = []
  for (let number = 0; number < CONNECTIONS; number++) lines.push(new Line(path, child, patienceMs))
  const ask = async (requests: readonly string[]) => {
    const answers: string[] = []
    for (const [at, request] of requests.entries()) answers.push((await lines[at % CONNECTIONS]?.ask(request)) ?? '')
    return answers
  }
  const stop = () => {
    for (const line of lines) line.close()
    child.kill('SIGKILL')
  }
  return { pid: child.pid ?? 0, ask, stop }
}

class Line {
  readonly #socket: Socket
  readonly #child: ChildProcess
  readonly #patienceMs: number
  #text = ''
  #isClosed = false
  #wake: () => void = () => undefined

  constructor(path: string, child: ChildProcess, patienceMs: number) {
    this.#child = child
    this.#patienceMs = patienceMs
    this.#socket = connect(path)
    this.#socket.on('data', chunk => {
      this.#text += chunk.toString('latin1')
      this.#wake()
    })
    for (const event of ['close', 'error']) {
      this.#socket.on(event, () => {
        this.#isClosed = true
        this.#wake()
      })
    }
  }

  async ask(request: string): Promise<string> {
    this.#socket.write(`${request}\r\n${NOTHING}`)
    const timer = setTimeout(() => this.close(), this.#patienceMs)
    try {
      while (!/(^|\n)MN\r\n$/.test(this.#text)) {
        if (this.#isClosed) throw new Died(`no answer to ${request}: ${this.#child.signalCode ?? this.#child.exitCode}`)
        await new Promise<void>(resolve => {
          this.#wake = resolve
        })
      }
    } finally {
      clearTimeout(timer)
    }
    const answer = this.#text
    this.#text = ''
    return answer
  }

  close(): void {
    this.#socket.destroy()
  }
}
