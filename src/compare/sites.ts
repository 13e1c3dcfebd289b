/**
 * Finds where line numbers are embedded, exactly, by asking the compiler: the unit is compiled a second time with the
 * lines of the touched files shifted, and whatever differs between the two objects is an embedded line number.
 *
 * Each difference must then behave as a line number: a field that holds a line of the file in the one object and that
 * line plus the shift in the other. Touched files have different shifts, so the difference tells whose line it is.
 * What differs and does not behave so is reported, and whatever holds it is never excused.
 *
 * The two objects come from the same text, so they are cut into the same pieces in the same order. It would be tempting
 * to look for known patterns instead (a constant loaded before a call to printk); that is how a changed constant
 * gets lost.
 */

import type { Side } from '../base/side.ts'
import { SHF_EXECINSTR, SHF_STRINGS } from '../elf/spec/constants.ts'
import type { NumberField } from '../machines/machine.ts'
import { machineOf } from '../machines/machines.ts'
import type { Piece, PieceId, PieceMap } from '../pieces/model.ts'
import { bytesOf, lineOf } from './content.ts'
import { endOfField, isEqualBeside, lineIn } from './fields.ts'
import type { LineSite } from './model.ts'

/** A file whose lines were shifted for the second compile. */
export interface ShiftedFile {
  /** As the patch names it. */
  readonly file: string
  /** Added to every line number; different for each file. */
  readonly shift: number
  /** Lines that the file has. */
  readonly lines: number
}

/** A difference between the two objects that is not a line number as far as can be told. */
export interface Unexplained {
  readonly piece: PieceId<'original'>
  readonly offset: number
  readonly text: string
}

export interface LineSites {
  readonly byPiece: ReadonlyMap<PieceId<'original'>, readonly LineSite[]>
  readonly unexplained: readonly Unexplained[]
}

/** Compares an object with the one of the shifted text. */
export function findLineSites(
  original: PieceMap<'original'>,
  shifted: PieceMap<'patched'>,
  files: readonly ShiftedFile[],
): LineSites {
  const byPiece = new Map<PieceId<'original'>, readonly LineSite[]>()
  const unexplained: Unexplained[] = []
  for (const section of original.object.sections) {
    const mine = original.bySection[section.id] ?? []
    // Both are cut from the same text: what has one number is one section.
    const theirs = shifted.bySection[section.id] ?? []
    const isParallel = mine.length === theirs.length && shifted.object.sections[section.id]?.name === section.name
    for (const [index, piece] of mine.entries()) {
      const partner = theirs[index]
      if (!isParallel || partner === undefined) {
        unexplained.push({
          piece: piece.id,
          offset: 0,
          text: `${section.name} splits differently when lines are shifted`,
        })
        continue
      }
      const found = sitesOfPiece({ original, shifted, files }, piece, partner)
      if (found.sites.length > 0) byPiece.set(piece.id, found.sites)
      unexplained.push(...found.unexplained)
    }
  }
  return { byPiece, unexplained }
}

interface Context {
  readonly original: PieceMap<'original'>
  readonly shifted: PieceMap<'patched'>
  readonly files: readonly ShiftedFile[]
}

interface Found {
  readonly sites: readonly LineSite[]
  readonly unexplained: readonly Unexplained[]
}

function sitesOfPiece(context: Context, piece: Piece<'original'>, partner: Piece<'patched'>): Found {
  const report = (offset: number, text: string): Found => ({
    sites: [],
    unexplained: [{ piece: piece.id, offset, text }],
  })
  if (piece.size !== partner.size || piece.kind !== partner.kind) {
    return report(0, `${piece.name} goes from ${piece.size} to ${partner.size} bytes when lines are shifted`)
  }
  const references = sitesOfReferences(context, piece, partner)
  const before = bytesOf(context.original, piece)
  const after = bytesOf(context.shifted, partner)
  if (Buffer.compare(before, after) === 0) return references
  const bytes = sitesOfBytes(context, piece, before, after)
  return {
    sites: [...references.sites, ...bytes.sites],
    unexplained: [...references.unexplained, ...bytes.unexplained],
  }
}

function sitesOfReferences(context: Context, piece: Piece<'original'>, partner: Piece<'patched'>): Found {
  const unexplained: Unexplained[] = []
  for (const [index, before] of piece.references.entries()) {
    const after = partner.references[index]
    if (
      after !== undefined &&
      before.offset === after.offset &&
      before.type === after.type &&
      reachesAlike(context, before, after)
    )
      continue
    unexplained.push({
      piece: piece.id,
      offset: before.offset,
      text: `a relocation of ${piece.name} differs when lines are shifted`,
    })
  }
  if (piece.references.length !== partner.references.length) {
    unexplained.push({
      piece: piece.id,
      offset: 0,
      text: `${piece.name} has a different number of relocations when lines are shifted`,
    })
  }
  const line = lineOf(piece)
  const shiftedLine = lineOf(partner)
  if (line === undefined || shiftedLine === undefined || line === shiftedLine) return { sites: [], unexplained }
  const file = fileOf(context.files, line, shiftedLine)
  if (file === undefined) {
    const text = `the line number of ${piece.name} goes from ${line} to ${shiftedLine}, which is no file's shift`
    return { sites: [], unexplained: [...unexplained, { piece: piece.id, offset: 0, text }] }
  }
  return {
    sites: [{ piece: piece.id, offset: 0, in: 'addend', bits: lineBitsOf(context.original, piece), file, line }],
    unexplained,
  }
}

/** Both reach the same place: the piece of the same number, as both objects are cut alike, or the same name. */
function reachesAlike(
  context: Context,
  before: Piece<'original'>['references'][number],
  after: Piece<'patched'>['references'][number],
): boolean {
  const [a, b] = [before.target, after.target]
  if (a.to === 'piece' && b.to === 'piece') {
    const [x, y] = [context.original.pieces[a.piece], context.shifted.pieces[b.piece]]
    if (x === undefined || y === undefined || a.delta !== b.delta) return false
    return Number(x.section) === Number(y.section) && x.offset === y.offset
  }
  if (a.to === 'external' && b.to === 'external') return a.name === b.name && a.delta === b.delta
  if (a.to === 'absolute' && b.to === 'absolute') return a.value === b.value
  if (a.to === 'nothing' && b.to === 'nothing') return a.offset === b.offset && Number(a.section) === Number(b.section)
  return false
}

function lineBitsOf(map: PieceMap<Side>, piece: Piece<Side>): number {
  return map.sections[piece.section]?.layout?.fields.reduce((bits, field) => bits + (field.line?.lineBits ?? 0), 0) ?? 0
}

/** The file whose shift explains the step from `line` to `shifted`. */
function fileOf(files: readonly ShiftedFile[], line: number, shifted: number): string | undefined {
  return files.find(({ shift, lines }) => shifted - line === shift && line >= 1 && line <= lines)?.file
}

function sitesOfBytes(context: Context, piece: Piece<'original'>, before: Uint8Array, after: Uint8Array): Found {
  const offsets = [...before.keys()].filter(offset => before[offset] !== after[offset])
  const section = context.original.object.sections[piece.section]
  const isCode = section !== undefined && (section.flags & SHF_EXECINSTR) !== 0
  const hasText = !isCode && isText(section?.flags ?? 0, before)
  const { code } = machineOf(context.original.object.header.machine)
  const fields = isCode ? code?.numberFieldsAt(before, offsets) : undefined
  const sites: LineSite[] = []
  const unexplained: Unexplained[] = []
  let done = 0
  for (const offset of offsets) {
    if (offset < done) continue
    const spelled = hasText ? spelledAt(context.files, offset, before, after) : undefined
    if (spelled !== undefined) {
      unexplained.push({ piece: piece.id, offset, text: `${piece.name} ${spelled.text}` })
      done = spelled.end
      continue
    }
    const candidates = isCode
      ? [fields?.get(offset)].filter(field => field !== undefined)
      : dataFields(offset, before.length)
    const site = candidates
      .map(field => siteAt(context.files, field, before, after))
      .find(candidate => candidate !== undefined)
    if (site === undefined) {
      const text = `byte 0x${offset.toString(16)} of ${piece.name} differs when lines are shifted, and is no line number`
      unexplained.push({ piece: piece.id, offset, text })
      continue
    }
    sites.push({ piece: piece.id, in: isCode ? 'code' : 'data', ...site })
    done = endOfField(site)
  }
  return { sites, unexplained }
}

/** Of a section of texts, or ended by its only zero: no number of a line fills so many bytes. */
function isText(flags: number, bytes: Uint8Array): boolean {
  if ((flags & SHF_STRINGS) !== 0) return true
  return bytes.length >= 4 && bytes.indexOf(0) === bytes.length - 1
}

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39

/**
 * A line's number in decimal digits, as `__stringify(__LINE__)` gives it: a text, and no number, although the one digit that
 * differs may look like a byte that holds a line.
 */
function spelledAt(files: readonly ShiftedFile[], offset: number, before: Uint8Array, after: Uint8Array) {
  let [start, end] = [offset, offset]
  while (isDigit(before[start - 1]) && isDigit(after[start - 1])) start--
  while (isDigit(before[end]) && isDigit(after[end])) end++
  const [line, shifted] = [before, after].map(bytes =>
    Number(Buffer.from(bytes.subarray(start, end)).toString('latin1')),
  )
  const file = line === undefined || shifted === undefined ? undefined : fileOf(files, line, shifted)
  return file === undefined ? undefined : { end, text: `is a text that spells out line ${line} of ${file}` }
}

/** Fields of data that the byte can be part of, aligned as a compiler would. */
function dataFields(offset: number, size: number): readonly NumberField[] {
  return [4, 8, 2, 1]
    .map(width => ({ offset: offset - (offset % width), bits: width * 8 }))
    .filter(field => endOfField(field) <= size)
}

function siteAt(
  files: readonly ShiftedFile[],
  field: NumberField,
  before: Uint8Array,
  after: Uint8Array,
): Omit<LineSite, 'piece' | 'in'> | undefined {
  const line = lineIn(before, field)
  const file = fileOf(files, line, lineIn(after, field))
  return file === undefined || !isEqualBeside(before, after, field) ? undefined : { ...field, file, line }
}
