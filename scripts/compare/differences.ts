/** Where two JSON values differ, as paths; what a run cannot repeat is left out first. */

/** Values that differ from run to run, or from release to release, and say nothing of what was found. */
const FLEETING: ReadonlySet<string> = new Set(['timings', 'compileTime', 'cached', 'version'])

export interface Difference {
  /** `functions[2].verdict`; empty for the whole. */
  readonly path: string
  /** JSON; undefined where only the other side has it. */
  readonly first: string | undefined
  readonly second: string | undefined
}

/** Every place where the two differ, the deepest that both have. */
export function differencesOf(first: unknown, second: unknown, path = ''): readonly Difference[] {
  if (isTable(first) && isTable(second)) {
    const keys = [...new Set([...Object.keys(first), ...Object.keys(second)])].filter(key => !isFleeting(path, key))
    return keys.flatMap(key => differencesOf(first[key], second[key], path === '' ? key : `${path}.${key}`))
  }
  if (Array.isArray(first) && Array.isArray(second)) {
    const count = Math.max(first.length, second.length)
    return Array.from({ length: count }, (_, at) => differencesOf(first[at], second[at], `${path}[${at}]`)).flat()
  }
  const [a, b] = [JSON.stringify(first), JSON.stringify(second)]
  return a === b ? [] : [{ path, first: a, second: b }]
}

/** The report's own version, not the one of Xen below `target`. */
function isFleeting(path: string, key: string): boolean {
  return FLEETING.has(key) && !(key === 'version' && path !== '')
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function words({ path, first, second }: Difference): string {
  return `${path === '' ? 'the whole' : path}: ${shortened(first)} → ${shortened(second)}`
}

const LONGEST = 160

function shortened(json: string | undefined): string {
  if (json === undefined) return 'nothing'
  return json.length <= LONGEST ? json : `${json.slice(0, LONGEST)}… (${json.length} characters)`
}
