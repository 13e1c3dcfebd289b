/** Positions along runs of lines that two texts have in common (`LineRun`). */
import type { LineRun } from './model.ts'

/** What is opposite of a number in runs; several where lines were joined, none where the other text has no such line. */
export function forward(runs: readonly LineRun[], line: number): readonly number[] {
  return runs.flatMap(([from, to, count]) => (line >= from && line < from + count ? [to + line - from] : []))
}

export function backward(runs: readonly LineRun[], line: number): readonly number[] {
  return runs.flatMap(([from, to, count]) => (line >= to && line < to + count ? [from + line - to] : []))
}
