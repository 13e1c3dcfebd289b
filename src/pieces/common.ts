/**
 * COMMON variables as what they become. A C variable without a value may be left without a section (`-fcommon`); the
 * linker then takes the largest of that name and puts it into `.bss`. To a hotpatch it is a variable like any other, with
 * a size, an alignment and a content of zeros. So each gets a section of its own here, the one that `-fno-common
 * -fdata-sections` would have given it, and no stage has to know of a second kind.
 *
 * It is tempting to leave them out, as they hold no bytes. Then one that grows is "same", and new code writes over its
 * neighbours.
 */
import type { Side } from '../base/side.ts'
import { sectionId } from '../elf/ids.ts'
import type { ElfObject, ElfSection, ElfSymbol } from '../elf/model.ts'
import { ET_REL, SHF_ALLOC, SHF_TLS, SHF_WRITE, SHT_NOBITS } from '../elf/spec/constants.ts'

const NO_BYTES = new Uint8Array()

/** The object with a section for each COMMON symbol, which keeps `common` as its kind; the object itself where it has none. */
export function withCommonsPlaced<S extends Side>(object: ElfObject<S>): ElfObject<S> {
  const { header, symbols, relocations } = object
  if (header.type !== ET_REL || !symbols.some(({ place }) => place.in === 'common')) return object
  const sections = [...object.sections]
  const placed = symbols.map((symbol): ElfSymbol<S> => {
    if (symbol.place.in !== 'common') return symbol
    const section = sectionFor(symbol, sections.length, symbol.place.alignment)
    sections.push(section)
    const kind = symbol.kind === 'tls' ? symbol.kind : 'common'
    return { ...symbol, kind, place: { in: 'section', section: section.id, offset: 0 } }
  })
  const none = sections.slice(object.sections.length).map(() => [])
  return { ...object, sections, symbols: placed, relocations: [...relocations, ...none] }
}

function sectionFor<S extends Side>({ name, kind, size }: ElfSymbol<S>, index: number, alignment: number) {
  const isThreadLocal = kind === 'tls'
  const section: ElfSection<S> = {
    id: sectionId<S>(index),
    name: `${isThreadLocal ? '.tbss' : '.bss'}.${name}`,
    type: SHT_NOBITS,
    flags: SHF_ALLOC + SHF_WRITE + (isThreadLocal ? SHF_TLS : 0),
    address: 0n,
    fileOffset: 0,
    size,
    link: 0,
    info: 0,
    alignment,
    entrySize: 0,
    bytes: NO_BYTES,
  }
  return section
}
