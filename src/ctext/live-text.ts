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

/** A digest; undefined where it cannot be told which bodies are of no use. */
export function liveText(text: string): string | undefined {
  const all = pieces.of(text)
  if (!all.every(({ isTold }) => isTold)) return undefined
  const stays = stayingBodies(all)
  const left = all.flatMap(({ bodies, between }) => [
    ...bodies.flatMap((body, at) => [between()[at] ?? '', stays(body) ? body.text() : body.tags]),
    between().at(-1) ?? '',
  ])
  return hash('sha256', left.filter(part => part !== '').join('\n'), 'base64')
}

export interface FunctionNames {
  /** Inline functions that are defined, and that nobody uses. */
  readonly unused: readonly string[]
  /** All others that are defined. */
  readonly others: readonly string[]
}

/** Undefined where it cannot be told. */
export function functionsIn(text: string): FunctionNames | undefined {
  const all = pieces.of(text)
  if (!all.every(({ isTold }) => isTold)) return undefined
  const stays = stayingBodies(all)
  const bodies = all.flatMap(piece => piece.bodies)
  const others = new Set(bodies.filter(stays).map(({ name }) => name))
  const unused = new Set(bodies.map(({ name }) => name).filter(name => !others.has(name)))
  const [one, other] = [unused, others].map(names => [...names].map(name => pieces.wordOf(name)))
  return { unused: one ?? [], others: other ?? [] }
}

/** Answers whether a body is used, or is not surely of no use. */
function stayingBodies(all: readonly Piece[]): (body: PieceBody) => boolean {
  const types = functionTypesAmong(all.flatMap(each => each.types))
  const numbers = new Set([...types].map(word => pieces.numberOf(word)))
  // What declares a function by its type gives it other properties.
  const isPlain = ({ isPlain, words }: PieceBody) =>
    isPlain && (numbers.size === 0 || !words.some(word => numbers.has(word)))
  const times = new Int32Array(pieces.words)
  for (const { around } of all) for (const [word, count] of around) times[word] = (times[word] ?? 0) + count
  const plain = new Map<number, PieceBody[]>()
  const other: PieceBody[] = []
  for (const body of all.flatMap(({ bodies }) => bodies)) {
    const beside = plain.get(body.name)
    if (!isPlain(body)) other.push(body)
    else if (beside === undefined) plain.set(body.name, [body])
    else beside.push(body)
  }
  const used = new Set(other)
  const waiting = [...other]
  // Each head names its function once, which is no use.
  const called = [...plain].flatMap(([name, bodies]) => ((times[name] ?? 0) > bodies.length ? bodies : []))
  waiting.push(...called)
  for (const body of called) used.add(body)
  for (let body = waiting.pop(); body !== undefined; body = waiting.pop()) {
    for (const word of body.words) {
      for (const each of plain.get(word) ?? []) {
        if (used.has(each)) continue
        used.add(each)
        waiting.push(each)
      }
    }
  }
  return body => used.has(body)
}
