/**
 * What differs between two objects, without a tree or a patch: the pure stages alone, for `hotsplice diff` and for
 * whoever uses the library in a build of their own.
 */
import { during, InputError } from '../base/errors.ts'
import type { Side } from '../base/side.ts'
import { compareUnit, type UnitVerdicts } from '../compare/compare.ts'
import { linesInEntries } from '../compare/entry-lines.ts'
import { inferLines } from '../compare/inferred-lines.ts'
import { findLineSites } from '../compare/sites.ts'
import { correlate } from '../correlate/correlate.ts'
import { readElf } from '../elf/index.ts'
import type { Loader } from '../loaders/loader.ts'
import { loaderOf, type TargetName } from '../loaders/loaders.ts'
import type { PieceMap } from '../pieces/model.ts'
import { pieceMap } from '../pieces/pieces.ts'
import { diffReport } from '../report/diff-report.ts'
import type { RunReport } from '../report/model.ts'
import { verdictReason } from '../select/words.ts'
import { listingsOf } from './hotpatch/listings.ts'

export interface DiffRequest extends DiffInput {
  /** How the report calls the pair: `common/domain.o`. */
  readonly unit: string
  /** Of hotsplice. */
  readonly version: string
  /** Let the report have both versions of code, for a page. */
  readonly details?: boolean
  /** Milliseconds that went before, by what they went for. */
  readonly timings?: Readonly<Record<string, number>>
}

/** Compares two objects, as a report. */
export function diff({ unit, version, timings = {}, details = false, ...objects }: DiffRequest): RunReport {
  const start = performance.now()
  const verdicts = diffObjects(objects)
  return diffReport({
    version,
    target: objects.target,
    unit,
    verdicts,
    way: objects.shifted === undefined ? 'ignore' : 'mask',
    details: details ? { patches: [], neutral: null, texts: [], ...listingsOf([{ unit, verdicts }]) } : null,
    timings: { ...timings, compare: performance.now() - start },
    reasonOf: verdictReason,
  })
}

/** Two objects of one unit. */
export interface UnitObjects {
  readonly original: Uint8Array
  readonly patched: Uint8Array
  /** The original compiled with its lines shifted, and by how many. */
  readonly shifted?: { readonly object: Uint8Array; readonly shift: number }
}

export interface DiffInput extends UnitObjects {
  /** Whose sections these are. */
  readonly target: TargetName
}

/** Compares two objects of one unit. With a shifted object, functions that differ only by line numbers are told. */
export function diffObjects({ target, ...objects }: DiffInput): UnitVerdicts {
  return compareObjects(objects, loaderOf(target))
}

/** Likewise, for any loader. */
export function compareObjects({ original, patched, shifted }: UnitObjects, loader: Loader): UnitVerdicts {
  const read = <S extends Side>(bytes: Uint8Array, which: string): PieceMap<S> =>
    during(`reading the ${which} object`, () => pieceMap(readElf<S>(bytes), { loader }))
  const before = read<'original'>(original, 'original')
  const after = read<'patched'>(patched, 'patched')
  if (before.object.header.machine !== after.object.header.machine) {
    throw new InputError(
      'diff/other-machine',
      `the original is for machine ${before.object.header.machine}, the patched object for ${after.object.header.machine}`,
    )
  }
  const correlation = correlate(before, after)
  if (shifted === undefined) {
    const known = linesInEntries(before)
    return compareUnit(correlation, known.byPiece.size === 0 ? undefined : inferLines(correlation, known))
  }
  const file = before.object.symbols.find(symbol => symbol.kind === 'file')?.name ?? ''
  const sites = findLineSites(before, read<'patched'>(shifted.object, 'shifted'), [
    { file, shift: shifted.shift, lines: Number.MAX_SAFE_INTEGER },
  ])
  return compareUnit(correlation, inferLines(correlation, sites))
}
