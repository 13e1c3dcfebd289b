/** A loader and machines of which nothing is known, and objects for them that are made without a compiler. */
import { type NewObject, type NewRelocation, type NewSection, type NewSymbol, writeElf } from '../../src/elf/index.ts'
import type { Loader } from '../../src/loaders/loader.ts'

export const NOTHING: Loader = {
  name: 'nothing',
  title: 'a loader that nobody knows',
  sectionClass: () => 'unknown',
  entryLayout: () => undefined,
  followed: () => undefined,
  runsAnywhere: false,
  writtenAtStart: () => undefined,
  startMemory: 'freed',
  readiesNewCodeOnly: () => false,
  readiesEdited: () => undefined,
  hooks: { lists: [], single: [] },
  waysOut: { hook: 'a hook', writesCode: false, assisted: false },
  setsLines: false,
  writesEntries: false,
  writesTable: 'some-do',
  findsByName: () => false,
  needsDependencies: false,
  writableForbidsReapply: true,
  limits: { size: 2 ** 20, sections: 100, name: 100, switchedOff: 0 },
  runningName: (_file, name) => name,
  denied: () => undefined,
  freeing: { functions: [], macros: [] },
  bringsUp: () => false,
  entersOnce: () => false,
  prints: new Set(),
  unwinding: undefined,
  relocations: () => undefined,
  writer: undefined,
  rules: undefined,
}

/** No machine has this number. */
export const NOWHERE = 0x9999
export const RISC_V = 243
export const X86_64 = 62

const [ALLOC, WRITE, EXECUTE] = [2, 1, 4]
const [MERGE, STRINGS] = [0x10, 0x20]
const [PROGBITS, NOBITS] = [1, 8]
const SECTIONS = [
  '.text.f',
  '.text.g',
  '.rodata',
  '.data',
  '.bss',
  '.ex_table',
  '.altinstructions',
  '.altinstr_replacement',
  '.fixup',
  '.rodata.str1.1',
] as const
type Name = (typeof SECTIONS)[number]

/** A byte or a relocation of the object, otherwise. */
export interface Change {
  readonly section: Name
  readonly at: number
  /** What is added to the byte, or to a part of the relocation there. */
  readonly of: 'byte' | 'type' | 'addend' | 'symbol'
}

const at = (name: Name) => SECTIONS.indexOf(name)
/** By their place in `symbols()`. */
const [F, G, TABLE, , FIXUP, REPLACEMENT, OUTSIDE, TEXT] = [0, 1, 2, 3, 4, 5, 6, 7]

function symbols(): readonly NewSymbol[] {
  const local = (name: string, kind: NewSymbol['kind'], section: Name, size: number): NewSymbol => {
    return {
      name,
      kind,
      binding: name === '' ? 'local' : 'global',
      place: { in: 'section', section: at(section), offset: 0 },
      size,
    }
  }
  return [
    local('f', 'function', '.text.f', 24),
    local('g', 'function', '.text.g', 8),
    local('table', 'object', '.rodata', 8),
    local('counter', 'object', '.data', 8),
    local('', 'section', '.fixup', 0),
    local('', 'section', '.altinstr_replacement', 0),
    { name: 'outside', kind: 'untyped', binding: 'global', place: { in: 'nowhere' }, size: 0 },
    local('', 'section', '.rodata.str1.1', 0),
  ]
}

const relocation = (offset: number, symbol: number | undefined, addend = 0n): NewRelocation => {
  return { offset, type: 1, symbol: symbol ?? 'none', addend }
}

/**
 * Two functions, data, and what special sections of Xen's have; as a compiler for some machine might leave them. The bytes
 * are jumps, calls, NOPs and landing pads of x86, which mean nothing elsewhere.
 */
function plain(): readonly NewSection[] {
  const code = [0xf3, 0x0f, 0x1e, 0xfa, 0xe8, 0, 0, 0, 0, 0xb8, 7, 0, 0, 0, 0xe9, 0, 0, 0, 0, 0x90, 0x90, 0x0f, 0x1f, 0]
  const section = (name: Name, flags: number, bytes: readonly number[], relocations: readonly NewRelocation[] = []) => {
    return { name, type: PROGBITS, flags: ALLOC | flags, alignment: 16, bytes: Uint8Array.from(bytes), relocations }
  }
  return [
    section('.text.f', EXECUTE, code, [relocation(5, G, -4n), relocation(10, TEXT, 2n), relocation(15, OUTSIDE, -4n)]),
    section('.text.g', EXECUTE, [0xc3, 0x90, 0x90, 0x90, 0xcc, 0xcc, 0xcc, 0xcc]),
    section('.rodata', 0, [1, 2, 3, 4, 5, 6, 7, 8]),
    section('.data', WRITE, [0, 0, 0, 0, 0, 0, 0, 0], [relocation(0, F)]),
    { name: '.bss', type: NOBITS, flags: ALLOC | WRITE, alignment: 8, size: 8 },
    section('.ex_table', 0, new Array(8).fill(0), [relocation(0, F, 4n), relocation(4, FIXUP)]),
    section(
      '.altinstructions',
      0,
      [0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 5, 5, 0, 0],
      [relocation(0, F, 9n), relocation(4, REPLACEMENT)],
    ),
    section('.altinstr_replacement', EXECUTE, [0xe8, 0, 0, 0, 0], [relocation(1, OUTSIDE, -4n)]),
    section('.fixup', EXECUTE, [0x31, 0xc0, 0xe9, 0, 0, 0, 0], [relocation(3, F, 4n)]),
    {
      ...section('.rodata.str1.1', MERGE | STRINGS, [...Buffer.from('a\0bb\0ccc\0')]),
      alignment: 1,
      entrySize: 1,
    },
  ]
}

export function unitFor(machine: number, change?: Change): Uint8Array {
  const sections = plain().map(section => (section.name === change?.section ? changed(section, change) : section))
  const object: NewObject = { header: { machine }, sections, symbols: symbols() }
  return writeElf(object)
}

/** Every single change that can be made to what is loaded. */
export function everyChange(): readonly Change[] {
  return plain().flatMap(({ name, bytes = new Uint8Array(), relocations = [] }): readonly Change[] => {
    const section = SECTIONS.find(each => each === name)
    if (section === undefined) return []
    const ofBytes = [...bytes.keys()].map(offset => ({ section, at: offset, of: 'byte' }) as const)
    const kinds = ['type', 'addend', 'symbol'] as const
    return [...ofBytes, ...relocations.flatMap(({ offset }) => kinds.map(of => ({ section, at: offset, of })))]
  })
}

function changed(section: NewSection, change: Change): NewSection {
  if (change.of === 'byte') {
    const bytes = section.bytes?.slice() ?? new Uint8Array()
    bytes[change.at] = (bytes[change.at] ?? 0) ^ 0xff
    return { ...section, bytes }
  }
  const relocations = section.relocations?.map(each => (each.offset === change.at ? other(each, change) : each)) ?? []
  return { ...section, relocations }
}

function other(relocation: NewRelocation, { of }: Change): NewRelocation {
  if (of === 'type') return { ...relocation, type: relocation.type + 1 }
  if (of === 'addend') return { ...relocation, addend: relocation.addend + 1n }
  return { ...relocation, symbol: relocation.symbol === TABLE ? (G ?? 0) : (TABLE ?? 0) }
}
