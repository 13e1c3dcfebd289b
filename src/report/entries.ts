/**
 * Verdicts as the report tells them: one entry for each unit and name. The compiler makes several symbols of one
 * function (`f`, `f.cold`, `f.isra.0`); people know one, `f`.
 *
 * In:  the verdicts of one unit, and what the selection took of it.
 * Out: entries in the order in which the objects have them; what is the same is left out.
 */
import type { Reason } from '../base/refusal.ts'
import type { Side } from '../base/side.ts'
import type { Judged, UnitVerdicts, Verdict } from '../compare/model.ts'
import type { Piece, PieceId, PieceMap } from '../pieces/model.ts'
import { partOf, sourceName } from '../pieces/names.ts'
import type { Entry } from './model.ts'

export interface UnitFacts {
  readonly unit: string
  readonly verdicts: UnitVerdicts
  /** The words for a verdict; the select stage has them. */
  readonly reasonOf: (verdict: Verdict) => Reason
  /** Why the selection took a piece; undefined where it did not. */
  readonly inclusion: (piece: PieceId<'patched'>) => Reason | undefined
}

export function functionEntries(facts: UnitFacts): readonly Entry[] {
  return entriesOf(facts, facts.verdicts.functions)
}

/** Named data, and after it the bytes without a name that differ. */
export function dataEntries(facts: UnitFacts): readonly Entry[] {
  return entriesOf(facts, [...facts.verdicts.data, ...facts.verdicts.unnamed])
}

function entriesOf(facts: UnitFacts, all: readonly Judged[]): readonly Entry[] {
  const groups = new Map<string, Judged[]>()
  for (const judged of all) {
    const name = reportedName(judged.name)
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [judged])
    else group.push(judged)
  }
  return [...groups].flatMap(([name, members]) => {
    const verdict = commonVerdict(members)
    return verdict === 'same' ? [] : [entryOf(facts, name, members, verdict)]
  })
}

/** Up to the first dot, and without the file that Xen's build puts in front of local names. */
export function reportedName(symbol: string): string {
  return sourceName(symbol.slice(symbol.indexOf('#') + 1))
}

/** A name whose symbols are partly new, partly gone, partly as before has changed. */
function commonVerdict(members: readonly Judged[]): Verdict['kind'] {
  const kinds = new Set(members.map(member => member.verdict.kind))
  const [only] = kinds
  if (only !== undefined && kinds.size === 1) return only
  const harmless = [...kinds].every(kind => kind === 'same' || kind === 'line-only')
  return harmless ? 'line-only' : 'changed'
}

function entryOf(
  facts: UnitFacts,
  name: string,
  members: readonly Judged[],
  verdict: Exclude<Verdict['kind'], 'same'>,
): Entry {
  const inclusions = members.flatMap(({ patched }) => {
    const reason = patched === undefined ? undefined : facts.inclusion(patched.id)
    return reason === undefined ? [] : [reason]
  })
  const own = members.filter(member => member.verdict.kind !== 'same').map(member => facts.reasonOf(member.verdict))
  return {
    name,
    unit: facts.unit,
    symbols: [...new Set(members.flatMap(member => symbolsOf(facts.verdicts, member)))],
    verdict,
    included: inclusions.length > 0,
    reasons: withoutRepeats([...own, ...inclusions]),
  }
}

/** All names at the place, and those of out-of-line parts. */
function symbolsOf({ correlation, parts }: UnitVerdicts, { original, patched }: Judged): readonly string[] {
  if (patched !== undefined) {
    const pieces = [patched, ...(parts.get(patched.id) ?? [])]
    return pieces.flatMap(piece => namesAt(correlation.patched, piece))
  }
  if (original === undefined) return []
  const isOwn = (piece: Piece<'original'>) => piece.id === original.id || partOf(piece.name) === original.name
  return correlation.original.pieces.filter(isOwn).flatMap(piece => namesAt(correlation.original, piece))
}

function namesAt<S extends Side>({ object }: PieceMap<S>, piece: Piece<S>): readonly string[] {
  const names = piece.symbols.map(id => object.symbols[id]?.name ?? '').filter(name => name !== '')
  return names.length === 0 ? [piece.name] : names
}

function withoutRepeats(reasons: readonly Reason[]): readonly Reason[] {
  return reasons.filter(
    (reason, at) => reasons.findIndex(({ code, text }) => code === reason.code && text === reason.text) === at,
  )
}
