/** Calls of the system that runs on a machine, each with the time that it may take. */
import { type Answer, type Machine, MachineLost } from './machine.ts'
import type { Argument } from './record.ts'

/** Limits on waiting, in milliseconds of the host. */
export interface SessionLimits {
  readonly boot: number
  /** For one request; the machine counts as hung beyond that. */
  readonly request: number
  /** When everything must be over, as performance.now() tells the time. */
  readonly deadline?: number | undefined
}

export class Caller {
  readonly machine: Machine
  readonly #limits: SessionLimits

  constructor(machine: Machine, limits: SessionLimits) {
    this.machine = machine
    this.#limits = limits
  }

  call(number: bigint, args: readonly Argument[]): Promise<Answer> {
    return this.machine.ask({ kind: 'hypercall', number, args }, this.#patience(0))
  }

  async nap(milliseconds: number): Promise<void> {
    const nanoseconds = BigInt(Math.round(milliseconds * 1e6))
    await this.machine.ask({ kind: 'nap', nanoseconds }, this.#patience(milliseconds))
  }

  /** How long the next request may take when it takes `meant` milliseconds by design. */
  #patience(meant: number): number {
    const { request, deadline = Number.POSITIVE_INFINITY } = this.#limits
    const left = deadline - performance.now()
    if (left > 0) return Math.min(request + meant, left)
    const lines = this.machine.console.last(20)
    throw new MachineLost({ kind: 'hung', sign: 'the time for all operations is over', lines })
  }
}
