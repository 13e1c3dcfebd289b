/**
 * For tables of cases that are of one kind, each with a compiler or a machine: every tenth in `make test`, the others in
 * the rest. Files that use it are in SAMPLED of vitest.config.ts.
 */
const EVERY = 10
const isRest = process.env.HOTSPLICE_SAMPLED === 'rest'

export function sampled<T>(cases: readonly T[]): readonly T[] {
  return cases.filter((_, at) => (at % EVERY === 0) !== isRest)
}

/** How often the same is done: `few` times in `make test`, `many` in the rest. */
export function times(few: number, many: number): number {
  return isRest ? many : few
}
