/**
 * Preprocessed C text without the inline functions that nobody uses, their heads too: what is left decides the object.
 * Words are what they are here, after every macro, `##` and continued line, so that a use cannot hide.
 *
 * What is not surely such a function stays in the text.
 */
import { hash } from 'node:crypto'
import { functionTypesAmong } from './function-declarations.ts'
import { type Piece, type PieceBody, Pieces } from './live-pieces.ts'

const pieces = new Pieces()
const piecesWithMacros = new Pieces({ areMacrosSaid: true })

/** A digest; undefined where it cannot be told which bodies are of no use. */
export function liveText(text: Uint8Array): string | undefined {
  const all = pieces.of(asBuffer(text))
  if (!all.every(({ isTold }) => isTold)) return undefined
  const stays = stayingBodies(all, pieces)
  const left = all.flatMap(({ bodies, between }) => [
    ...bodies.flatMap((body, at) => [between()[at] ?? '', stays(body) ? body.text() : body.tags]),
    between().at(-1) ?? '',
  ])
  return hash('sha256', left.filter(part => part !== '').join('\n'), 'base64')
}

export interface SaidNames {
  /** Inline functions that are defined, and that nobody uses. */
  readonly unused: readonly string[]
  /** All others that are defined. */
  readonly others: readonly string[]
  /** Macros that are used or tested, as gcc's `-dU` says. */
  readonly macros: readonly string[]
}

/** Undefined where it cannot be told, or no macro is said. */
export function namesIn(text: Uint8Array): SaidNames | undefined {
  const all = piecesWithMacros.of(asBuffer(text))
  const macros = all.flatMap(({ said }) => said)
  if (macros.length === 0 || !all.every(({ isTold }) => isTold)) return undefined
  const stays = stayingBodies(all, piecesWithMacros)
  const bodies = all.flatMap(piece => piece.bodies)
  const others = new Set(bodies.filter(stays).map(({ name }) => name))
  const unused = new Set(bodies.map(({ name }) => name).filter(name => !others.has(name)))
  const words = (names: ReadonlySet<number>) => [...names].map(name => piecesWithMacros.wordOf(name))
  return { unused: words(unused), others: words(others), macros }
}

function asBuffer({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length)
}

/** Answers whether a body is used, or is not surely of no use. */
function stayingBodies(all: readonly Piece[], pieces: Pieces): (body: PieceBody) => boolean {
  const isFunctionType = new Uint8Array(pieces.words)
  const types = functionTypesAmong(all.flatMap(each => each.types))
  for (const word of types) isFunctionType[pieces.numberOf(word)] = 1
  // What declares a function by its type gives it other properties.
  const isPlain = ({ isPlain, words }: PieceBody) =>
    isPlain && (types.size === 0 || !words.some(word => isFunctionType[word] === 1))
  const times = timesAround(all, pieces)
  const plain = new Map<number, PieceBody[]>()
  const other: PieceBody[] = []
  for (const { bodies } of all) {
    for (const body of bodies) {
      const beside = plain.get(body.name)
      if (!isPlain(body)) other.push(body)
      else if (beside === undefined) plain.set(body.name, [body])
      else beside.push(body)
    }
  }
  // Each head names its function once, which is no use.
  const called = [...plain].flatMap(([name, bodies]) => ((times[name] ?? 0) > bodies.length ? bodies : []))
  const used = new Set([...other, ...called])
  // What is found on the way comes behind, and is looked at, too.
  for (const { words } of used)
    for (const word of words) {
      const named = plain.get(word)
      if (named === undefined) continue
      for (const body of named) used.add(body)
      plain.delete(word)
    }
  return body => used.has(body)
}

/** By a word's number, how often it stands outside of bodies. */
function timesAround(all: readonly Piece[], { words }: Pieces): Int32Array {
  const times = new Int32Array(words)
  for (const { around } of all)
    for (let at = 0; at < around.length; at += 2) {
      const word = around[at] ?? 0
      times[word] = (times[word] ?? 0) + (around[at + 1] ?? 0)
    }
  return times
}
