/** Two versions of a function's instructions, beside each other. */
import { diffArrays } from 'diff'
import type { ListedCode, Listing } from '../src/report/model.ts'

type Instruction = ListedCode['instructions'][number]

export interface AlignedRow {
  readonly original: Instruction | undefined
  readonly patched: Instruction | undefined
  /** Whether they say something else; distances within the function do not count. */
  readonly differs: boolean
}

/** Beyond so many differences nobody looks for the best fit: they then stand beside each other as they come. */
const MOST_EDITS = 4000

export function aligned({ original, patched, symbol }: Listing): readonly AlignedRow[] {
  const [a, b] = [original?.instructions ?? [], patched?.instructions ?? []]
  const key = keyFor(symbol)
  const parts = diffArrays(a.map(key), b.map(key), { maxEditLength: MOST_EDITS })
  if (parts === undefined) return beside(a, b, key)
  const rows: AlignedRow[] = []
  let [x, y] = [0, 0]
  for (let index = 0; index < parts.length; index++) {
    const { count = 0, added, removed } = parts[index] ?? {}
    const next = parts[index + 1]
    if (!added && !removed) {
      for (let step = 0; step < count; step++) rows.push({ original: a[x++], patched: b[y++], differs: false })
    } else {
      // What went and what came in its place share rows.
      const pairs = removed && next?.added ? (next.count ?? 0) : 0
      const [gone, come] = removed ? [count, pairs] : [0, count]
      if (pairs > 0) index++
      for (let step = 0; step < Math.max(gone, come); step++) {
        rows.push({
          original: step < gone ? a[x++] : undefined,
          patched: step < come ? b[y++] : undefined,
          differs: true,
        })
      }
    }
  }
  return rows
}

function beside(
  a: readonly Instruction[],
  b: readonly Instruction[],
  key: (each: Instruction) => string,
): AlignedRow[] {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, at) => {
    const [original, patched] = [a[at], b[at]]
    return { original, patched, differs: !original || !patched || key(original) !== key(patched) }
  })
}

/** A jump within the function goes another distance when code before its target grew. */
function keyFor(symbol: string): (instruction: Instruction) => string {
  const start = ` ${symbol}+0x`
  return ([, text]) => {
    const at = text.indexOf(start)
    return at === -1 || text.includes('#') ? text : text.slice(0, at + start.length)
  }
}
