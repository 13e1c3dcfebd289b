/** Milliseconds by stage, in the order in which the stages ran. */
export type Timings = Readonly<Record<string, number>>

/** Takes the time of stages. */
export class Stopwatch {
  readonly #timings: Record<string, number>

  constructor(before: Timings) {
    this.#timings = { ...before }
  }

  get timings(): Timings {
    return { ...this.#timings }
  }

  async time<T>(stage: string, run: () => Promise<T>): Promise<T> {
    const start = performance.now()
    try {
      return await run()
    } finally {
      this.#add(stage, start)
    }
  }

  timeSync<T>(stage: string, run: () => T): T {
    const start = performance.now()
    try {
      return run()
    } finally {
      this.#add(stage, start)
    }
  }

  #add(stage: string, start: number): void {
    this.#timings[stage] = (this.#timings[stage] ?? 0) + performance.now() - start
  }
}
