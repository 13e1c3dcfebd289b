/**
 * For tables of cases that are of one kind, each with a compiler or a machine: every third in `make test`, the others in
 * the rest. Files that use it are in SAMPLED of vitest.config.ts.
 */
export function sampled<T>(cases: readonly T[]): readonly T[] {
  const isRest = process.env.HOTSPLICE_SAMPLED === 'rest'
  return cases.filter((_, at) => (at % 3 === 0) !== isRest)
}
