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

/** Most drawn kinds find no place in most headers. */
const MOST_DRAWN = 40

/** Of a header that at most so many units are known to read. Undefined where no draw gives an edit that changes a text. */
export function drawnEdit(
  tree: Tree,
  seed: number,
  number: number,
  mostReaders = Number.POSITIVE_INFINITY,
): DrawnEdit | undefined {
  const draw = draws(seed * 1_000_003 + number)
  for (let skipped = 0; skipped < 10; skipped++) draw(2)
  const headers = headersOf(tree, mostReaders)
  for (let drawn = 0; drawn < MOST_DRAWN; drawn++) {
    const path = headers[draw(headers.length)] ?? ''
    const before = tree.reader.read(path) ?? ''
    const edit = edited(before, draw)
    if (edit !== undefined && edit.text !== before) return { path, before, after: edit.text, what: edit.what, draw }
  }
  return undefined
}

/** Those that units are known to read; else those of the tree. */
function headersOf({ units, layout }: Tree, mostReaders: number): readonly string[] {
  const readers = new Map<string, number>()
  for (const path of units.flatMap(({ dependencies }) => dependencies.slice(1)))
    readers.set(path, (readers.get(path) ?? 0) + 1)
  const known = [...readers].flatMap(([path, count]) => (count <= mostReaders ? [path] : []))
  const all = readers.size > 0 ? known : readdirSync(layout.base, { recursive: true, encoding: 'utf8' })
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

const KINDS = [
  ...['body', 'number', 'comment', 'attribute', 'member'],
  ...['prototype that comes', 'prototype that changes', 'prototype that goes'],
]
const PROTOTYPE = /^(?!static\b|typedef\b|\s)(?:\w+[ *]+)+\w+\([\w ,*]*\);\s*$/

/** Of a name that nobody has, or of one that the header speaks of in some other way. */
function comingPrototype(text: string, draw: (below: number) => number): string {
  const words = [...new Set(text.match(/\b[a-z]\w*_\w+\b/g))]
  const name = draw(2) === 0 ? 'drawn_function' : (words[draw(words.length)] ?? 'drawn_function')
  return `unsigned long ${name}(unsigned int);`
}

function edited(
  text: string,
  draw: (below: number) => number,
): { readonly what: string; readonly text: string } | undefined {
  const lines = text.split('\n')
  const kind = KINDS[draw(KINDS.length)] ?? ''
  const fitting: Readonly<Record<string, RegExp>> = {
    body: /^\s+return\b.*;\s*$/,
    number: /^(?!\s*#\s*(?:if|elif|include)).*\b[1-9]\d?\b/,
    comment: /^(?!.*[\\"]).*;\s*$/,
    attribute: /^static (?:always_)?inline \w[^(]*\(/,
    member: /^\s{4}(?:unsigned )?int \w+;\s*$/,
    'prototype that comes': PROTOTYPE,
    'prototype that changes': PROTOTYPE,
    'prototype that goes': PROTOTYPE,
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
    'prototype that comes': `${line} ${comingPrototype(text, draw)}`,
    'prototype that changes': line.replace(/\);\s*$/, ') __attribute__((__cold__));'),
    'prototype that goes': '',
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
