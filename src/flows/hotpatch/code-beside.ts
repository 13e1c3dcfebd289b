/**
 * Functions beside the replaced ones that new code may hold copies of, or rely on: they must be what runs as well. Others
 * of the unit may differ. Part of the pipeline.
 *
 * Two witnesses, of which either is enough. Calls that the old code has and the new code has not are seen in every object.
 * What the old code never called is told by the unit's text, where anything of the unit differs at all (`other-code.ts`).
 */
import type { Reason, Refusal } from '../../base/refusal.ts'
import type { Loader } from '../../loaders/loader.ts'
import type { HypervisorSymbols } from '../../loaders/xen/symbols.ts'
import { sourceName } from '../../pieces/names.ts'
import type { Replacement, Selection } from '../../select/model.ts'
import { originOf } from '../../select/origins.ts'
import type { UnitInput } from '../../select/select.ts'
import type { UnitCode } from '../../verify/index.ts'
import { codeRefusal, replacedBelow } from './code-refusal.ts'
import { functionsNamed, mayBeInlined } from './inlined-code.ts'
import { type MadeFrom, madeFrom } from './made-from.ts'
import type { OtherCode, OtherCodes } from './other-code.ts'
import { imageLoader, type Running } from './running.ts'

type Below = Pick<Running, 'below' | 'symbols' | 'kernel'>

/** Other functions of the unit that the new code may hold copies of, and that are not what runs. */
export function inlinedRefusals(
  units: readonly UnitInput[],
  checkers: readonly UnitCode[],
  replacement: Replacement,
  { symbols, loader }: { readonly symbols: HypervisorSymbols; readonly loader: Loader },
): readonly Refusal[] {
  const { address, unit, runningName } = replacement
  const origin = originOf(units, address)
  const now = units[address.unit]?.verdicts.correlation.patched.pieces[address.piece]
  // What moved here from another file has no old code in this one.
  if (origin === undefined || now === undefined || origin.unit !== address.unit) return []
  return mayBeInlined(origin.input.verdicts.correlation, origin.piece, now).flatMap(piece => {
    const place = symbols.lookup(loader.runningName(origin.input.fileSymbol, piece.name, piece.local))
    const finding = place === undefined ? undefined : checkers[address.unit]?.check(piece, place)
    if (finding?.difference === undefined) return []
    const { text, hint } = codeRefusal(replacement, finding)
    const why = `${runningName} calls it, and its new code does not: it may hold a copy of it`
    return [{ code: 'not-the-running-code', unit, symbol: piece.name, text: `${text}; ${why}`, hint }]
  })
}

interface Told {
  readonly refusals: readonly Refusal[]
  readonly warnings: readonly Reason[]
}

/** What differs, and is not replaced, and what the payload's new functions were made from nevertheless. */
export function codeBeside(
  units: readonly UnitInput[],
  selection: Selection,
  running: Below,
  others: OtherCodes,
): Told {
  const told = [...others].flatMap(([at, other]) => {
    const input = units[at]
    if (input === undefined) return []
    const pieces = selection.pieces.filter(({ address, piece }) => address.unit === at && piece.kind === 'function')
    const names = new Set(pieces.map(({ piece }) => sourceName(piece.name)))
    const replaced = new Set(selection.replacements.map(({ runningName }) => runningName))
    return [...names].map(name => besideOne({ input, other, replaced, running }, name))
  })
  return { refusals: told.flatMap(({ refusals }) => refusals), warnings: told.flatMap(({ warnings }) => warnings) }
}

interface Scene {
  readonly input: UnitInput
  readonly other: OtherCode
  /** Running names: these are compared by themselves. */
  readonly replaced: ReadonlySet<string>
  readonly running: Below
}

function besideOne({ input, other, replaced, running }: Scene, name: string): Told {
  const { unit, fileSymbol, verdicts } = input
  const { original, patched } = verdicts.correlation
  const from = other.source && madeFrom(name, other.source, functionsNamed(patched, name))
  const refusals: Refusal[] = []
  const warnings: Reason[] = []
  for (const [id, finding] of other.different) {
    const piece = original.pieces[id]
    if (piece === undefined || sourceName(piece.name) === name) continue
    const runningName = imageLoader(running).runningName(fileSymbol, piece.name, piece.local)
    const how = replaced.has(runningName) ? undefined : howConcerned(from, sourceName(piece.name))
    if (how === undefined) continue
    const below = replacedBelow(running, { runningName, oldSize: piece.size })
    const { text, hint } = codeRefusal(input, finding)
    if (below !== undefined) {
      const covered = `${runningName} (${unit}) is replaced by ${below} already: whether ${unit} has that text of it was not compared`
      warnings.push({ code: 'replaced-below', text: `${covered}; ${name} ${SAYS[how]}` })
    } else if (how === 'held') {
      refusals.push({
        code: 'not-the-running-code',
        unit,
        symbol: piece.name,
        text: `${text}; ${name} ${SAYS.held}`,
        hint,
      })
    } else warnings.push({ code: 'other-code-called', text: `${text}; ${name} ${SAYS.called}` })
  }
  return { refusals, warnings }
}

const SAYS = {
  held: 'may hold a copy of it, or of what it was folded into',
  called: 'calls it, and was compiled with the tree’s text of it in view',
} as const

/** All of them may be held where the compiler does not tell. */
function howConcerned(from: MadeFrom | undefined, name: string): keyof typeof SAYS | undefined {
  if (from === undefined || from.held.has(name)) return 'held'
  return from.called.has(name) ? 'called' : undefined
}
