/**
 * Every place where a unit embeds a source line number: `hotsplice lines`. The unit is compiled a second time with the
 * lines of all its files of the tree shifted, each file by a number of its own, so that the difference between the two
 * objects tells both that a number is a line and whose line it is.
 */
import { InputError } from '../base/errors.ts'
import type { LineSite } from '../compare/model.ts'
import { findLineSites, type ShiftedFile, type Unexplained } from '../compare/sites.ts'
import { callsOn } from '../ctext/calls.ts'
import type { LexedFile } from '../ctext/lexed.ts'
import { lex } from '../ctext/lexer.ts'
import { readElf } from '../elf/index.ts'
import { lowerLines, shiftLines } from '../lines/shift.ts'
import type { Piece, PieceId, PieceMap } from '../pieces/model.ts'
import { type CutOptions, pieceMap } from '../pieces/pieces.ts'
import { type LinesReport, type ListedSite, linesReport, type SitesOfUnit } from '../report/lines-report.ts'
import {
  type BaseOptions,
  compileUnits,
  openBase,
  originalObject,
  type RunOptions,
  shortName,
  type Tree,
  treeKind,
  type Unit,
  wholeRun,
} from '../trees/index.ts'
import { entrySizesBy } from './hotpatch/entry-sizes.ts'

export interface ListedUnit extends SitesOfUnit {
  /** What was compared. */
  readonly objects: { readonly original: Uint8Array; readonly shifted: Uint8Array }
}

export interface ListRequest extends BaseOptions, RunOptions {
  /** The source file, relative to the tree or to its source folder. */
  readonly source: string
  /** Of hotsplice. */
  readonly version: string
}

export interface Listed {
  readonly report: LinesReport
  /** By unit, as views show it. */
  readonly units: readonly SitesOfUnit[]
}

/** Opens the tree, and lists the sites of every unit that is compiled from the source. */
export function listLines(request: ListRequest): Promise<Listed> {
  return wholeRun(request, async run => {
    const units = await listLineSites({ ...(await openBase(request, run)), run }, request.source)
    return { report: linesReport(units, request.version), units }
  })
}

/** Lists the sites of every unit that is compiled from `source` (relative to the tree or to its source folder). */
export async function listLineSites(tree: Tree, source: string): Promise<readonly ListedUnit[]> {
  const units = tree.units.filter(unit => unit.source === source || unit.dependencies[0] === source)
  if (units.length === 0) {
    throw new InputError(
      'lines/no-unit',
      `no unit of the tree is compiled from ${source}`,
      'give a source file as the build knows it, relative to the tree or to its source folder; headers belong to the units that include them',
    )
  }
  return listUnits(tree, units)
}

/** Lists the sites of these units. */
export async function listUnits(tree: Tree, units: readonly Unit[]): Promise<readonly ListedUnit[]> {
  const { known } = await entrySizesBy(tree, units)
  const cut: CutOptions = { loader: treeKind(tree).loader, ...known }
  const listed = await listShifted(tree, units, { direction: 'raised', cut })
  // A field that grows with its number hides what is around it; some of these do not when lines are lowered.
  const hidden = units.filter((_, index) => (listed[index]?.unexplained.length ?? 0) > 0)
  const again = await listShifted(tree, hidden, { direction: 'lowered', cut })
  const lowered = new Map(hidden.map((unit, index) => [unit, again[index]]))
  return units.flatMap((unit, index) => {
    const [first, second] = [listed[index], lowered.get(unit)]
    if (first === undefined) return []
    return [second === undefined ? first : bothOf(first, second)]
  })
}

type Direction = 'raised' | 'lowered'

/** What one shifted compile tells of a unit. */
interface ShownSites extends ListedUnit {
  readonly differences: readonly Unexplained[]
  readonly pieceOf: ReadonlyMap<ListedSite, PieceId<'original'>>
}

interface Asked {
  readonly direction: Direction
  readonly cut: CutOptions
}

async function listShifted(
  tree: Tree,
  units: readonly Unit[],
  { direction, cut }: Asked,
): Promise<readonly ShownSites[]> {
  const requests = units.map(unit => shiftedRequest(tree, unit, direction))
  const compiled = await compileUnits(
    tree,
    requests.map(({ request }) => request),
  )
  return Promise.all(
    units.map(async (unit, index) => {
      const shifted = compiled[index]?.object ?? new Uint8Array()
      return listUnit(tree, unit, { shifted, files: requests[index]?.files ?? [], cut })
    }),
  )
}

/** The first's sites, and the second's in pieces that the first could not explain. */
function bothOf(first: ShownSites, second: ShownSites): ShownSites {
  const still = new Set(second.differences.map(({ piece }) => piece))
  const helped = new Set(first.differences.map(({ piece }) => piece).filter(piece => !still.has(piece)))
  const isOf = (site: ListedSite, { pieceOf }: ShownSites) => {
    const piece = pieceOf.get(site)
    return piece !== undefined && helped.has(piece)
  }
  const own = first.sites.filter(site => !isOf(site, first))
  const others = second.sites.filter(site => isOf(site, second))
  const differences = first.differences.filter(({ piece }) => !helped.has(piece))
  return {
    ...first,
    sites: [...own, ...others].toSorted(bySection),
    differences,
    unexplained: differences.map(({ text }) => text),
  }
}

/** The first shift; small, so that fields keep their width. Each further file of the unit has the next number. */
const FIRST_SHIFT = 3

function shiftedRequest(tree: Tree, unit: Unit, direction: Direction) {
  const files: ShiftedFile[] = []
  const overlay = new Map<string, string>()
  for (const path of unit.dependencies) {
    const text = tree.reader.read(path)
    if (text === undefined) continue
    const by = FIRST_SHIFT + files.length
    const moved = direction === 'raised' ? shiftLines(text, by) : lowerLines(text, by)
    if (moved === undefined) continue
    files.push({ file: path, shift: direction === 'raised' ? by : -by, lines: text.split('\n').length })
    overlay.set(path, moved)
  }
  return { files, request: { unit, overlay, label: 'shifted' } }
}

interface ShiftedUnit {
  readonly shifted: Uint8Array
  readonly files: readonly ShiftedFile[]
  readonly cut: CutOptions
}

async function listUnit(tree: Tree, unit: Unit, { shifted, files, cut }: ShiftedUnit): Promise<ShownSites> {
  const object = await originalObject(tree, unit)
  const original = pieceMap(readElf<'original'>(object), cut)
  const found = findLineSites(original, pieceMap(readElf<'patched'>(shifted), cut), files)
  const owners = ownersOf(original)
  const callsAt = callsIn(tree)
  const pieceOf = new Map<ListedSite, PieceId<'original'>>()
  for (const site of [...found.byPiece.values()].flat()) {
    const listed = listSite(unit.unit, original, owners, site)
    pieceOf.set(
      { ...listed, file: shortName(tree.layout, site.file), calls: callsAt(site.file, site.line) },
      site.piece,
    )
  }
  return {
    unit: unit.unit,
    sites: [...pieceOf.keys()].toSorted(bySection),
    unexplained: found.unexplained.map(({ text }) => text),
    objects: { original: object, shifted },
    differences: found.unexplained,
    pieceOf,
  }
}

function listSite(
  unit: string,
  map: PieceMap<'original'>,
  owners: ReadonlyMap<number, Piece<'original'>>,
  site: LineSite,
): Omit<ListedSite, 'calls'> {
  const piece = map.pieces[site.piece]
  const section = piece === undefined ? '' : (map.object.sections[piece.section]?.name ?? '')
  const owner = owners.get(site.piece)
  const { bits, file, line } = site
  const rest = { unit, section, in: site.in, bits, file, line }
  if (piece?.kind === 'function') return { ...rest, function: piece.name, offset: site.offset }
  const target = piece?.references[0]?.target
  if (owner !== undefined && target?.to === 'piece')
    return { ...rest, function: owner.name, offset: Number(target.delta) }
  return { ...rest, function: '', offset: (piece?.offset ?? 0) + site.offset }
}

/** Answers what a line of a file of the tree calls; each file is read once. */
function callsIn(tree: Tree): (path: string, line: number) => readonly string[] {
  const files = new Map<string, LexedFile>()
  return (path, line) => {
    const file = files.get(path) ?? lex(tree.reader.read(path) ?? '')
    files.set(path, file)
    return callsOn(file, line)
  }
}

/** The function that each special entry belongs to. */
function ownersOf(map: PieceMap<'original'>): ReadonlyMap<number, Piece<'original'>> {
  const owners = new Map<number, Piece<'original'>>()
  for (const [id, entries] of map.entriesOf) {
    const owner = map.pieces[id]
    if (owner !== undefined) for (const entry of entries) owners.set(entry, owner)
  }
  return owners
}

function bySection(a: ListedSite, b: ListedSite): number {
  return a.section === b.section ? a.offset - b.offset : a.section < b.section ? -1 : 1
}
