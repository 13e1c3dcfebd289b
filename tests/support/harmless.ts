/**
 * Seeded edits that change no code, on the real source: what every way of treating line numbers must call nothing.
 * Whether an edit is harmless is not for our own lexer to say: `gcc -E -P` of the unit, with __LINE__ fixed, must give
 * the same tokens before and after. Edits that do not are thrown away and others drawn.
 */
import { createTwoFilesPatch } from 'diff'
import { tryCompile } from '../../src/trees/compile.ts'
import type { Tree, Unit } from '../../src/trees/index.ts'

/** A number generator that gives the same sequence for the same seed (a linear congruence, Numerical Recipes' constants). */
export function draws(seed: number): (below: number) => number {
  let state = seed >>> 0
  return below => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

export interface HarmlessEdit {
  readonly unit: Unit
  /** Relative to the tree's base. */
  readonly path: string
  readonly kind: string
  readonly before: string
  readonly after: string
  readonly patch: string
}

type Editor = (lines: readonly string[], draw: (below: number) => number, mark: string) => readonly string[] | undefined

const insert = (lines: readonly string[], at: number, added: readonly string[]) => lines.toSpliced(at, 0, ...added)
const count = (draw: (below: number) => number) => [1, 2, 7][draw(3)] ?? 1

/** `indent` is what a statement begins with, as in a regular expression. */
export const editorsFor = (indent: string): Readonly<Record<string, Editor>> => ({
  'blank lines': (lines, draw) => insert(lines, draw(lines.length), Array(count(draw)).fill('')),
  'comment lines': (lines, draw) => insert(lines, draw(lines.length), Array(count(draw)).fill('/* a note */')),
  'an unused macro': (lines, draw, mark) => insert(lines, draw(lines.length), [`#define HOTSPLICE_UNUSED_${mark} 1`]),
  'an unused prototype': (lines, draw, mark) => {
    // Where a definition begins in the first column behind an empty line, nothing is open.
    const candidates = lines.flatMap((line, at) => (lines[at - 1] === '' && /^static \w/.test(line) ? [at] : []))
    const at = candidates[draw(candidates.length)]
    return at === undefined ? undefined : insert(lines, at, [prototypeOf(mark)])
  },
  'a statement split': (lines, draw) => {
    const candidates = lines.flatMap((line, at) =>
      new RegExp(`^${indent}.*\\w, \\w.*;$`).test(line) && !line.includes('"') ? [at] : [],
    )
    const at = candidates[draw(candidates.length)]
    const line = at === undefined ? undefined : lines[at]
    return at === undefined || line === undefined
      ? undefined
      : lines.toSpliced(at, 1, ...line.replace(', ', ',\n        ').split('\n'))
  },
  'a statement joined': (lines, draw) => {
    const candidates = lines.flatMap((line, at) =>
      new RegExp(`^${indent}[^#"]*,$`).test(line) && new RegExp(`^${indent}+\\w`).test(lines[at + 1] ?? '') ? [at] : [],
    )
    const at = candidates[draw(candidates.length)]
    return at === undefined ? undefined : lines.toSpliced(at, 2, `${lines[at]} ${(lines[at + 1] ?? '').trimStart()}`)
  },
})

const EDITORS = editorsFor(' ')

const prototypeOf = (mark: string) => `extern void hotsplice_unused_${mark}(void);`

/** Draws edits until one is harmless; an error after 100 that were not. */
export async function harmlessEdit(tree: Tree, draw: (below: number) => number): Promise<HarmlessEdit> {
  const units = tree.units.filter(unit => unit.language === 'c' && unit.role === 'linked' && unit.source.endsWith('.c'))
  for (let attempt = 0; attempt < 100; attempt++) {
    const unit = units[draw(units.length)]
    if (unit === undefined) break
    const path = pickFile(tree, unit, draw)
    const before = tree.reader.read(path)
    const kinds = Object.keys(EDITORS)
    const kind = kinds[draw(kinds.length)] ?? ''
    const lines = EDITORS[kind]?.((before ?? '').split('\n'), draw, String(draw(1e6)))
    if (before === undefined || lines === undefined) continue
    const after = lines.join('\n')
    if (after === before || !(await isHarmless(tree, unit, path, after))) continue
    const patch = createTwoFilesPatch(`a/${path}`, `b/${path}`, before, after, '', '')
    return { unit, path, kind, before, after, patch }
  }
  throw new Error(`no edit was harmless in any of ${units.length} units`)
}

/** Mostly the unit's own source; now and then a header that few units include. */
function pickFile(tree: Tree, unit: Unit, draw: (below: number) => number): string {
  const [source = '', ...headers] = unit.dependencies
  if (draw(4) > 0) return source
  const narrow = headers.filter(path => {
    const users = tree.units.filter(other => other.dependencies.includes(path)).length
    return users <= 6 && tree.reader.read(path) !== undefined
  })
  return narrow[draw(narrow.length)] ?? source
}

/** A comment within one that is left out by a condition changes no token, and is an error all the same. */
const PREPROCESS = ['-D__LINE__=0', '-Wno-builtin-macro-redefined', '-Wno-error', '-Werror=comment']

async function isHarmless(tree: Tree, unit: Unit, path: string, after: string): Promise<boolean> {
  const request = (overlay: ReadonlyMap<string, string>) => ({
    unit,
    overlay,
    label: 'preprocessed',
    extraFlags: PREPROCESS,
  })
  const [before, edited] = await tryCompile(
    tree,
    [request(new Map()), request(new Map([[path, after]]))],
    'preprocessed',
  )
  if (before?.done === undefined) throw new Error(`${unit.unit} as it stands: ${before?.failed?.words}`)
  return edited?.done !== undefined && tokensOf(before.done.object) === tokensOf(edited.done.object)
}

/** -P keeps some line ends; only the order of what lies between white space counts. */
function tokensOf(text: Uint8Array): string {
  const words = Buffer.from(text).toString('latin1').replace(/\s+/g, ' ').trim()
  // The one edit that adds tokens: they declare what nobody uses.
  return words.replace(new RegExp(`${prototypeOf('\\d+').replace(/[()]/g, '\\$&')} ?`, 'g'), '')
}
