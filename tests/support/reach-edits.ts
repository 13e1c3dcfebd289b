/** Drawn edits of headers, of every kind, that keep the number of lines; whether a unit that is left out is gcc's to say. */
import type { SourceChange } from '../../src/source/model.ts'
import { tryCompile } from '../../src/trees/compile.ts'
import { affectedUnits, overlayOf, type Tree, type Unit, withinReach } from '../../src/trees/index.ts'
import { draws } from './harmless.ts'

export interface ReachCase {
  readonly name: string
  readonly readers: number
  readonly compiled: number
  /** Of those that were left out, so many were drawn and compiled from both texts. */
  readonly asked: number
  /** What must not be: a unit that was left out has another object. */
  readonly wrong: readonly string[]
}

export interface ReachQuestion {
  readonly seed: number
  readonly number: number
  /** How many of the units that are left out are asked about. */
  readonly most: number
  /** The planted mistake: nobody reaches anything, so that every reader is left out. */
  readonly control?: boolean
}

/** Undefined where the draw gives an edit that changes no text, or one that no unit compiles. */
export async function reachCase(tree: Tree, question: ReachQuestion): Promise<ReachCase | undefined> {
  const draw = draws(question.seed * 1_000_003 + question.number)
  for (let skipped = 0; skipped < 10; skipped++) draw(2)
  const pick = <T>(list: readonly T[]): T | undefined => list[draw(list.length)]
  const headers = [...new Set(tree.units.flatMap(({ dependencies }) => dependencies.slice(1)))]
    .filter(path => /\.h$/.test(path))
    .sort()
  const path = pick(headers) ?? ''
  const before = tree.reader.read(path) ?? ''
  const edit = edited(before, draw)
  if (edit === undefined || edit.text === before) return undefined
  const change = changeOf(path, before, edit.text)
  const affected = await affectedUnits(tree, change)
  const reach = await withinReach(tree, affected, change, { withMoved: true })
  const readers = affected.affected.map(({ unit }) => unit)
  const out = new Set(
    question.control === true ? readers.map(({ unit }) => unit) : reach.leftOut.map(({ unit }) => unit),
  )
  const asked = drawn(
    readers.filter(({ unit }) => out.has(unit)),
    question.most,
    draw,
  )
  const wrong = await different(tree, asked, overlayOf(change, affected))
  const name = `${question.seed}-${question.number} ${path}: ${edit.what}`
  return { name, readers: readers.length, compiled: readers.length - out.size, asked: asked.length, wrong }
}

function edited(
  text: string,
  draw: (below: number) => number,
): { readonly what: string; readonly text: string } | undefined {
  const lines = text.split('\n')
  const kind = ['body', 'number', 'comment', 'attribute', 'member'][draw(5)] ?? ''
  const fitting: Readonly<Record<string, RegExp>> = {
    body: /^\s+return\b.*;\s*$/,
    number: /^(?!\s*#\s*(?:if|elif|include)).*\b[1-9]\d?\b/,
    comment: /^(?!.*[\\"]).*;\s*$/,
    attribute: /^static (?:always_)?inline \w[^(]*\(/,
    member: /^\s{4}(?:unsigned )?int \w+;\s*$/,
  }
  const places = lines.flatMap((line, at) => (fitting[kind]?.test(line) === true ? [at] : []))
  const at = places[draw(Math.max(1, places.length))]
  if (at === undefined) return undefined
  const line = lines[at] ?? ''
  const made: Readonly<Record<string, string>> = {
    body: line.replace('return', '__asm__ volatile ( "nop" ); return'),
    number: line.replace(/\b([1-9]\d?)\b/, found => String(Number(found) + 1)),
    comment: `${line} /* drawn */`,
    attribute: line.replace('static', 'static __attribute__((__cold__))'),
    member: line.replace(';', ', drawn_member;'),
  }
  return { what: `${kind} at line ${at + 1}`, text: lines.with(at, made[kind] ?? line).join('\n') }
}

function changeOf(path: string, oldText: string, newText: string): SourceChange {
  const count = oldText.split('\n').length
  const same = Int32Array.from({ length: count + 1 }, (_, at) => at)
  const lineMap = { toPatched: same, toOriginal: same }
  return {
    files: [{ oldPath: path, newPath: path, oldText, newText, kind: 'edited', hunks: [], lineMap }],
    notices: [],
  }
}

function drawn(units: readonly Unit[], most: number, draw: (below: number) => number): readonly Unit[] {
  const left = [...units]
  return Array.from({ length: Math.min(most, left.length) }, () => left.splice(draw(left.length), 1)).flat()
}

/** The units whose object differs, or that compile from one text only. */
async function different(
  tree: Tree,
  units: readonly Unit[],
  overlay: ReadonlyMap<string, string | null>,
): Promise<string[]> {
  const both = await Promise.all(
    [new Map<string, string | null>(), overlay].map((texts, at) =>
      tryCompile(
        tree,
        units.map(unit => ({ unit, overlay: texts, label: at === 0 ? 'original' : 'patched' })),
        'object',
      ),
    ),
  )
  return units.flatMap(({ unit }, at) => {
    const [one, other] = both.map(results => results[at]?.done?.object)
    if (one === undefined && other === undefined) return []
    const isSame = one !== undefined && other !== undefined && Buffer.compare(one, other) === 0
    return isSame ? [] : [`${unit}: ${other === undefined ? 'does not compile any more' : 'another object'}`]
  })
}
