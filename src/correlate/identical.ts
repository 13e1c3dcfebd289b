/**
 * Two objects that are the same file but for what is not loaded: each piece is its own successor. No evidence is stricter,
 * and it is the only one where code counts from the start of a section to variables that no relocation names.
 */
import type { ElfObject, ElfRelocation, ElfSection, ElfSymbol } from '../elf/model.ts'
import { SHF_ALLOC } from '../elf/spec/constants.ts'
import type { Pairing } from './pairing.ts'

/** Pairs what is left where the objects are identical. */
export function pairIdentical(pairing: Pairing): void {
  const { original, patched } = pairing
  if (original.pieces.length !== patched.pieces.length || !areIdentical(original.object, patched.object)) return
  for (const [index, piece] of original.pieces.entries()) {
    const successor = patched.pieces[index]
    const isNamed = piece.kind === 'function' || piece.kind === 'data'
    if (isNamed && successor !== undefined) pairing.pair(piece, successor, 'identical')
  }
}

function areIdentical(a: ElfObject<'original'>, b: ElfObject<'patched'>): boolean {
  return (
    a.header.machine === b.header.machine &&
    a.header.flags === b.header.flags &&
    a.sections.length === b.sections.length &&
    a.symbols.length === b.symbols.length &&
    a.sections.every((section, index) => isSameSection(section, b.sections[index])) &&
    a.symbols.every((symbol, index) => isSameSymbol(symbol, b.symbols[index])) &&
    a.sections.every(({ id, flags }, index) => {
      if ((flags & SHF_ALLOC) === 0) return true
      const [before, after] = [a.relocations[id] ?? [], b.relocations[index] ?? []]
      return before.length === after.length && before.every((each, at) => isSameRelocation(each, after[at]))
    })
  )
}

function isSameSection(a: ElfSection<'original'>, b: ElfSection<'patched'> | undefined): boolean {
  if (b === undefined || a.name !== b.name || a.type !== b.type || a.flags !== b.flags) return false
  if ((a.flags & SHF_ALLOC) === 0) return true
  const isAlike = a.size === b.size && a.alignment === b.alignment && a.entrySize === b.entrySize
  return isAlike && Buffer.compare(a.bytes, b.bytes) === 0
}

function isSameSymbol(a: ElfSymbol<'original'>, b: ElfSymbol<'patched'> | undefined): boolean {
  if (b === undefined || a.name !== b.name || a.kind !== b.kind || a.binding !== b.binding) return false
  if (a.visibility !== b.visibility || a.size !== b.size || a.place.in !== b.place.in) return false
  if (a.raw?.info !== b.raw?.info || a.raw?.other !== b.raw?.other) return false
  switch (a.place.in) {
    case 'section':
      return (
        b.place.in === 'section' &&
        Number(a.place.section) === Number(b.place.section) &&
        a.place.offset === b.place.offset
      )
    case 'absolute':
      return b.place.in === 'absolute' && a.place.value === b.place.value
    case 'common':
      return b.place.in === 'common' && a.place.alignment === b.place.alignment
    case 'nowhere':
      return true
  }
}

function isSameRelocation(a: ElfRelocation<'original'>, b: ElfRelocation<'patched'> | undefined): boolean {
  const isAlike = b !== undefined && a.offset === b.offset && a.type === b.type
  return isAlike && a.addend === b.addend && Number(a.symbol) === Number(b.symbol)
}
