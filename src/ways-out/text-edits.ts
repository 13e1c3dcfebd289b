/** Changes of a text, and which of the new lines were there before. One character a byte. */

export interface TextEdit {
  readonly from: number
  readonly end: number
  readonly put: string
}

export interface EditedText {
  readonly text: string
  /** The line before for each line, or 0 where it is not as it was; entry 0 is unused. */
  readonly origins: Int32Array
}

/**
 * Carries them out. Where two begin at one place, the one that reaches further comes first: it is around the other. No
 * two may replace the same characters.
 */
export function editText(text: string, edits: readonly TextEdit[]): EditedText {
  const parts: string[] = []
  /** For each character of the new text that is an old one, in runs: where it is now, and where it was. */
  const kept: { readonly at: number; readonly from: number; readonly length: number }[] = []
  let [at, from] = [0, 0]
  const keepTo = (end: number) => {
    if (end > from) {
      kept.push({ at, from, length: end - from })
      parts.push(text.slice(from, end))
      at += end - from
    }
    from = Math.max(from, end)
  }
  for (const edit of edits.toSorted((a, b) => a.from - b.from || a.end - b.end)) {
    keepTo(edit.from)
    parts.push(edit.put)
    at += edit.put.length
    from = Math.max(from, edit.end)
  }
  keepTo(text.length)
  return { text: parts.join(''), origins: originsOf(text, parts.join(''), kept) }
}

type Kept = readonly { readonly at: number; readonly from: number; readonly length: number }[]

/** A line is as it was where all of it, with what ends the line before, was kept in one run. */
function originsOf(before: string, after: string, kept: Kept): Int32Array {
  const lineAt = new Map<number, number>()
  for (const [index, start] of startsOf(before).entries()) lineAt.set(start, index + 1)
  const starts = startsOf(after)
  const origins = new Int32Array(starts.length + 1)
  let run = 0
  for (const [index, start] of starts.entries()) {
    const end = starts[index + 1] ?? after.length
    for (let next = kept[run]; next !== undefined && next.at + next.length <= start; next = kept[run]) run++
    const own = kept[run]
    if (own === undefined || own.at > start || own.at + own.length < end) continue
    origins[index + 1] = lineAt.get(own.from + start - own.at) ?? 0
  }
  return origins
}

function startsOf(text: string): readonly number[] {
  const starts = text === '' ? [] : [0]
  for (let at = text.indexOf('\n'); at !== -1 && at + 1 < text.length; at = text.indexOf('\n', at + 1))
    starts.push(at + 1)
  return starts
}
