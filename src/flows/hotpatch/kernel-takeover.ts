/**
 * Functions of a Linux kernel that have an ftrace site, and that a live patch must not take over all the same. Part of the
 * pipeline.
 *
 * Which mistake is worse: the kernel has another unit's function under the name of a weak one, with the same bytes even
 * (`return NULL`), and that one is replaced by what the patch makes of the other. So a weak function counts only where it lies
 * among others of its unit.
 */
import type { Reason, Refusal } from '../../base/refusal.ts'
import type { Side } from '../../base/side.ts'
import { LINUX } from '../../loaders/linux/linux.ts'
import type { NamedKernel } from '../../loaders/linux/named-kernel.ts'
import type { Piece, PieceMap } from '../../pieces/model.ts'
import type { Replacement, Selection, UnitInput } from '../../select/model.ts'
import { type Origin, originOf } from '../../select/origins.ts'

type Names = Pick<NamedKernel, 'lookup' | 'symbolsNamed' | 'symbolsAt' | 'symbolBefore' | 'nextSymbolAddress'>
type Taken = Pick<Selection, 'replacements'>

export function takeoverRefusals(
  units: readonly UnitInput[],
  { replacements }: Taken,
  kernel: Names,
): readonly Refusal[] {
  return replacements.flatMap(replacement => {
    const origin = originOf(units, replacement.address)
    if (origin === undefined) return []
    return [...weakRefusals(replacement, origin, kernel), ...untracedRefusals(units, replacement, origin)]
  })
}

/** A weak function beside which the kernel has others than its unit's. */
function weakRefusals({ runningName, unit }: Replacement, origin: Origin, kernel: Names): readonly Refusal[] {
  const { input, piece } = origin
  const map = input.verdicts.correlation.original
  const address = kernel.lookup(runningName)
  if (!isWeak(map, piece) || address === undefined || liesAmong(input, address, kernel)) return []
  const text = `${piece.name} is weak in ${unit}, and what the kernel has by that name does not lie among other functions of this unit: another unit’s definition may be the one that runs`
  const hint = 'leave it out of the patch; or change the definition that the kernel has, or what calls it'
  return [{ code: 'other-definition', unit, symbol: piece.name, text, hint }]
}

function isWeak<S extends Side>({ object }: PieceMap<S>, { symbols }: Piece<S>): boolean {
  const own = symbols.flatMap(id => object.symbols[id] ?? [])
  return own.some(({ binding }) => binding === 'weak') && !own.some(({ binding }) => binding === 'global')
}

/** Marks that objtool leaves before functions. */
const MARK = /^__(?:pfx|cfi)_/

/** Whether the nearest functions on both sides are of the unit, without those that are weak in it: others may bring several. */
function liesAmong({ fileSymbol, verdicts }: UnitInput, address: bigint, kernel: Names): boolean {
  const map = verdicts.correlation.original
  const functions = new Map(map.pieces.flatMap(each => (each.kind === 'function' ? [[each.name, each] as const] : [])))
  const isOurs = (at: bigint): boolean | undefined => {
    const names = kernel.symbolsAt(at).filter(({ plainName }) => !MARK.test(plainName))
    if (names.length === 0) return undefined
    const own = names.flatMap(({ plainName }) => functions.get(plainName) ?? [])
    if (own.some(each => isWeak(map, each))) return undefined
    return own.some(({ name, local }) =>
      kernel.symbolsNamed(LINUX.runningName(fileSymbol, name, local)).some(each => each.address === at),
    )
  }
  const firstOf = (next: (at: bigint) => bigint | undefined) => {
    for (let at = next(address); at !== undefined; at = next(at)) {
      const found = isOurs(at)
      if (found !== undefined) return found
    }
    return false
  }
  return firstOf(at => kernel.symbolBefore(at - 1n)?.address) && firstOf(at => kernel.nextSymbolAddress(at))
}

/** A function that is not to be traced any more: ftrace goes on calling at the old place, the live patching core itself there. */
function untracedRefusals(
  units: readonly UnitInput[],
  { address, unit }: Replacement,
  origin: Origin,
): readonly Refusal[] {
  const { original } = origin.input.verdicts.correlation
  const patched = units[address.unit]?.verdicts.correlation.patched
  const piece = patched?.pieces[address.piece]
  if (patched === undefined || piece === undefined) return []
  if (sitesOf(original, origin.piece) === 0 || sitesOf(patched, piece) > 0) return []
  const text = `${piece.name} is not to be traced with the patch (notrace), and a live patch reaches it by way of ftrace: the call at the beginning of the old one stays, and who traces it goes on being called there`
  const hint = 'leave out of the patch what keeps it from being traced; that takes a new kernel and a reboot'
  return [{ code: 'no-ftrace-site', unit, symbol: piece.name, text, hint }]
}

function sitesOf<S extends Side>(map: PieceMap<S>, piece: Piece<S>): number {
  const entries = map.entriesOf.get(piece.id) ?? []
  return entries.filter(id => map.object.sections[map.pieces[id]?.section ?? -1]?.name === '__mcount_loc').length
}

/** What NOKPROBE_SYMBOL gathers (include/linux/kprobes.h): addresses of functions that no kprobe may stand in. */
const UNPROBED = '_kprobe_blacklist'

/** Functions that no kprobe may stand in: the kernel’s own list of them has the old ones, and new code is not on it. */
export function probeNotices(units: readonly UnitInput[], { replacements }: Taken): readonly Reason[] {
  return replacements.flatMap(({ address, unit }): readonly Reason[] => {
    const { input, piece } = originOf(units, address) ?? {}
    const map = input?.verdicts.correlation.original
    if (map === undefined || piece === undefined) return []
    const isListed = map.pieces.some(
      ({ section, references }) =>
        map.object.sections[section]?.name === UNPROBED &&
        references.some(({ target }) => target.to === 'piece' && target.piece === piece.id),
    )
    if (!isListed) return []
    const text = `${piece.name} (${unit}) is one in which no kprobe may stand (NOKPROBE_SYMBOL); the kernel knows that of the old one alone: set none in the new one`
    return [{ code: 'probes-allowed', text }]
  })
}
