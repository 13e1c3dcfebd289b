/**
 * Seeded edits that change what a line of the real source does, among harmless ones that only move lines: what must be
 * found is what the same edit changes where nothing moves. Who says what that is knows nothing of lines, and is not ours:
 * objdump's text of each function, original against patched.
 */
import { createTwoFilesPatch } from 'diff'
import type { Way } from '../../src/lines/way.ts'
import { quiet, type Tree } from '../../src/trees/index.ts'
import type { Answer, Oracle } from '../xen/oracle.ts'
import { draws } from './harmless.ts'
import { createHotpatch, type OpenOptions, openTree } from './opened.ts'

type Draw = (below: number) => number

type Exchange = readonly [RegExp, string | ((token: string) => string)]

/** What a running system can stand: other error numbers, other texts. */
export const MILD: readonly Exchange[] = [
  [/return -E\w+;/, 'return -EDOM;'],
  [/= -E\w+;/, '= -EDOM;'],
  [/"(?=[A-Za-z ]{4,})/, '"Z'],
]

/** One token for another: comparisons, arithmetic, constants, error numbers, texts, calls left out. */
const EXCHANGES: readonly Exchange[] = [
  [/ == /, ' != '],
  [/ != /, ' == '],
  [/ < /, ' <= '],
  [/ > /, ' >= '],
  [/ \+ /, ' - '],
  [/ && /, ' || '],
  [/ \|\| /, ' && '],
  [/ & /, ' | '],
  [/ >> /, ' << '],
  [/ \+= /, ' -= '],
  [/\+\+/, '--'],
  [/!(?=\w)/, ''],
  [/return 0;/, 'return 1;'],
  [/return -E\w+;/, 'return -EDOM;'],
  [/\btrue\b/, 'false'],
  [/\bfalse\b/, 'true'],
  [/\b(?:0x[0-9a-f]+|[1-9]\d*)\b/i, token => String(Number(token) + 1)],
  [/"(?=[A-Za-z ]{4,})/, '"Z'],
  [/\w+\([^;{}]*\);$/, '/* gone */;'],
]

export interface RealEdit {
  readonly path: string
  /** From 1. */
  readonly line: number
  readonly before: string
  readonly after: string
  /** The whole file, before and with the edit alone. */
  readonly texts: readonly [string, string]
  /** The edit and the lines that moved. */
  readonly patch: string
}

/** Draws one; undefined where nothing could be exchanged. */
function realEdit(tree: Tree, draw: Draw): RealEdit | undefined {
  const units = tree.units.filter(unit => unit.language === 'c' && unit.role === 'linked' && unit.source.endsWith('.c'))
  const path = units[draw(units.length)]?.dependencies[0]
  const original = path === undefined ? undefined : tree.reader.read(path)
  if (path === undefined || original === undefined) return undefined
  const edit = exchanged(original.split('\n'), draw)
  if (edit === undefined) return undefined
  const { at, before, after, lines } = edit
  const both = movedAbove(lines, at, draw).join('\n')
  const patch = createTwoFilesPatch(`a/${path}`, `b/${path}`, original, both, '', '')
  return { path, line: at + 1, before, after, texts: [original, lines.join('\n')], patch }
}

interface Exchanged {
  /** From 0. */
  readonly at: number
  readonly before: string
  readonly after: string
  readonly lines: readonly string[]
}

/** One token of one line for another; undefined where no try fits. */
export function exchanged(lines: readonly string[], draw: Draw, by = EXCHANGES, tries = 60): Exchanged | undefined {
  for (let attempt = 0; attempt < tries; attempt++) {
    const at = draw(lines.length)
    const [token, other] = by[draw(by.length)] ?? []
    const before = lines[at] ?? ''
    // In the first column stand definitions, comments and directives.
    if (token === undefined || other === undefined || !/^\s+[^\s*/#]/.test(before)) continue
    const after = typeof other === 'string' ? before.replace(token, other) : before.replace(token, other)
    if (after !== before) return { at, before, after, lines: lines.with(at, after) }
  }
  return undefined
}

/** Two groups of lines more in front of definitions above `at`. */
function movedAbove(lines: readonly string[], at: number, draw: Draw): readonly string[] {
  const places = lines.flatMap((line, index) =>
    index < at && line === '' && /^[a-z]/.test(lines[index + 1] ?? '') ? [index] : [],
  )
  const chosen = places.length === 0 ? [] : [draw(places.length), draw(places.length)].map(index => places[index] ?? 0)
  return chosen
    .toSorted((a, b) => b - a)
    .reduce<readonly string[]>((text, place) => text.toSpliced(place, 0, ...Array(1 + draw(6)).fill('')), lines)
}

export interface RealEditsResult {
  readonly edits: number
  /** What must not be: a way found fewer functions than objdump, or other ones. */
  readonly wrong: readonly string[]
  /** How the runs ended, all ways together. */
  readonly built: number
  readonly refused: number
  readonly nothing: number
}

export interface RealEditsOptions {
  readonly tree: string
  readonly count: number
  readonly seed: number
  /** No edit is begun after so many seconds. */
  readonly seconds?: number
  readonly cacheFolder: string
  readonly ways: readonly Way[]
  /** Of the same tree. */
  readonly oracle: Oracle
  readonly say?: (line: string) => void
}

/** Builds `count` edits, each under every way, and holds what is found against the oracle. */
export async function runRealEdits(options: RealEditsOptions): Promise<RealEditsResult> {
  const { tree: folder, count, seed, cacheFolder, ways, oracle, say = () => undefined } = options
  const { seconds = Number.POSITIVE_INFINITY } = options
  const begun = performance.now()
  const common: OpenOptions = {
    tree: folder,
    target: 'xen',
    jobs: 2,
    progress: quiet,
    cacheFolder,
  }
  const tree = await openTree(common)
  const draw = draws(seed)
  const ended = { built: 0, refused: 0, nothing: 0 }
  const wrong: string[] = []
  let edits = 0
  while (edits < count && performance.now() - begun < seconds * 1000) {
    const edit = realEdit(tree, draw)
    const answer = edit === undefined ? undefined : await askAlone(oracle, edit)
    if (edit === undefined || answer === undefined) continue
    edits++
    for (const lines of ways) {
      const run = await createHotpatch({ ...common, lines, patches: [{ name: 'edit', text: edit.patch }] })
      const ending = run.refusals.length > 0 ? 'refused' : run.payload === undefined ? 'nothing' : 'built'
      ended[ending]++
      const found = run.units.flatMap(({ unit, verdicts }) =>
        verdicts.functions
          .filter(({ verdict: { kind } }) => kind === 'changed')
          // The oracle has a function and what the compiler made of it under one name.
          .map(({ name }) => `${unit} ${name.replace(/\..*/, '')}`),
      )
      // The oracle's text of a function has the constants that it reaches; one that is refused itself is said there.
      const said = run.refusals.some(({ unit, symbol }) => answer.data.changed.includes(`${unit} ${symbol}`))
      const missing = said ? [] : answer.functions.changed.filter(name => !found.includes(name))
      // What is refused for more than its functions (init code, data) may say more than the oracle looks at.
      const more = ending === 'refused' ? [] : found.filter(name => !answer.functions.changed.includes(name))
      const lost = ending !== 'nothing' ? [] : answer.data.changed
      if (missing.length + more.length + lost.length === 0) continue
      const list = [...missing.map(name => `not ${name}`), ...more.map(name => `also ${name}`), ...lost]
      wrong.push(`${lines}, ${edit.path}:${edit.line}: ${list.join(', ')}\n-${edit.before}\n+${edit.after}`)
    }
    say(`${edits}/${count} ${edit.path}:${edit.line}: ${answer.functions.changed.length} functions`)
  }
  return { edits, wrong, ...ended }
}

/** The edit where nothing moves; undefined where it does not compile. */
async function askAlone(oracle: Oracle, { path, texts: [find, put] }: RealEdit): Promise<Answer | undefined> {
  try {
    return await oracle.ask([{ file: path, find, put }])
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('Command failed')) return undefined
    throw error
  }
}
