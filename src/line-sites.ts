/**
 * Every place where a unit embeds a source line number: `hotsplice lines`. The unit is compiled a second time with the
 * lines of all its files of the tree shifted, each file by a number of its own, so that the difference between the two
 * objects tells both that a number is a line and whose line it is.
 */
import { InputError } from './base/errors.ts'
import { compileUnits, originalObject, type Tree, type Unit } from './build/index.ts'
import type { LineSite } from './compare/model.ts'
import { findLineSites, type ShiftedFile, type Unexplained } from './compare/sites.ts'
import { readElf } from './elf/index.ts'
import { callsOn } from './lines/calls.ts'
import type { LexedFile } from './lines/lexed.ts'
import { lex } from './lines/lexer.ts'
import type { Piece, PieceMap } from './pieces/model.ts'
import { pieceMap } from './pieces/pieces.ts'

/** A site as people read it. */
export interface ListedSite {
  readonly unit: string
  /** Empty where the site belongs to no function. */
  readonly function: string
  readonly section: string
  /** Bytes from the start of the function; from the start of the section where there is none. */
  readonly offset: number
  readonly in: LineSite['in']
  readonly bits: number
  readonly file: string
  /** The original's. */
  readonly line: number
  /** The functions or macros that the line calls, as the source has them: what the number came from. */
  readonly calls: readonly string[]
}

export interface ListedUnit {
  readonly unit: string
  readonly sites: readonly ListedSite[]
  /** Differences between the two objects that are not line numbers as far as can be told. */
  readonly unexplained: readonly string[]
  /** What was compared. */
  readonly objects: { readonly original: Uint8Array; readonly shifted: Uint8Array }
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
  const requests = units.map(unit => shiftedRequest(tree, unit))
  const compiled = await compileUnits(
    tree,
    requests.map(({ request }) => request),
  )
  return Promise.all(
    units.map(async (unit, index) => {
      const shifted = compiled[index]?.object ?? new Uint8Array()
      return listUnit(tree, unit, { shifted, files: requests[index]?.files ?? [] })
    }),
  )
}

/** The first shift; small, so that fields keep their width. Each further file of the unit has the next number. */
const FIRST_SHIFT = 3

function shiftedRequest(tree: Tree, unit: Unit) {
  const files: ShiftedFile[] = []
  const overlay = new Map<string, string>()
  for (const path of unit.dependencies) {
    const text = tree.reader.read(path)
    if (text === undefined) continue
    const shift = FIRST_SHIFT + files.length
    files.push({ file: path, shift, lines: text.split('\n').length })
    overlay.set(path, `#line ${1 + shift}\n${text}`)
  }
  return { files, request: { unit, overlay, label: 'shifted' } }
}

interface ShiftedUnit {
  readonly shifted: Uint8Array
  readonly files: readonly ShiftedFile[]
}

async function listUnit(tree: Tree, unit: Unit, { shifted, files }: ShiftedUnit): Promise<ListedUnit> {
  const options = { table: tree.facts.kind === 'xen' ? 'xen' : 'process' } as const
  const object = await originalObject(tree, unit)
  const original = pieceMap(readElf<'original'>(object), options)
  const found = findLineSites(original, pieceMap(readElf<'patched'>(shifted), options), files)
  const owners = ownersOf(original)
  const named = (path: string) => (tree.facts.kind === 'xen' ? path.replace(/^xen\//, '') : path)
  const callsAt = callsIn(tree)
  const sites = [...found.byPiece.values()].flat().map(site => {
    const listed = listSite(unit.unit, original, owners, site)
    return { ...listed, file: named(site.file), calls: callsAt(site.file, site.line) }
  })
  return {
    unit: unit.unit,
    sites: sites.toSorted(bySection),
    unexplained: found.unexplained.map(({ text }: Unexplained) => text),
    objects: { original: object, shifted },
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
