/**
 * The relocations of a linked file's own link, where the linker was told to leave them (`--emit-relocs` of GNU ld, gold, lld
 * and mold): tables that are not loaded, of sections that are. They say what each field of code and data was made of.
 */
import { InputError } from '../../base/errors.ts'
import type { Side } from '../../base/side.ts'
import type { SymbolKind } from '../model.ts'
import { RELA_SIZE, SHF_ALLOC, SHN_ABS, SHT_CREL, SHT_RELA, SYM_SIZE } from '../spec/constants.ts'
import { hasFlag } from '../spec/flags.ts'
import { KINDS } from '../spec/symbol-words.ts'
import { signed, type Table, TWO_32, tableOf } from './cursor.ts'
import type { ElfOutline } from './outline.ts'
import { symbolTableOf } from './read.ts'

export interface KeptRelocation {
  /** Of the field. */
  readonly address: number
  /** Position of the section that it lies in. */
  readonly section: number
  readonly addend: bigint
  readonly symbol: { readonly kind: SymbolKind; readonly value: number; readonly isAbsolute: boolean }
}

const [RELA_WORDS, SYM_WORDS] = [RELA_SIZE / 4, SYM_SIZE / 4]

/** By the section that they are in; undefined where nothing was left, or in a form that is not read. */
export function readKeptRelocations<S extends Side>({
  sections,
}: ElfOutline<S>): ReadonlyMap<number, readonly KeptRelocation[]> | undefined {
  const names = symbolTableOf(sections)
  if (names === undefined) return undefined
  const symbols = tableOf(names.bytes, names.fileOffset, names.name)
  const found = new Map<number, KeptRelocation[]>()
  for (const { type, flags, link, info, bytes, fileOffset, name } of sections) {
    const target = sections[info]
    if (hasFlag(flags, SHF_ALLOC) || link !== names.id || target === undefined || !hasFlag(target.flags, SHF_ALLOC))
      continue
    if (type === SHT_CREL) return undefined
    if (type !== SHT_RELA) continue
    const own = rowsOf(tableOf(bytes, fileOffset, name), symbols, info)
    found.set(info, [...(found.get(info) ?? []), ...own])
  }
  return found.size === 0 ? undefined : found
}

function rowsOf({ words, first, end, name }: Table, symbols: Table, section: number): readonly KeptRelocation[] {
  const rows: KeptRelocation[] = []
  const addressAt = (from: Uint32Array, at: number) => (from[at] ?? 0) + (from[at + 1] ?? 0) * TWO_32
  for (let at = first; at + RELA_WORDS <= end; at += RELA_WORDS) {
    const index = words[at + 3] ?? 0
    const symbol = symbols.first + index * SYM_WORDS
    if (symbol + SYM_WORDS > symbols.end)
      throw new InputError('elf/bad-symbol-index', `a relocation of ${name} names symbol ${index}, which is not there`)
    const flags = symbols.words[symbol + 1] ?? 0
    rows.push({
      address: addressAt(words, at),
      section,
      addend: signed(words[at + 4] ?? 0, words[at + 5] ?? 0),
      symbol: {
        kind: KINDS[flags & 15] ?? 'other',
        value: addressAt(symbols.words, symbol + 2),
        isAbsolute: flags >>> 16 === SHN_ABS,
      },
    })
  }
  return rows
}
