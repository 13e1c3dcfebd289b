/** What an edit changes in a text, as names: where none of them stands, it cannot be seen. */
import type { TextItem } from './items.ts'

export interface ChangedItems {
  readonly items: readonly TextItem[]
  /** Whether something that did not change stands on another line now. */
  readonly moves: boolean
}

/** Steps of the comparison that are still worth it. */
const MOST_STEPS = 4_000_000

/** The items that only one of the texts has, by the longest common row of items; undefined where that is too much work. */
export function changedItems(before: readonly TextItem[], after: readonly TextItem[]): ChangedItems | undefined {
  let start = 0
  while (start < before.length && start < after.length && before[start]?.text === after[start]?.text) start++
  let [endBefore, endAfter] = [before.length, after.length]
  while (endBefore > start && endAfter > start && before[endBefore - 1]?.text === after[endAfter - 1]?.text) {
    endBefore--
    endAfter--
  }
  const [a, b] = [before.slice(start, endBefore), after.slice(start, endAfter)]
  if (a.length * b.length > MOST_STEPS) return undefined
  const kept: [TextItem, TextItem][] = commonRow(a, b)
  for (let at = 0; at < start; at++) addPair(kept, before[at], after[at])
  for (let at = endBefore; at < before.length; at++) addPair(kept, before[at], after[at - endBefore + endAfter])
  const stays = new Set(kept.flat())
  return {
    items: [...a, ...b].filter(item => !stays.has(item)),
    moves: kept.some(([one, other]) => one.lines !== other.lines),
  }
}

function addPair(pairs: [TextItem, TextItem][], one: TextItem | undefined, other: TextItem | undefined): void {
  if (one !== undefined && other !== undefined) pairs.push([one, other])
}

function commonRow(a: readonly TextItem[], b: readonly TextItem[]): [TextItem, TextItem][] {
  const width = b.length + 1
  const longest = new Int32Array((a.length + 1) * width)
  const at = (row: number, column: number) => longest[row * width + column] ?? 0
  for (let row = a.length - 1; row >= 0; row--) {
    for (let column = b.length - 1; column >= 0; column--) {
      longest[row * width + column] =
        a[row]?.text === b[column]?.text
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1))
    }
  }
  const pairs: [TextItem, TextItem][] = []
  for (let [row, column] = [0, 0]; row < a.length && column < b.length; ) {
    if (a[row]?.text === b[column]?.text) addPair(pairs, a[row++], b[column++])
    else if (at(row + 1, column) >= at(row, column + 1)) row++
    else column++
  }
  return pairs
}
