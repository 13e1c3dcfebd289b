/** The part of the source that keeps new members by the address of their objects. */
import { lex } from '../ctext/lexer.ts'
import { includeLines, lineText, membersBlock } from './declared.ts'
import type { ShadowWay } from './model.ts'

/** What the unit's own source includes, so that its types are known; without what would be there twice. */
export function includesOf(text: string): readonly string[] {
  const file = lex(text)
  return [...new Set(includeLines(file).map(line => lineText(file, line).trim()))]
}

export function shadowLines({ members, ends }: ShadowWay, mark: string): readonly string[] {
  const { tag } = members
  return [
    '',
    membersBlock(members).trimEnd(),
    '/*',
    ` * What an object has when it is first asked for: one that is older than the payload, or a new one. All is zero before`,
    ' * this is called, under a lock; where that is right, delete the line.',
    ' */',
    `static void first_of_${tag}(const struct ${tag} *object, struct hotsplice_of_${tag} *own)`,
    '{',
    `    ${mark}first_values;`,
    '}',
    ...endWords(tag, ends, mark),
    `/* How many objects of struct ${tag} there may be at once; with one more the system stops. */`,
    `HOTSPLICE_SHADOW(${tag}, first_of_${tag}, ${mark}how_many)`,
  ]
}

/**
 * The line is asked for always: that no object ends anywhere else cannot be known, since any function that is given the
 * address may free it, and one that did so unseen would give the next object what this one had.
 */
function endWords(tag: string, { places, doubts }: ShadowWay['ends'], mark: string): readonly string[] {
  const known = places.length === 0 ? ['none was found'] : places
  return [
    '/*',
    ' * Where an object ends the patch says so, or the next one at its address would have what it had:',
    ...known.map(place => ` *   ${place}`),
    ...(doubts.length === 0 ? [] : [' * To be looked at:', ...doubts.map(doubt => ` *   ${oneComment(doubt)}`)]),
    ` * Not looked at: other functions that free what they are given, of this tree or of a library; files that do not read`,
    ` * where struct ${tag} is declared; assembly. Objects that are taken again without being freed (a list of free ones, an`,
    ' * element of an array, one on the stack) end where they are given up.',
    ' * Where one is copied, cleared or moved as a whole, nothing of this goes along: what is not said above has a pointer of no',
    ' * type, is in a text without the name of the type, or in a macro.',
    ' */',
    `${mark}where_it_ends /* Call hotsplice_end_of_${tag}(object) in your patch wherever else one ends; then delete this line. */`,
  ]
}

/** What is quoted may have comments of its own. */
const oneComment = (words: string): string =>
  words.replaceAll('*/', '* /').replaceAll('/*', '/ *').replaceAll(/\s+/g, ' ')
