/** Differences that are meant: a fault that was mended shows in reports. Each has its reason. */

export interface Known {
  /** What a difference's line begins with; `*` stands for anything. */
  readonly start: string
  readonly why: string
}

/** Lines `start # why`; empty ones, and those that begin with #, say nothing. */
export function readKnown(text: string): readonly Known[] {
  return text.split('\n').flatMap(line => {
    const [start = '', why] = line.split(/ # /)
    if (start.trim() === '' || start.startsWith('#')) return []
    if (why === undefined || why.trim() === '') throw new Error(`no reason is given for: ${line}`)
    return [{ start: start.trim(), why: why.trim() }]
  })
}

export interface Sorted {
  readonly unknown: readonly string[]
  /** The reasons of the others, and how often each was one. */
  readonly reasons: readonly { readonly why: string; readonly count: number }[]
}

export function sorted(lines: readonly string[], known: readonly Known[]): Sorted {
  const counts = new Map<string, number>()
  const patterns = known.map(({ start, why }) => ({ why, pattern: patternOf(start) }))
  const unknown = lines.filter(line => {
    const why = patterns.find(({ pattern }) => pattern.test(line))?.why
    if (why !== undefined) counts.set(why, (counts.get(why) ?? 0) + 1)
    return why === undefined
  })
  return { unknown, reasons: [...counts].map(([why, count]) => ({ why, count })) }
}

function patternOf(start: string): RegExp {
  const parts = start.split('*').map(part => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}`)
}
