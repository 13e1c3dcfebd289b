/**
 * What an edit of a folder's Makefile means, as far as that can be known without make: objects listed or no longer
 * listed under obj-y and its like. Every line that is not such a list, and not a condition on a CONFIG_ option, must be
 * the same before and after; then nothing else can have changed.
 */

/** Objects by the list they are in: `obj`, `obj-bin`, `lib`, `extra`. */
interface MakefileObjects {
  readonly listed: ReadonlyMap<string, string>
  /** Every other line, in order. */
  readonly rest: readonly string[]
}

const LIST = /^(obj|obj-bin|lib|extra)-(y|n|\$\(CONFIG_\w+\))\s*(\+=|:=)\s*(.*)$/
const CONDITION = /^(ifeq|ifneq)\s*\(\$\(CONFIG_(\w+)\)\s*,\s*(\w*)\)$/
const DEFINED = /^(ifdef|ifndef)\s+CONFIG_(\w+)$/

/** Reads a Makefile under a configuration. */
function readMakefile(text: string, config: ReadonlyMap<string, string>): MakefileObjects {
  const listed = new Map<string, string>()
  const rest: string[] = []
  // For each open condition: whether its lines count; undefined where only make knows.
  const open: (boolean | undefined)[] = []
  for (const line of joinedLines(text)) {
    const condition = readCondition(line, config)
    if (condition !== 'none') open.push(condition)
    if (line === 'else') open.push(invert(open.pop()))
    else if (line === 'endif') open.pop()
    const list = LIST.exec(line)
    const known = open.every(state => state !== undefined)
    const simple = list?.[4] !== undefined && /^[\w./\s-]*$/.test(list[4]) && list[3] === '+='
    if (list === null || !known || !simple) {
      // Conditions belong to the rest too: objects that move from one to another are seen by their lists.
      rest.push(`${'\t'.repeat(open.length)}${line}`)
    } else if (open.every(state => state === true) && isOn(list[2] ?? '', config)) {
      for (const object of (list[4] ?? '').split(/\s+/).filter(word => word !== '')) listed.set(object, list[1] ?? '')
    }
  }
  return { listed, rest }
}

function joinedLines(text: string): string[] {
  return text
    .replaceAll(/\\\r?\n/g, ' ')
    .split(/\r?\n/)
    .map(line =>
      line
        .replace(/^\t/, '\u0001')
        .replace(/\s+#.*$|^#.*$/, '')
        .trim()
        .replace('\u0001', '\t'),
    )
    .filter(line => line !== '')
}

function readCondition(line: string, config: ReadonlyMap<string, string>): boolean | undefined | 'none' {
  if (!/^(ifeq|ifneq|ifdef|ifndef)\b/.test(line)) return 'none'
  const compared = CONDITION.exec(line)
  if (compared?.[2] !== undefined) return ((config.get(compared[2]) ?? '') === compared[3]) === (compared[1] === 'ifeq')
  const defined = DEFINED.exec(line)
  if (defined?.[2] !== undefined) return config.has(defined[2]) === (defined[1] === 'ifdef')
  return undefined
}

function invert(state: boolean | undefined): boolean | undefined {
  return state === undefined ? undefined : !state
}

function isOn(state: string, config: ReadonlyMap<string, string>): boolean {
  if (state === 'y' || state === 'n') return state === 'y'
  return config.get(state.slice('$(CONFIG_'.length, -1)) === 'y'
}

export type MakefileEdit =
  | { readonly kind: 'objects'; readonly added: readonly string[]; readonly removed: readonly string[] }
  /** Something else changed; the first line that differs. */
  | { readonly kind: 'other'; readonly line: string }

/** What changed between two texts of one Makefile. */
export function compareMakefiles(before: string, after: string, config: ReadonlyMap<string, string>): MakefileEdit {
  const old = readMakefile(before, config)
  const now = readMakefile(after, config)
  const at = Array.from({ length: Math.max(old.rest.length, now.rest.length) }).findIndex(
    (_, i) => old.rest[i] !== now.rest[i],
  )
  if (at >= 0) return { kind: 'other', line: (now.rest[at] ?? old.rest[at] ?? '').trim() }
  const added = [...now.listed].filter(([object, list]) => old.listed.get(object) !== list).map(([object]) => object)
  const removed = [...old.listed.keys()].filter(object => !now.listed.has(object))
  const odd = [...added, ...removed].find(object => !object.endsWith('.o') || object.endsWith('.init.o'))
  if (odd !== undefined) return { kind: 'other', line: odd }
  return { kind: 'objects', added: added.sort(), removed: removed.sort() }
}
