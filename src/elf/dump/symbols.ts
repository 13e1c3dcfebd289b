import type { Side } from '../../base/side.ts'
import type { ElfObject, ElfSymbol } from '../model.ts'
import { readDynamicSymbols } from '../read/dynamic.ts'
import { SHT_DYNSYM, SHT_SYMTAB } from '../spec/constants.ts'
import { symbolValue } from '../values.ts'
import { hex, numbered, printable, wide } from './words.ts'

type AnySymbol<S extends Side> = Omit<ElfSymbol<S>, 'id'>

const KIND_WORDS: Readonly<Record<Exclude<ElfSymbol<Side>['kind'], 'other'>, string>> = {
  untyped: 'NOTYPE',
  object: 'OBJECT',
  function: 'FUNC',
  section: 'SECTION',
  file: 'FILE',
  common: 'COMMON',
  tls: 'TLS',
  'indirect-function': 'IFUNC',
}

const BINDING_WORDS = { local: 'LOCAL', global: 'GLOBAL', weak: 'WEAK' } as const

/** The symbol tables, dynamic ones first (`readelf -s`); versions of dynamic symbols are left out. */
export function dumpSymbols<S extends Side>(elf: ElfObject<S>): string[] {
  const dynamic = elf.sections.find(section => section.type === SHT_DYNSYM)
  const own = elf.sections.find(section => section.type === SHT_SYMTAB)
  return [
    ...(dynamic === undefined ? [] : dumpTable(elf, dynamic.name, readDynamicSymbols(elf))),
    ...(own === undefined ? [] : dumpTable(elf, own.name, elf.symbols)),
  ]
}

function dumpTable<S extends Side>(elf: ElfObject<S>, name: string, symbols: readonly AnySymbol<S>[]): string[] {
  const count = symbols.length === 1 ? '1 entry' : `${symbols.length} entries`
  return [
    '',
    `Symbol table '${printable(name)}' contains ${count}:`,
    '   Num:    Value          Size Type    Bind   Vis      Ndx Name',
    ...symbols.map((symbol, index) => row(elf, symbol, index)),
  ]
}

function row<S extends Side>(elf: ElfObject<S>, symbol: AnySymbol<S>, index: number): string {
  const size = symbol.size > 99_999 ? hex(symbol.size) : String(symbol.size)
  const other = (symbol.raw?.other ?? 0) & ~3
  return [
    `${String(index).padStart(6)}:`,
    wide(symbolValue(elf, symbol)),
    size.padStart(5),
    kindWord(symbol).padEnd(7),
    bindingWord(symbol).padEnd(6),
    symbol.visibility.toUpperCase().padEnd(7),
    ...(other === 0 ? [] : [`[<other>: ${other.toString(16)}]`]),
    `${placeWord(symbol).padStart(4)} ${printable(symbolName(elf, symbol))}`,
  ].join(' ')
}

/** A section symbol goes by its section's name. */
export function symbolName<S extends Side>(elf: ElfObject<S>, { name, kind, place }: AnySymbol<S>): string {
  if (name !== '' || kind !== 'section' || place.in !== 'section') return name
  return elf.sections[place.section]?.name ?? ''
}

function kindWord<S extends Side>({ kind, raw }: AnySymbol<S>): string {
  return kind === 'other' ? numbered((raw?.info ?? 0) & 15, { os: 10, processor: 13 }) : KIND_WORDS[kind]
}

function bindingWord<S extends Side>({ binding, raw }: AnySymbol<S>): string {
  if (binding !== 'other') return BINDING_WORDS[binding]
  const number = (raw?.info ?? 0) >> 4
  return number === 10 ? 'UNIQUE' : numbered(number, { os: 10, processor: 13 })
}

function placeWord<S extends Side>({ place }: AnySymbol<S>): string {
  if (place.in === 'section') return String(place.section)
  if (place.in === 'nowhere' && place.reserved !== undefined) return `OS [${hex(place.reserved)}]`
  return { nowhere: 'UND', absolute: 'ABS', common: 'COM' }[place.in]
}
