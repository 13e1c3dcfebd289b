/** The sections that tell the loader what the payload is: functions, dependencies, identity, and a few words. */
import { InternalError } from '../base/errors.ts'
import { SHF_ALLOC, SHF_WRITE, SHT_NOTE, SHT_PROGBITS } from '../elf/spec/constants.ts'
import { buildIdNote } from '../loaders/build-id-note.ts'
import { callKey, FUNC_FIELDS, funcBytes } from '../loaders/func-entry.ts'
import { encodeOriginals, ORIGINALS } from '../loaders/original-code.ts'
import { BUILD_ID, DEPENDS, FUNCS, MODINFO, STRINGS, XEN_DEPENDS } from '../loaders/payload-sections.ts'
import type { Selection } from '../select/model.ts'
import type { AssembleOptions, PlacedPiece, WriteOptions } from './model.ts'
import { OutputSection } from './output-section.ts'
import { type Placed, readOnly } from './place.ts'
import type { PlaceIndex } from './place-index.ts'
import type { SymbolBook } from './symbol-book.ts'

/**
 * `.livepatch.funcs` and the names it points to; nothing when no function is replaced, because Xen refuses empty ones.
 * Writable only where the loader writes into it: nothing else has reason to.
 */
export function functionTable(
  { replacements, switchedOff }: Selection,
  { target, expectations }: WriteOptions,
  { placed, places, book }: { readonly placed: Placed; readonly places: PlaceIndex; readonly book: SymbolBook },
): readonly OutputSection[] {
  if (replacements.length + switchedOff.length === 0) return []
  const kind = readOnly(FUNCS)
  const table = new OutputSection(target.writesTable ? { ...kind, flags: kind.flags | SHF_WRITE } : kind)
  const strings = new OutputSection(readOnly(STRINGS))
  const ordered = replacements.toSorted(byPlace)
  const spanned = target.loader.readiesNewCodeOnly(target.machine.number)
  const starts = ordered.map(({ address }) => places.at(address))
  const name = (runningName: string, at: number) => {
    const addend = BigInt(strings.append(text(runningName, 'latin1'), { alignment: 1, residue: 0 }))
    return {
      offset: at + FUNC_FIELDS.name,
      type: target.patching.addressRelocation,
      symbol: book.section(STRINGS),
      addend,
    }
  }
  for (const { address, runningName, oldSize } of ordered) {
    const place = places.at(address)
    const newSize = spanned ? spanOf(place, starts, placed) : place.selected.piece.size
    const expectation = expectations?.get(runningName)
    const at = table.append(funcBytes({ newSize, oldSize, expectation }), { alignment: 8, residue: 0 })
    table.relocations.push(name(runningName, at), {
      offset: at + FUNC_FIELDS.newAddress,
      type: target.patching.addressRelocation,
      ...book.place(place),
    })
  }
  for (const { runningName, calls } of switchedOff.toSorted(byPlace)) {
    for (const { at: place, size } of calls) {
      const expectation = expectations?.get(callKey(runningName, place))
      const at = table.append(funcBytes({ newSize: size, oldSize: size, expectation }), { alignment: 8, residue: 0 })
      table.relocations.push(name(runningName, at), {
        offset: at + FUNC_FIELDS.oldAddress,
        type: target.patching.addressRelocation,
        symbol: book.running(runningName),
        addend: BigInt(place),
      })
    }
  }
  return [table, strings]
}

const byPlace = (a: Addressed, b: Addressed) => a.address.unit - b.address.unit || a.address.piece - b.address.piece
type Addressed = Pick<Selection['replacements'][number], 'address'>

/** From a function's new code to the next one's, or to the end: nothing that runs lies outside of an entry. */
function spanOf({ section, offset }: PlacedPiece, starts: readonly PlacedPiece[], { sections }: Placed): number {
  const later = starts.filter(other => other.section === section && other.offset > offset)
  return Math.min(sections.get(section)?.size ?? offset, ...later.map(other => other.offset)) - offset
}

/** The notes. All of them are loaded (ALLOC): Xen 4.17 follows a pointer to nowhere otherwise. */
export function notes({ depends, xenDepends }: AssembleOptions, buildId: Uint8Array): readonly OutputSection[] {
  const sections: OutputSection[] = []
  const add = (name: string, id: Uint8Array | undefined) => {
    if (id === undefined) return
    const section = new OutputSection({ name, type: SHT_NOTE, flags: SHF_ALLOC })
    section.append(buildIdNote(id), { alignment: 4, residue: 0 })
    sections.push(section)
  }
  add(DEPENDS, depends)
  add(XEN_DEPENDS, xenDepends)
  add(BUILD_ID, buildId)
  return sections
}

export function moduleInfo({ modinfo = [] }: AssembleOptions): readonly OutputSection[] {
  if (modinfo.length === 0) return []
  const section = new OutputSection(readOnly(MODINFO))
  for (const line of modinfo) section.append(text(line, 'utf8'), { alignment: 1, residue: 0 })
  return [section]
}

/** What was replaced, for a loader that compares it; not loaded itself. */
export function oldCode({ originals = [] }: AssembleOptions): readonly OutputSection[] {
  if (originals.length === 0) return []
  const section = new OutputSection({ name: ORIGINALS, type: SHT_PROGBITS, flags: 0 })
  section.append(encodeOriginals(originals), { alignment: 1, residue: 0 })
  return [section]
}

/** The bytes, and the NUL that ends them. Names of symbols have one byte a character, other words are UTF-8. */
function text(words: string, encoding: 'latin1' | 'utf8'): Uint8Array {
  if (words.includes('\0')) throw new InternalError(`the text ${JSON.stringify(words)} holds a NUL`)
  return Buffer.from(`${words}\0`, encoding)
}
