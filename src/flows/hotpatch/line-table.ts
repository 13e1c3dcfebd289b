/**
 * Where the running system keeps the line numbers of functions that stay (way `table`): the sites of kept functions, as
 * symbols of the running system. Code is found by the function's own symbol. Bug frames have no symbols; they are found
 * in the hypervisor's tables by the instruction that they are for, and named relative to the tables' start.
 *
 * In:  judged units with their sites, and the hypervisor's symbols, unchanged.
 * Out: the places, and why sites were left out. A place that cannot be found exactly is left out, never guessed.
 */

import { createHash } from 'node:crypto'
import type { Reason } from '../../base/refusal.ts'
import { compareUnit, type Judged, type LineSite, type UnitVerdicts } from '../../compare/compare.ts'
import { correlate } from '../../correlate/correlate.ts'
import { emptyObject } from '../../elf/empty.ts'
import { readElf } from '../../elf/index.ts'
import { fitsField, type TablePlace, tableUnit } from '../../lines/table.ts'
import type { Target } from '../../loaders/loader.ts'
import { hooksMayWrite } from '../../loaders/xen/read-only-data.ts'
import type { HypervisorSymbols } from '../../loaders/xen/symbols.ts'
import type { Piece, PieceId, PieceMap } from '../../pieces/model.ts'
import { pieceMap } from '../../pieces/pieces.ts'
import { sectionClassOf } from '../../pieces/section-facts.ts'
import type { UnitInput } from '../../select/select.ts'
import type { LineMap } from '../../source/model.ts'
import { probe, type Tree } from '../../trees/index.ts'
import type { JudgedUnit } from './judge.ts'

interface TableUnitInput {
  readonly unit: string
  readonly fileSymbol: string
  readonly verdicts: UnitVerdicts
  readonly sites: NonNullable<JudgedUnit['sites']>
}

/** A line number that the payload's table sets while it is applied. */
export interface SetNumber {
  readonly unit: string
  readonly site: LineSite
}

interface FoundPlaces {
  readonly places: readonly TablePlace[]
  /** Whose numbers they are, in the same order. */
  readonly set: readonly SetNumber[]
  readonly leftOut: readonly Reason[]
}

interface Where {
  readonly symbols: HypervisorSymbols
  readonly target: Target
  readonly maps: LineMaps
}

function findTablePlaces(units: readonly TableUnitInput[], { symbols, target, maps }: Where): FoundPlaces {
  // Bug frames lie in read-only data, and a hook that writes where it may not stops the hypervisor.
  const may = hooksMayWrite(symbols)
  const mayWrite = may === 'read-only data' || may === 'a mapping alone'
  const frames = mayWrite ? frameAddresses(symbols) : undefined
  const places: TablePlace[] = []
  const set: SetNumber[] = []
  const leftOut: Reason[] = []
  for (const input of units) {
    const { original } = input.verdicts.correlation
    for (const judged of input.verdicts.functions) {
      if (judged.verdict.kind !== 'line-only' || judged.original === undefined) continue
      for (const { site, owner } of sitesOf(input, judged)) {
        const now = maps.get(site.file)?.toPatched[site.line] || undefined
        if (now === undefined || now === site.line) continue
        const name = target.loader.runningName(input.fileSymbol, owner.name, owner.local)
        const fits = fitsField(site.bits, site.line, now)
        const place = isInit(original, owner) || !fits ? undefined : placeOf({ symbols, frames, original, name }, site)
        if (place !== undefined) {
          places.push({ ...place, old: site.line, new: now })
          set.push({ unit: input.unit, site })
        } else
          leftOut.push({
            code: 'line-not-set',
            text: `${input.unit}: line ${site.line} in ${owner.name} keeps its number: ${fits ? whyNot(site, mayWrite) : `the new one, ${now}, does not fit there`}`,
          })
      }
    }
  }
  return { places, set, leftOut }
}

function whyNot(site: LineSite, mayWrite: boolean): string {
  if (site.in !== 'code' && !mayWrite) return "it is in read-only data, which this system's loader lets no hook write"
  return 'its place in the running system is not known'
}

export interface TableAddition {
  /** To be selected beside the others: one, or none where no number is to be set. */
  readonly units: readonly UnitInput[]
  readonly standIns: ReadonlyMap<string, string>
  readonly set: readonly SetNumber[]
  readonly notices: readonly Reason[]
}

export const NO_TABLE: TableAddition = { units: [], standIns: new Map(), set: [], notices: [] }

export interface TableOptions {
  readonly symbols: HypervisorSymbols | undefined
  readonly target: Target
  readonly maps: LineMaps
}

/** Of each file, as the patch names it; a line that is gone has no number. */
type LineMaps = ReadonlyMap<string, LineMap>

/** The table's own unit, compiled with the flags of an affected unit of the tree. */
export async function lineTable(
  tree: Tree,
  units: readonly JudgedUnit[],
  { symbols, target, maps }: TableOptions,
): Promise<TableAddition> {
  const host = tree.units.find(({ unit, language }) => language === 'c' && units.some(each => each.unit === unit))
  const inputs = units.flatMap(({ sites, ...unit }) => (sites === undefined ? [] : [{ ...unit, sites }]))
  if (!target.loader.setsLines) return { ...NO_TABLE, notices: notSettable(inputs, { target, maps }) }
  if (symbols === undefined || host === undefined) return NO_TABLE
  const { places, set, leftOut } = findTablePlaces(inputs, { symbols, target, maps })
  if (places.length === 0) return { ...NO_TABLE, notices: leftOut }
  const { text, standIns } = tableUnit(places)
  const patched = readElf<'patched'>(await probe(tree, host, text))
  const options = { loader: target.loader }
  const before = pieceMap(emptyObject<'original'>(patched.header), options)
  const verdicts = compareUnit(correlate(before, pieceMap(patched, options)))
  // Its names must differ from those of the table in a payload below, which a loader would call taken.
  const fileSymbol = `hotsplice-lines-${createHash('sha256').update(text).digest('hex').slice(0, 12)}.c`
  const said = {
    code: 'line-table',
    text: `${places.length} line numbers of functions that stay are set while the payload is applied`,
  }
  return { units: [{ unit: 'hotsplice/lines.o', fileSymbol, verdicts }], standIns, set, notices: [said, ...leftOut] }
}

/** Where the loader runs no such hook, the numbers that would have been set are those that mask leaves. */
function notSettable(units: readonly TableUnitInput[], { target, maps }: Omit<Where, 'symbols'>): readonly Reason[] {
  const moved = units.flatMap(input =>
    input.verdicts.functions
      .filter(({ verdict }) => verdict.kind === 'line-only')
      .flatMap(judged => sitesOf(input, judged))
      .filter(({ site }) => (maps.get(site.file)?.toPatched[site.line] || site.line) !== site.line),
  )
  if (moved.length === 0) return []
  const numbers = moved.length === 1 ? '1 line number' : `${moved.length} line numbers`
  const text = `${numbers} of functions that stay are not set: ${target.loader.title} takes no table of them; they keep the original's, as with mask`
  return [{ code: 'line-not-set', text }]
}

interface OwnedSite {
  readonly site: LineSite
  /** The function piece whose symbol the place is counted from. */
  readonly owner: Piece<'original'>
}

/** The sites in a function's code, its parts and its special entries. */
function sitesOf({ verdicts, sites }: TableUnitInput, judged: Judged): readonly OwnedSite[] {
  const map = verdicts.correlation.original
  const successors = judged.patched === undefined ? [] : (verdicts.parts.get(judged.patched.id) ?? [])
  const parts = successors.map(part => map.pieces[verdicts.correlation.toOriginal.get(part.id) ?? -1])
  const owners = [judged.original, ...parts].filter(piece => piece !== undefined)
  return owners.flatMap(owner => {
    const ids: readonly PieceId<'original'>[] = [owner.id, ...(map.entriesOf.get(owner.id) ?? [])]
    return ids.flatMap(id => (sites.get(id) ?? []).map(site => ({ site, owner })))
  })
}

function isInit(map: PieceMap<'original'>, piece: Piece<'original'>): boolean {
  return sectionClassOf(map, piece) === 'init-code'
}

interface PlaceContext {
  readonly symbols: HypervisorSymbols
  readonly frames: Frames
  readonly original: PieceMap<'original'>
  /** Of the function, in the running system. */
  readonly name: string
}

function placeOf(
  { symbols, frames, original, name }: PlaceContext,
  site: LineSite,
): Pick<TablePlace, 'symbol' | 'delta' | 'kind' | 'bits'> | undefined {
  const address = symbols.lookup(name)
  if (address === undefined) return undefined
  const width = site.bits / 8
  if (site.in === 'code') {
    if (site.at !== undefined)
      return { symbol: name, delta: site.offset, kind: 4, bits: { at: site.at, count: site.bits } }
    return isWidth(width) ? { symbol: name, delta: site.offset, kind: width } : undefined
  }
  if (site.in === 'data' && (original.pieces[site.piece]?.kind !== 'entry' || !isWidth(width))) return undefined
  const target = original.pieces[site.piece]?.references[0]?.target
  if (target?.to !== 'piece' || frames === undefined) return undefined
  const found = frames.byCode.get(address + target.delta)
  if (found === undefined || found === 'several') return undefined
  const delta = Number(found - frames.start)
  if (site.in === 'addend') return { symbol: frames.symbol, delta, kind: 'frame' }
  return isWidth(width) ? { symbol: frames.symbol, delta: delta + site.offset, kind: width } : undefined
}

const isWidth = (width: number): width is 1 | 2 | 4 | 8 => [1, 2, 4, 8].includes(width)

/** Addresses of bug frames by the address of the instruction that each is for. */
type Frames =
  | {
      readonly symbol: string
      readonly start: bigint
      readonly byCode: ReadonlyMap<bigint, bigint | 'several'>
    }
  | undefined

/** Each kind of frame has a section. */
const FRAMES = ['.bug_frames.0', '.bug_frames.1', '.bug_frames.2', '.bug_frames.3']

/** Frames are named from the first of them all, which a symbol stands at (arch/x86/xen.lds.S). */
function frameAddresses(symbols: HypervisorSymbols): Frames {
  const named = symbols.symbols.filter(({ plainName }) => plainName.startsWith('__start_bug_frames'))
  const [first] = named.toSorted((a, b) => (a.address < b.address ? -1 : 1))
  if (first === undefined) return undefined
  const byCode = new Map<bigint, bigint | 'several'>()
  for (const { address, about } of FRAMES.flatMap(section => symbols.entriesOf(section) ?? [])) {
    byCode.set(about, byCode.has(about) ? 'several' : address)
  }
  return { symbol: first.name, start: first.address, byCode }
}
