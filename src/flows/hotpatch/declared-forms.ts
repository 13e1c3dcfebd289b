/**
 * What an object has of the variables that its text declares, by debug information: one as it is, in parts, as a bit, or
 * nothing at all. And, where that cannot tell a static variable from an automatic one, how many a text declares.
 */

import type { Side } from '../../base/side.ts'
import type { Parts } from '../../ctext/outline.ts'
import { type DeclaredVariable, declaredVariables, staticPlaces } from '../../dwarf/index.ts'
import type { PieceMap } from '../../pieces/model.ts'
import { isWritable } from '../../pieces/writable.ts'

/**
 * Functions of classes and namespaces stand among declarations, and those behind a block of another language. In C, the words
 * may be names of members, or tags.
 */
export const CPP =
  /(?<!\b(?:struct|union|enum)\s+)\b(?:namespace\b[\w\s:]*\{|template\s*<|class\s+[A-Za-z_]|extern\s*"[^"]*"\s*\{)/

const BRACED = String.raw`\{(?:[^{}]|\{[^{}]*\})*\}`
const FOUR_DEEP = [1, 2, 3].reduce(inner => String.raw`\((?:[^()]|${inner})*\)`, String.raw`\([^()]*\)`)
/** With the members of a structure that is declared there. */
const STATIC_UP_TO = String.raw`\bstatic\b(?:[^;={}]|${BRACED})*?`
/** Likewise, but for names of parameters, and what stands behind a function, whose body is `{}` there. */
const STATIC_OUTSIDE = String.raw`\bstatic\b(?:[^;={}()]|${FOUR_DEEP}|(?!\{\})${BRACED})*?`

/** Whether functions, or what cannot be told from them, declare more static variables of a name than the object still has. */
export function declaresMore({ around, bodies }: Parts, { name, kept }: StaticIf): boolean {
  const word = String.raw`(?<![\w$.>])${name.replaceAll('$', String.raw`\$`)}(?![\w$])`
  const count = (text: string, before: string) => [...text.matchAll(new RegExp(before + word, 'g'))].length
  return bodies.reduce((sum, { text }) => sum + count(text, STATIC_UP_TO), count(around, STATIC_OUTSIDE)) > kept
}

/** It counts if the preprocessed text declares more static variables of the name in functions than are kept. */
export interface StaticIf {
  readonly name: string
  readonly kept: number
}

/** A declared variable, and the forms in which the object still has it. */
export interface FormedVariable {
  readonly variable: DeclaredVariable
  readonly keptForms: ReadonlySet<string>
}

/**
 * What the object has, in whatever form, is no constant; whether it is what it was, others judge. But of one that was taken
 * apart, a part may have become a constant where others are still there.
 */
export function isKept({ keptForms }: FormedVariable, form: string): boolean {
  if (form === '' || keptForms.has('')) return keptForms.size > 0
  return [...keptForms].some(each => offsetIn(each) === offsetIn(form))
}

/** In the variable, of a part, or of what keeps one of two values in its place: a form begins with it. */
const offsetIn = (form: string) => /^\d+/.exec(form)?.[0]

/** One declaration, in whichever copy of an inlined function. */
export const keyOf = ({ name, declared: { file, line } }: Pick<DeclaredVariable, 'name' | 'declared'>) =>
  JSON.stringify([name, file, line])

/** With debug information, else nothing. */
export function withForms<S extends Side>(map: PieceMap<S>): readonly FormedVariable[] {
  const places = staticPlaces(map.object)
  const kept = new Map<string, Set<string>>()
  for (const piece of map.pieces) {
    const place = isWritable(map, piece) ? places(piece.section, piece.offset) : undefined
    if (place === undefined) continue
    const key = keyOf(place)
    kept.set(key, (kept.get(key) ?? new Set()).add(place.form))
  }
  return declaredVariables(map.object).map(variable => ({
    variable,
    keptForms: kept.get(keyOf(variable)) ?? new Set<string>(),
  }))
}
