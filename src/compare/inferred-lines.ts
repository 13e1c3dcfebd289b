/**
 * What two objects alone tell about how lines moved, for when there is no patch to ask.
 *
 * Sites say where line numbers are; the patched object says what they became. A patch moves lines without changing
 * their order, so old and new numbers must rise together, and one old number has one new one. A site that breaks this
 * order holds something else by now, and excuses nothing. This is weaker than a line map from the patch: it says
 * that the numbers can be those of one edit, not that they are.
 */
import type { Correlation } from '../correlate/model.ts'
import type { PieceId } from '../pieces/model.ts'
import { bytesOf, lineOf } from './content.ts'
import { lineIn } from './fields.ts'
import type { LineOracle, LineSite } from './model.ts'
import type { LineSites } from './sites.ts'

/** An oracle for `compareUnit` that expects of each site what the patched object's order of numbers allows. */
export function inferLines(correlation: Correlation, sites: LineSites): LineOracle {
  const moves = new Map<string, Map<number, Set<number>>>()
  for (const site of [...sites.byPiece.values()].flat()) {
    const held = heldByPatched(correlation, site)
    if (held === undefined) continue
    const ofFile = moves.get(site.file) ?? new Map<number, Set<number>>()
    moves.set(site.file, ofFile.set(site.line, (ofFile.get(site.line) ?? new Set()).add(held)))
  }
  const expected = new Map([...moves].map(([file, lines]) => [file, inOrder(lines)]))
  return {
    sitesOf: piece => sites.byPiece.get(piece) ?? [],
    isExpected: (site, held) => expected.get(site.file)?.get(site.line) === held,
  }
}

/** The lines whose new number is one and does not break the order: those of a longest rising run. */
function inOrder(lines: ReadonlyMap<number, ReadonlySet<number>>): ReadonlyMap<number, number> {
  const moves = [...lines]
    .flatMap(([line, held]) => (held.size === 1 ? [...held].map(to => ({ line, to })) : []))
    .toSorted((a, b) => a.line - b.line)
  const length: number[] = []
  const before: (number | undefined)[] = []
  let best: number | undefined
  for (const [index, { to }] of moves.entries()) {
    length[index] = 1
    for (let previous = 0; previous < index; previous++) {
      const candidate = (length[previous] ?? 0) + 1
      if ((moves[previous]?.to ?? Number.POSITIVE_INFINITY) >= to || candidate <= (length[index] ?? 0)) continue
      length[index] = candidate
      before[index] = previous
    }
    if (best === undefined || (length[index] ?? 0) > (length[best] ?? 0)) best = index
  }
  const rising = new Map<number, number>()
  for (let at = best; at !== undefined; at = before[at]) {
    const move = moves[at]
    if (move !== undefined) rising.set(move.line, move.to)
  }
  return rising
}

/** The number at the site's place in the patched object; undefined where its piece has no successor of that size. */
function heldByPatched(correlation: Correlation, site: LineSite): number | undefined {
  const piece = correlation.original.pieces[site.piece]
  const successor = successorOf(correlation, site.piece)
  if (piece === undefined || successor === undefined || successor.size !== piece.size) return undefined
  if (site.in === 'addend') return lineOf(successor)
  return lineIn(bytesOf(correlation.patched, successor), site)
}

/** The paired piece; for a special entry, the one of the same rank among its owner's entries in that section. */
function successorOf(correlation: Correlation, id: PieceId<'original'>) {
  const { original, patched, toPatched } = correlation
  const direct = toPatched.get(id)
  if (direct !== undefined) return patched.pieces[direct]
  const piece = original.pieces[id]
  if (piece?.kind !== 'entry') return undefined
  const owner = piece.references[0]?.target
  if (owner?.to !== 'piece') return undefined
  const newOwner = toPatched.get(owner.piece)
  if (newOwner === undefined) return undefined
  const name = original.object.sections[piece.section]?.name
  const mine = (original.entriesOf.get(owner.piece) ?? []).filter(
    entry => original.pieces[entry]?.section === piece.section,
  )
  const theirs = (patched.entriesOf.get(newOwner) ?? []).filter(entry => {
    const section = patched.pieces[entry]?.section
    return section !== undefined && patched.object.sections[section]?.name === name
  })
  const successor = mine.length === theirs.length ? theirs[mine.indexOf(id)] : undefined
  return successor === undefined ? undefined : patched.pieces[successor]
}
