/** Finds lines among lines, in time that grows with both and not with their product. */

/** Where each line stands, from 0; made once for a text that is asked about. */
export type LineIndex = ReadonlyMap<string, readonly number[]>

const indices = new WeakMap<readonly string[], LineIndex>()

export function indexOf(lines: readonly string[]): LineIndex {
  const known = indices.get(lines)
  if (known !== undefined) return known
  const index = new Map<string, number[]>()
  for (const [at, line] of lines.entries()) {
    const places = index.get(line)
    if (places === undefined) index.set(line, [at])
    else places.push(at)
  }
  indices.set(lines, index)
  return index
}

/** Every index of `lines` from which on they are those of `pattern`, which has at least one; ascending. */
export function occurrences(lines: readonly string[], pattern: readonly string[]): readonly number[] {
  const index = indexOf(lines)
  let rarest: readonly number[] = lines.length === 0 ? [] : (index.get(pattern[0] ?? '') ?? [])
  let offset = 0
  for (const [at, line] of pattern.entries()) {
    const places = index.get(line) ?? []
    if (places.length < rarest.length) [rarest, offset] = [places, at]
  }
  // A text of equal lines would make each of its places a long comparison.
  if (rarest.length * pattern.length > 4 * (lines.length + pattern.length)) return searched(lines, pattern)
  return rarest.map(place => place - offset).filter(place => place >= 0 && standsAt(lines, pattern, place))
}

function standsAt(lines: readonly string[], pattern: readonly string[], place: number): boolean {
  return pattern.every((line, at) => lines[place + at] === line)
}

/** The algorithm of Knuth, Morris and Pratt. */
function searched(lines: readonly string[], pattern: readonly string[]): readonly number[] {
  const back = new Int32Array(pattern.length + 1)
  for (let at = 1, length = 0; at < pattern.length; at++) {
    while (length > 0 && pattern[at] !== pattern[length]) length = back[length] ?? 0
    if (pattern[at] === pattern[length]) length++
    back[at + 1] = length
  }
  const found: number[] = []
  for (let at = 0, length = 0; at < lines.length; at++) {
    while (length > 0 && (length === pattern.length || lines[at] !== pattern[length])) length = back[length] ?? 0
    if (lines[at] === pattern[length]) length++
    if (length === pattern.length) found.push(at + 1 - length)
  }
  return found
}
