/**
 * Whether a patch takes text from one place to another: what one chunk takes away, another one adds. Blocks that change
 * places look like this, and a line between them that stays where it was belongs to another block afterwards.
 */
import type { TouchedFile } from '../source/model.ts'
import { type Chunk, chunksOf } from './chunks.ts'

const STRING = /"(?:\\.|[^"\\\n])*"/g
/** Shorter lines (`}`, `break;`, `else`) come and go by themselves. */
const TELLING = 10

/** Looks at the chunks that touch the original's lines `[from, end]`. */
export function movesText({ oldText, newText, lineMap }: TouchedFile, from: number, end: number): boolean {
  const [before, after] = [oldText.split('\n'), newText.split('\n')]
  const near = chunksOf(lineMap).filter(({ oldFrom, oldEnd }) => oldFrom <= end + 1 && oldEnd >= from)
  const changes = near.map(chunk => changeOf(chunk, before, after))
  return changes.some(({ gone }) =>
    changes.some(other => other.gone !== gone && [...other.come].some(text => gone.has(text))),
  )
}

/** Lines and strings that are only on one side of a chunk. */
function changeOf({ oldFrom, oldEnd, newFrom, newEnd }: Chunk, before: readonly string[], after: readonly string[]) {
  const [old, now] = [textsIn(before.slice(oldFrom - 1, oldEnd - 1)), textsIn(after.slice(newFrom - 1, newEnd - 1))]
  return {
    gone: new Set([...old].filter(text => !now.has(text))),
    come: new Set([...now].filter(text => !old.has(text))),
  }
}

function textsIn(lines: readonly string[]): ReadonlySet<string> {
  const whole = lines.map(line => line.replace(/\s+/g, '')).filter(line => line.length >= TELLING)
  return new Set([...whole, ...lines.flatMap(line => line.match(STRING) ?? [])])
}
