/** What the mutation run and its worker say to each other. */
export interface Asked {
  /** Relative to the checkout. */
  readonly file: string
  /** What it holds instead. */
  readonly text: string
  readonly tests: readonly string[]
}

/** The first test that failed; null where all passed. */
export type Told = 'ready' | { readonly killedBy: string | null }
