/**
 * The places that relocations reach, to the byte and whatever stands there: also between the pieces, and behind the end of
 * what a symbol names.
 */

import type { Side } from '../base/side.ts'
import type { ElfHeader, ElfObject, ElfRelocation, ElfSection, SectionId } from '../elf/model.ts'
import { SHF_EXECINSTR } from '../elf/spec/constants.ts'
import { splitAddend } from '../loaders/entries.ts'
import type { CodeKnowledge } from '../machines/machine.ts'
import { machineOf } from '../machines/machines.ts'
import type { Range } from './cut.ts'

/** One of the bytes from `first` to `last`; mostly the two are one. */
export interface ReachedPlace<S extends Side> {
  readonly section: SectionId<S>
  readonly first: number
  readonly last: number
}

/** The places in the object that `relocations` reach, which are those of `range` in `section`, ascending. */
export function placesReached<S extends Side>(
  object: ElfObject<S>,
  section: ElfSection<S>,
  range: Range<S>,
  relocations: readonly ElfRelocation<S>[],
): readonly ReachedPlace<S>[] {
  const ends = instructionEnds(object, section, range, relocations)
  return relocations.flatMap((relocation): ReachedPlace<S>[] => {
    const place = object.symbols[relocation.symbol]?.place
    if (place?.in !== 'section') return []
    const field = range.layout?.fields.find(candidate => candidate.offset === relocation.offset - range.offset)
    if (field?.unused === true) return []
    const plain = field?.line === undefined ? relocation.addend : splitAddend(relocation.addend, field.line).offset
    const at = place.offset + Number(plain) - (field?.bias ?? 0)
    const { least, most } = ends.get(relocation.offset) ?? { least: 0, most: 0 }
    return [{ section: place.section, first: at + least, last: at + most }]
  })
}

export interface Distance {
  readonly least: number
  readonly most: number
}

/** Data among code is no field of an instruction, and counts from itself. */
export function settled(ends: Distance, { plain, mostBehind }: CodeKnowledge['fieldBias']): Distance {
  return ends.least < plain ? { least: 0, most: plain + mostBehind } : ends
}

/** For each PC-relative field in code that is counted from the instruction's end, by its offset in the section, the bytes up to the end of its instruction. */
export function instructionEnds(
  object: { readonly header: Pick<ElfHeader, 'machine'> },
  section: Pick<ElfSection<Side>, 'flags' | 'bytes'>,
  range: Pick<Range<Side>, 'offset' | 'size'>,
  relocations: readonly Pick<ElfRelocation<Side>, 'type' | 'offset'>[],
): ReadonlyMap<number, Distance> {
  const ends = new Map<number, Distance>()
  const { code: knowledge, relocationType } = machineOf(object.header.machine)
  if ((section.flags & SHF_EXECINSTR) === 0 || knowledge === undefined) return ends
  const { plain, mostBehind } = knowledge.fieldBias
  const unclear: number[] = []
  for (const { type, offset } of relocations) {
    if (relocationType(type)?.pcRelative !== true) continue
    const isLast = knowledge.endsWithField(section.bytes, offset)
    ends.set(offset, { least: plain, most: isLast ? plain : plain + mostBehind })
    if (!isLast) unclear.push(offset - range.offset)
  }
  if (unclear.length === 0) return ends
  const code = section.bytes.subarray(range.offset, range.offset + range.size)
  for (const [field, bytes] of knowledge.bytesToInstructionEnd(code, unclear)) {
    ends.set(field + range.offset, { least: bytes, most: bytes })
  }
  return ends
}
