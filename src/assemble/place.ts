/**
 * Decides where every selected piece goes: sections of the same kind become one, because Xen takes fewer than 1024.
 *
 * A piece keeps its offset modulo its section's alignment. So what was aligned inside of it stays aligned, and pieces
 * that were neighbours and are both taken stay neighbours with nothing between them: code that runs on into the next
 * chunk, or jumps there without a relocation, still arrives. It is tempting to align each piece by itself and save some
 * bytes; that breaks exactly this.
 *
 * Only strings and constants of mergeable sections are shared: nothing but their content can matter, the linker would
 * have shared them too.
 */
import { InternalError } from '../base/errors.ts'
import type { ElfSection } from '../elf/model.ts'
import {
  SHF_ALLOC,
  SHF_EXECINSTR,
  SHF_MERGE,
  SHF_STRINGS,
  SHF_WRITE,
  SHT_NOBITS,
  SHT_PROGBITS,
} from '../elf/spec/constants.ts'
import { hasFlag } from '../elf/spec/flags.ts'
import type { SelectedPiece, Selection } from '../select/model.ts'
import type { PayloadTarget, PlacedPiece } from './model.ts'
import { OutputSection, type Placement, type SectionKind } from './output-section.ts'

const ALTERNATIVES = '.altinstructions'
export const REPLACEMENTS = '.altinstr_replacement'

/** The output sections by name, and where each piece lies, in the selection's order. */
export interface Placed {
  readonly sections: ReadonlyMap<string, OutputSection>
  readonly pieces: readonly PlacedPiece[]
}

export function placePieces(selection: Selection, target: PayloadTarget): Placed {
  const sections = new Map<string, OutputSection>()
  const shared = new Map<string, number[]>()
  const sectionOf = (kind: SectionKind) => {
    const section = sections.get(kind.name) ?? new OutputSection(kind)
    sections.set(kind.name, section)
    return section
  }
  const place = (selected: SelectedPiece): PlacedPiece => {
    const from = inputSection(selection, selected)
    const output = sectionOf(outputKind(selected, from, target))
    const offset = isShareable(selected, from)
      ? placeShared(output, selected, { from, shared })
      : placeAlone(output, selected, { from, target })
    return { address: selected.address, selected, section: output.kind.name, offset }
  }
  const placed = new Map(inPlacingOrder(selection, target).map(selected => [selected, place(selected)]))
  const pieces = selection.pieces.map(selected => placed.get(selected) ?? place(selected))
  // Xen wants the section to be there even when every replacement in it is empty.
  if (sections.has(ALTERNATIVES)) sectionOf(codeKind(REPLACEMENTS, target))
  return { sections, pieces }
}

export function inputSection(selection: Selection, { address, piece }: SelectedPiece): ElfSection<'patched'> {
  const section = selection.units[address.unit]?.patched.object.sections[piece.section]
  if (section === undefined) throw new InternalError(`${piece.name} of unit ${address.unit} has no section`)
  return section
}

/** The piece's bytes as the compiler left them, but for what it has instead; empty where the section has none. */
export function pieceBytes({ piece, instead = [] }: SelectedPiece, from: ElfSection<'patched'>): Uint8Array {
  const bytes = from.bytes.subarray(piece.offset, piece.offset + piece.size)
  if (instead.length === 0) return bytes
  const own = Uint8Array.from(bytes)
  for (const each of instead) own.set(each.bytes, each.at)
  return own
}

function outputKind({ role, piece }: SelectedPiece, from: ElfSection<'patched'>, target: PayloadTarget): SectionKind {
  if (piece.kind === 'entry' && target.loader.writesEntries && hasFlag(from.flags, SHF_WRITE))
    return { name: from.name, type: SHT_PROGBITS, flags: SHF_ALLOC | SHF_WRITE }
  if (target.loader.findsByName(from.name)) return { name: from.name, type: SHT_PROGBITS, flags: SHF_ALLOC | SHF_WRITE }
  if (role === 'hook' || piece.kind === 'entry') return readOnly(from.name)
  if (piece.kind === 'chunk') return codeKind(from.name, target)
  if (hasFlag(from.flags, SHF_EXECINSTR)) return codeKind('.text', target)
  // .data.rel.ro is writable only for whoever relocates it, and the loader does so before it sets the page's rights.
  const isReadOnly = !hasFlag(from.flags, SHF_WRITE) || target.loader.sectionClass(from.name) === 'read-only'
  if (isReadOnly && piece.kind === 'string' && from.entrySize <= 1) return STRING_KIND
  if (isReadOnly) return readOnly('.rodata')
  if (from.type === SHT_NOBITS) return { name: '.bss', type: SHT_NOBITS, flags: SHF_ALLOC | SHF_WRITE }
  return { name: '.data', type: SHT_PROGBITS, flags: SHF_ALLOC | SHF_WRITE }
}

const STRING_KIND: SectionKind = {
  name: '.rodata.str',
  type: SHT_PROGBITS,
  flags: SHF_ALLOC | SHF_MERGE | SHF_STRINGS,
  entrySize: 1,
}

/** Data that is never written: `.rodata`, special tables, and what this tool adds. */
export function readOnly(name: string): SectionKind {
  return { name, type: SHT_PROGBITS, flags: SHF_ALLOC }
}

export function codeKind(name: string, target: PayloadTarget): SectionKind {
  return { name, type: SHT_PROGBITS, flags: SHF_ALLOC | SHF_EXECINSTR, padding: target.patching.padding }
}

function isShareable({ piece }: SelectedPiece, from: ElfSection<'patched'>): boolean {
  const isMerged = hasFlag(from.flags, SHF_MERGE) && !hasFlag(from.flags, SHF_WRITE)
  return isMerged && (piece.kind === 'string' || piece.kind === 'constant') && piece.references.length === 0
}

interface Sharing {
  readonly from: ElfSection<'patched'>
  /** By content, the offsets where it lies already. */
  readonly shared: Map<string, number[]>
}

function placeShared(output: OutputSection, selected: SelectedPiece, { from, shared }: Sharing): number {
  const bytes = pieceBytes(selected, from)
  const key = `${output.kind.name} ${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')}`
  const alignment = ownAlignment(selected.piece.offset, from.alignment)
  const known = shared.get(key) ?? []
  const fitting = known.find(offset => offset % alignment === 0)
  if (fitting !== undefined) return fitting
  const offset = output.append(bytes, { alignment, residue: 0 })
  shared.set(key, [...known, offset])
  return offset
}

/**
 * The selection's order; where only what the table of functions names is made ready to run, a replaced function comes
 * first, so that the entries' sizes can span all of the code.
 */
function inPlacingOrder({ pieces }: Selection, { loader, machine }: PayloadTarget): readonly SelectedPiece[] {
  const first = pieces.find(({ role }) => role === 'replacement')
  if (first === undefined || !loader.readiesNewCodeOnly(machine.number)) return pieces
  return [first, ...pieces.filter(piece => piece !== first)]
}

/** The largest power of two that divides the offset, up to the section's alignment. */
function ownAlignment(offset: number, limit: number): number {
  let alignment = 1
  while (alignment < limit && offset % (alignment * 2) === 0) alignment *= 2
  return alignment
}

interface Ground {
  readonly from: ElfSection<'patched'>
  readonly target: PayloadTarget
}

function placeAlone(output: OutputSection, selected: SelectedPiece, { from, target }: Ground): number {
  const { piece, role } = selected
  const alignment = Math.max(from.alignment, 1)
  // Tables are arrays: entry follows entry, as in the original.
  const isTable = role === 'hook' || piece.kind === 'entry'
  const residue = (isTable ? output.size : piece.offset) % alignment
  const placement: Placement = { alignment, residue }
  if (output.kind.type === SHT_NOBITS) return output.reserve(piece.size, placement)
  const bytes = from.type === SHT_NOBITS ? new Uint8Array(piece.size) : pieceBytes(selected, from)
  if (bytes.length !== piece.size) {
    throw new InternalError(`${piece.name} has ${piece.size} bytes, but its section holds ${bytes.length} of them`)
  }
  // The loader begins each stretch of code with a page, and .text is the first section of it.
  const { mustNotLieAt } = target.patching
  return output.append(bytes, placement, hasCode(from) ? at => !mustNotLieAt(bytes, at) : undefined)
}

const hasCode = ({ flags }: ElfSection<'patched'>): boolean => hasFlag(flags, SHF_EXECINSTR)
