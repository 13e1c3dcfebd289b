/** Drawn edits of headers, of every kind, that keep the number of lines; whether a unit that is left out is gcc's to say. */
import { readdirSync } from 'node:fs'
import { InputError } from '../../src/base/errors.ts'
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

export interface DrawnEdit {
  readonly path: string
  readonly before: string
  readonly after: string
  readonly what: string
  /** For what else is drawn. */
  readonly draw: (below: number) => number
}

/** Undefined where the draw gives an edit that changes no text. */
export function drawnEdit(tree: Tree, seed: number, number: number): DrawnEdit | undefined {
  const draw = draws(seed * 1_000_003 + number)
  for (let skipped = 0; skipped < 10; skipped++) draw(2)
  const headers = headersOf(tree)
  const path = headers[draw(headers.length)] ?? ''
  const before = tree.reader.read(path) ?? ''
  const edit = edited(before, draw)
  return edit === undefined || edit.text === before
    ? undefined
    : { path, before, after: edit.text, what: edit.what, draw }
}

/** Those that units are known to read; else those of the tree. */
function headersOf({ units, layout }: Tree): readonly string[] {
  const read = new Set(units.flatMap(({ dependencies }) => dependencies.slice(1)))
  const all = read.size > 0 ? [...read] : readdirSync(layout.base, { recursive: true, encoding: 'utf8' })
  return all.filter(path => path.endsWith('.h')).sort()
}

/** Undefined where the draw gives none. */
export async function reachCase(tree: Tree, question: ReachQuestion): Promise<ReachCase | undefined> {
  const edit = drawnEdit(tree, question.seed, question.number)
  if (edit === undefined) return undefined
  const { path, draw } = edit
  const change = changeOf(path, edit.before, edit.after)
  // Some edits are none that a compiler takes.
  const affected = await affectedUnits(tree, change).catch(unlessRefused)
  if (affected === undefined) return undefined
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
  const overlay = overlayOf(change, affected)
  const others = readers.filter(({ unit }) => !reach.leftOut.some(left => left.unit === unit))
  if (!(await isTaken(tree, others[0] ?? asked[0], overlay))) return undefined
  const wrong = await different(tree, asked, overlay)
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

function unlessRefused(error: unknown): undefined {
  if (error instanceof InputError && error.code === 'build/compile-failed') return undefined
  throw error
}

/** Whether the unit that the build would compile first compiles. */
async function isTaken(
  tree: Tree,
  unit: Unit | undefined,
  overlay: ReadonlyMap<string, string | null>,
): Promise<boolean> {
  if (unit === undefined) return true
  const [result] = await tryCompile(tree, [{ unit, overlay, label: 'patched', extraFlags: NO_DEBUG }], 'object')
  return result?.done !== undefined
}

/** Debug information has digests of the texts in it. */
const NO_DEBUG = ['-g0']

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
        units.map(unit => ({ unit, overlay: texts, label: at === 0 ? 'original' : 'patched', extraFlags: NO_DEBUG })),
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
