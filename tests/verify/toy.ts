/**
 * A hypervisor of three functions and a payload that replaces two of them, made without a compiler: small enough to
 * know every byte, and with all that rules look at.
 */
import { type NewObject, type NewRelocation, type NewSection, type NewSymbol, writeElf } from '../../src/elf/index.ts'
import { buildIdNote } from '../../src/loaders/build-id-note.ts'
import { FUNC_FIELDS, FUNC_SIZE, funcBytes } from '../../src/loaders/func-entry.ts'
import type { HypervisorSymbol, HypervisorSymbols } from '../../src/loaders/xen/symbols.ts'

const TOY_ID = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20)
const PAYLOAD_ID = Uint8Array.of(20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1)

const TEXT = 0xffff_82d0_4020_0000n
const DATA = 0xffff_82d0_4030_0000n
const INIT = 0xffff_82d0_4038_0000n
const END = 0xffff_82d0_4040_0000n
const AREA = 0x1000

/** f1 begins with a landing pad; f2 does not; tiny is too small for a jump. */
const CODE: Readonly<Record<string, readonly [offset: number, bytes: readonly number[]]>> = {
  f1: [0x100, [0xf3, 0x0f, 0x1e, 0xfa, 0xb8, 1, 0, 0, 0, 0xc3, 0x90, 0x90]],
  f2: [0x200, [0xb8, 2, 0, 0, 0, 0xc3, 0x90, 0x90]],
  'b.c#f2.cold': [0x280, [0x0f, 0x0b]],
  tiny: [0x300, [0xc3, 0x90]],
  'a.c#after_tiny': [0x302, [0xc3]],
}

const symbol = (name: string, address: bigint, size: number, kind: HypervisorSymbol['kind']): HypervisorSymbol => {
  const local = name.includes('#')
  const plainName = name.slice(name.indexOf('#') + 1)
  return { name, plainName, file: local ? name.slice(0, name.indexOf('#')) : '', address, size, kind, local }
}

export function toyHypervisor(changes: Partial<HypervisorSymbols> = {}): HypervisorSymbols {
  const text = new Uint8Array(AREA)
  const symbols: HypervisorSymbol[] = []
  for (const [name, [offset, bytes]] of Object.entries(CODE)) {
    text.set(bytes, offset)
    symbols.push(symbol(name, TEXT + BigInt(offset), bytes.length, 'function'))
  }
  symbols.push(symbol('variable', DATA, 8, 'object'), symbol('gone', INIT, 16, 'function'))
  symbols.push(symbol('__2M_rwdata_end', END, 0, 'untyped'), symbol('known_features', DATA + 8n, 76, 'object'))
  symbols.sort((a, b) => (a.address < b.address ? -1 : 1))
  const within = (address: bigint, start: bigint, size: number) =>
    address >= start && address + BigInt(size) <= start + BigInt(AREA)
  return {
    format: 'elf',
    machine: 62,
    buildId: TOY_ID,
    takesPayloads: true,
    debug: false,
    tableUse: 'reads',
    symbols,
    lookup: name => symbols.find(candidate => candidate.name === name)?.address,
    symbolsAt: address => symbols.filter(candidate => candidate.address === address),
    symbolBefore: address => symbols.findLast(candidate => candidate.address <= address),
    nextSymbolAddress: address => symbols.find(candidate => candidate.address > address)?.address,
    bytesAt: (address, size) => {
      if (within(address, TEXT, size)) return text.subarray(Number(address - TEXT), Number(address - TEXT) + size)
      return within(address, DATA, size) ? new Uint8Array(size) : undefined
    },
    hasConstant: () => undefined,
    memoryAt: address => (within(address, TEXT, 1) ? 'code' : within(address, DATA, 1) ? 'writable' : undefined),
    freedAfterBoot: address => within(address, INIT, 1),
    tables: [],
    entriesOf: () => undefined,
    boundsOf: () => undefined,
    bootEdits: () => [],
    ...changes,
  }
}

const PROGBITS = 1
const NOTE = 7
const NOBITS = 8
const WRITE = 1
const ALLOC = 2
const EXECUTE = 4
const ABSOLUTE = 1
const PC = 2
const PLT = 4

const SECTIONS = [
  '.text',
  '.altinstr_replacement',
  '.data',
  '.bss',
  '.rodata',
  '.bug_frames.1',
  '.altinstructions',
  '.alt_call_sites',
  '.ex_table',
  '.modinfo',
  '.livepatch.hooks.load',
  '.livepatch.hooks.prerevert',
  '.livepatch.funcs',
  '.livepatch.strings',
  '.livepatch.depends',
  '.livepatch.xen_depends',
  '.note.gnu.build-id',
  '.comment',
] as const
type Name = (typeof SECTIONS)[number]
const at = (name: Name): number => SECTIONS.indexOf(name)

/** Places in .text: two replacements, a hook, an alternative, an alternative call, a faulting instruction. */
const PLACES = { new_f1: 0, new_f2: 16, hook: 32, edited: 64, call: 80, faulting: 96 } as const
const TEXT_SIZE = 128

/** In the order of `NewObject.symbols`; relocations below name them. */
const SYMBOLS = [
  'text',
  'replacement',
  'strings',
  'new_f1',
  'new_f2',
  'hook',
  'counter',
  'zeros',
  'comment',
  'f1',
  'f2',
  'variable',
] as const
const by = (name: (typeof SYMBOLS)[number]): number => SYMBOLS.indexOf(name)

function symbols(): NewSymbol[] {
  const local = (
    name: string,
    kind: NewSymbol['kind'],
    section: Name,
    ...[offset = 0, size = 0]: number[]
  ): NewSymbol => {
    return { name, kind, binding: 'local', place: { in: 'section', section: at(section), offset }, size }
  }
  const undefinedSymbol = (name: string): NewSymbol => {
    return { name, kind: 'untyped', binding: 'global', place: { in: 'nowhere' }, size: 0 }
  }
  return [
    local('', 'section', '.text'),
    local('', 'section', '.altinstr_replacement'),
    local('', 'section', '.livepatch.strings'),
    local('new_f1', 'function', '.text', PLACES.new_f1, 10),
    local('new_f2', 'function', '.text', PLACES.new_f2, 6),
    local('toy_hook', 'function', '.text', PLACES.hook, 5),
    local('toy_counter', 'object', '.data', 0, 8),
    local('toy_zeros', 'object', '.bss', 0, 16),
    local('toy_comment', 'object', '.comment'),
    undefinedSymbol('f1'),
    undefinedSymbol('f2'),
    undefinedSymbol('variable'),
  ]
}

function text(): Uint8Array {
  const bytes = new Uint8Array(TEXT_SIZE).fill(0x90)
  bytes.set([0xf3, 0x0f, 0x1e, 0xfa, 0xe8, 0, 0, 0, 0, 0xc3], PLACES.new_f1) // calls f2
  bytes.set([0xb8, 3, 0, 0, 0, 0xc3], PLACES.new_f2)
  bytes.set([0xf3, 0x0f, 0x1e, 0xfa, 0xc3], PLACES.hook)
  bytes.set([0xff, 0x15, 0, 0, 0, 0], PLACES.call) // through variable
  return bytes
}

const reference = (offset: number, type: number, name: (typeof SYMBOLS)[number], addend: number): NewRelocation => {
  return { offset, type, symbol: by(name), addend: BigInt(addend) }
}

function functionTable(): { bytes: Uint8Array; relocations: NewRelocation[] } {
  const bytes = new Uint8Array(2 * FUNC_SIZE)
  const [, f1] = CODE.f1 ?? []
  bytes.set(funcBytes({ newSize: 10, oldSize: 12, expectation: Uint8Array.from((f1 ?? []).slice(0, 10)) }), 0)
  bytes.set(funcBytes({ newSize: 6, oldSize: 8 }), FUNC_SIZE)
  const second = (field: number) => FUNC_SIZE + field
  return {
    bytes,
    relocations: [
      reference(FUNC_FIELDS.name, ABSOLUTE, 'strings', 0),
      reference(FUNC_FIELDS.newAddress, ABSOLUTE, 'new_f1', 0),
      reference(second(FUNC_FIELDS.name), ABSOLUTE, 'strings', 3),
      reference(second(FUNC_FIELDS.newAddress), ABSOLUTE, 'new_f2', 0),
      reference(second(FUNC_FIELDS.oldAddress), ABSOLUTE, 'f2', 0),
    ],
  }
}

function sections(): NewSection[] {
  const words = (...values: readonly number[]) => new Uint8Array(Uint32Array.from(values).buffer)
  const note = (id: Uint8Array): Content => ({ type: NOTE, bytes: buildIdNote(id), alignment: 4 })
  const pointer = (): Content => ({ bytes: new Uint8Array(8), relocations: [reference(0, ABSOLUTE, 'hook', 0)] })
  // Original, replacement, feature 0, three bytes replaced by two, one of padding.
  const alternative = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 2, 1, 0)
  const content: Record<Name, Content> = {
    '.text': {
      flags: EXECUTE,
      bytes: text(),
      relocations: [reference(5, PLT, 'f2', -4), reference(PLACES.call + 2, PC, 'variable', -4)],
      alignment: 16,
    },
    '.altinstr_replacement': { flags: EXECUTE, bytes: Uint8Array.of(0x31, 0xc0), alignment: 1 },
    '.data': { flags: WRITE, bytes: new Uint8Array(8) },
    '.bss': { type: NOBITS, flags: WRITE, size: 16 },
    '.rodata': { bytes: new Uint8Array(8) },
    '.bug_frames.1': { bytes: words(0, 0), relocations: [reference(0, PC, 'text', PLACES.faulting)], alignment: 4 },
    '.altinstructions': {
      bytes: alternative,
      alignment: 1,
      relocations: [reference(0, PC, 'text', PLACES.edited), reference(4, PC, 'replacement', 0)],
    },
    '.alt_call_sites': { bytes: words(0), relocations: [reference(0, PC, 'text', PLACES.call)], alignment: 4 },
    '.ex_table': {
      bytes: words(0, 0),
      relocations: [reference(0, PC, 'text', PLACES.faulting), reference(4, PC, 'text', PLACES.hook)],
      alignment: 4,
    },
    '.modinfo': { bytes: Uint8Array.from(Buffer.from('name=toy\0')), alignment: 1 },
    '.livepatch.hooks.load': pointer(),
    '.livepatch.hooks.prerevert': pointer(),
    '.livepatch.funcs': functionTable(),
    '.livepatch.strings': { bytes: Uint8Array.from(Buffer.from('f1\0f2\0')), alignment: 1 },
    '.livepatch.depends': note(TOY_ID),
    '.livepatch.xen_depends': note(TOY_ID),
    '.note.gnu.build-id': note(PAYLOAD_ID),
    '.comment': { flags: -ALLOC, bytes: Uint8Array.of(0), alignment: 1 },
  }
  return SECTIONS.map(name => {
    const { type = PROGBITS, flags = 0, alignment = 8, ...rest } = content[name]
    return { name, type, flags: flags + ALLOC, alignment, ...rest }
  })
}

type Content = Partial<Omit<NewSection, 'name'>>

function toyObject(): NewObject {
  return { header: { machine: 62 }, sections: sections(), symbols: symbols() }
}

/** A right payload for the toy hypervisor; taken by every version. */
export const toyPayload = (): Uint8Array => writeElf(toyObject())
