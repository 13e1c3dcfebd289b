/**
 * Images that boot, of a few functions, with the table of names that Xen's build writes into them (xen/tools/symbols.c): as
 * versions up to 4.20 have it, and as those since have it, with codes that stand for several characters or not.
 */

export interface ToyForm {
  /** `new`: names and addresses are counted apart, and functions' ends are marked. */
  readonly table: 'old' | 'new'
  readonly width: 4 | 8
  readonly compressed: boolean
  readonly sorted: boolean
  readonly file: 'elf' | 'pe'
}

export const ORIGIN = 0xffff_82d0_4000_0000n
const START = 0x20_0000
const SIZE = 0x8000
const PAGE = 0x1000

/** In the order of addresses: letter and name, and where it is from the start; NaN where the table's own parts are. */
const NAMES: readonly (readonly [string, number, end?: number])[] = [
  ['T_stext', 0],
  ['Tf', 0x10, 0x1c],
  ['tcommon/a.c#g', 0x20, 0x2a],
  ['tcommon/b.c#g', 0x30, 0x3a],
  ['Tlivepatch_op', 0x40, 0x50],
  ['T_etext', 0x60],
  ['D__2M_rodata_start', PAGE],
  ['Rconstant', PAGE + 8],
  ['Dsymbols_addresses', Number.NaN],
  ['Dsymbols_offsets', Number.NaN],
  ['Dsymbols_num_syms', Number.NaN],
  ['Dsymbols_num_addrs', Number.NaN],
  ['Dsymbols_names', Number.NaN],
  ['Dsymbols_markers', Number.NaN],
  ['Dsymbols_token_table', Number.NaN],
  ['Dsymbols_token_index', Number.NaN],
  ['Dsymbols_num_names', Number.NaN],
  ['Dsymbols_sorted_offsets', Number.NaN],
  ['D__2M_rodata_end', 5 * PAGE],
  ['T__init_begin', 5 * PAGE],
  ['tcommon/a.c#start', 5 * PAGE + 0x10],
  ['D__initcall_start', 5 * PAGE + 0x100],
  ['D__initcall_end', 5 * PAGE + 0x108],
  ['D__init_end', 6 * PAGE],
  ['D__2M_rwdata_start', 6 * PAGE],
  ['Bstate', 7 * PAGE],
  ['B_end', 8 * PAGE],
]
/** More of them, so that there are several markers. */
const MANY = Array.from({ length: 300 }, (_, index) => [`tcommon/c.c#part_${index}`, 0x50] as const)

interface Entry {
  readonly text: string
  readonly at: number
}

/** What nm would tell. */
export function toyNames(form: ToyForm): readonly { readonly name: string; readonly address: bigint }[] {
  const { entries } = laidOut(form)
  return entries
    .filter(({ text }) => text !== '')
    .map(({ text, at }) => ({ name: text.slice(1), address: ORIGIN + BigInt(START + at) }))
}

export function toyBootImage(form: ToyForm): Uint8Array {
  const { memory } = laidOut(form)
  return form.file === 'elf' ? bootElf(memory) : efiProgram(memory)
}

function laidOut(form: ToyForm) {
  const parts = (name: string) => (name.startsWith('symbols_') ? partsOf(form).get(name) : undefined)
  const known = [...NAMES.slice(0, 5), ...MANY, ...NAMES.slice(5)]
  const present = known.filter(([text, at]) => !Number.isNaN(at) || parts(text.slice(1)) !== undefined)
  // The size of the parts hangs on the names alone, so that places can be told before the table is written.
  const places = placesOf(form, entriesOf(form, present, new Map()))
  const entries = entriesOf(form, present, places)
  const memory = new Uint8Array(7 * PAGE)
  memory.set([0xb8, 4, 0, 0, 0, 0xc3], 0x10)
  new DataView(memory.buffer).setBigUint64(5 * PAGE + 0x100, ORIGIN + BigInt(START + 5 * PAGE + 0x10), true)
  for (const [name, bytes] of tableOf(form, entries)) memory.set(bytes, places.get(name))
  return { entries, memory }
}

type Names = readonly (readonly [string, number, end?: number])[]

function entriesOf({ table }: ToyForm, names: Names, places: ReadonlyMap<string, number>): readonly Entry[] {
  const entries = names.flatMap(([text, at, end]) => {
    const own = { text, at: Number.isNaN(at) ? (places.get(text.slice(1)) ?? 0) : at }
    return table === 'old' || end === undefined ? [own] : [own, { text: '', at: end }]
  })
  return entries.toSorted((a, b) => a.at - b.at)
}

/** Which parts there are. */
function partsOf({ table, width, sorted }: ToyForm): ReadonlyMap<string, true> {
  const names = [
    width === 4 ? 'symbols_offsets' : 'symbols_addresses',
    table === 'old' ? 'symbols_num_syms' : 'symbols_num_addrs',
    'symbols_names',
    'symbols_markers',
    'symbols_token_table',
    'symbols_token_index',
    ...(sorted ? [...(table === 'new' ? ['symbols_num_names'] : []), 'symbols_sorted_offsets'] : []),
  ]
  return new Map(names.map(name => [name, true]))
}

/** The parts one behind the other, from a place of no meaning on. */
function placesOf(form: ToyForm, entries: readonly Entry[]): ReadonlyMap<string, number> {
  const places = new Map<string, number>()
  const unit = (name: string) => (form.table === 'old' ? form.width : (UNITS[name] ?? form.width))
  let at = PAGE + 0x20
  for (const [name, bytes] of tableOf(form, entries)) {
    at = Math.ceil(at / unit(name)) * unit(name)
    places.set(name, at)
    at += bytes.length
  }
  return places
}

/** Since 4.21 each part is aligned as it needs; before, all alike. */
const UNITS: Readonly<Record<string, number>> = {
  symbols_num_addrs: 4,
  symbols_names: 1,
  symbols_markers: 4,
  symbols_token_table: 1,
  symbols_token_index: 2,
  symbols_num_names: 4,
  symbols_sorted_offsets: 4,
}

const words = (...values: readonly number[]) => new Uint8Array(Uint32Array.from(values).buffer)
const TEXTS = ['symbols_', 'common/', '__2M_', 'art_', '_start', '.c#p']

function tableOf(form: ToyForm, entries: readonly Entry[]): readonly (readonly [string, Uint8Array])[] {
  const codes = codesOf(form, entries)
  const streams = entries.map(({ text }) => encoded(text, codes))
  const offsets: number[] = []
  let total = 0
  for (const stream of streams) {
    offsets.push(total)
    total += stream.length
  }
  const addresses = entries.map(({ at }) => START + at)
  const tokens = Array.from({ length: 256 }, (_, code) => `${codes.get(code) ?? ''}\0`)
  let at = 0
  const index = tokens.map(token => {
    at += token.length
    return at - token.length
  })
  const named = entries.flatMap(({ text }, at) => (text === '' ? [] : [{ name: text.slice(1), at }]))
  const order = named.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  const content: Readonly<Record<string, Uint8Array>> = {
    symbols_offsets: words(...addresses),
    symbols_addresses: new Uint8Array(BigUint64Array.from(addresses.map(each => ORIGIN + BigInt(each))).buffer),
    symbols_num_syms: words(entries.length),
    symbols_num_addrs: words(entries.length),
    symbols_names: Uint8Array.from(streams.flat()),
    symbols_markers: words(...offsets.filter((_, at) => at % 256 === 0)),
    symbols_token_table: Buffer.from(tokens.join(''), 'latin1'),
    symbols_token_index: new Uint8Array(Uint16Array.from(index).buffer),
    symbols_num_names: words(named.length),
    symbols_sorted_offsets: words(...order.flatMap(({ at }) => [offsets[at] ?? 0, at])),
  }
  return [...partsOf(form).keys()].map(name => [name, content[name] ?? new Uint8Array()])
}

/** What each code stands for: a character that is used, for itself; others for longer texts, from the last code down. */
function codesOf({ compressed }: ToyForm, entries: readonly Entry[]): ReadonlyMap<number, string> {
  const used = new Set(entries.flatMap(({ text }) => [...text]))
  const codes = new Map([...used].map(character => [character.charCodeAt(0), character]))
  if (compressed) for (const [index, text] of TEXTS.entries()) codes.set(255 - index, text)
  return codes
}

function encoded(text: string, codes: ReadonlyMap<number, string>): readonly number[] {
  const bytes: number[] = []
  const longest = [...codes].toSorted((a, b) => b[1].length - a[1].length)
  for (let at = 0; at < text.length; ) {
    const found = longest.find(([, token]) => text.startsWith(token, at))
    if (found === undefined) throw new Error(`no code for ${text}`)
    bytes.push(found[0])
    at += found[1].length
  }
  return [bytes.length, ...bytes]
}

/** As mkelf32 writes it: one piece to load. */
function bootElf(memory: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(0x80 + memory.length)
  const view = new DataView(bytes.buffer)
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1])
  for (const [at, value] of [
    [16, 2],
    [18, 3],
    [40, 52],
    [42, 32],
    [44, 1],
  ] as const)
    view.setUint16(at, value, true)
  view.setUint32(28, 52, true)
  for (const [index, value] of [1, 0x80, START, START, memory.length, SIZE, 7, 0x40].entries()) {
    view.setUint32(52 + index * 4, value, true)
  }
  bytes.set(memory, 0x80)
  return bytes
}

/** A PE file of one section. */
function efiProgram(memory: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(0x200 + memory.length)
  const view = new DataView(bytes.buffer)
  bytes.set([0x4d, 0x5a])
  view.setUint32(0x3c, 0x40, true)
  view.setUint32(0x40, 0x4550, true)
  view.setUint16(0x46, 1, true)
  view.setUint16(0x54, 112, true)
  view.setUint16(0x58, 0x20b, true)
  const section = 0x58 + 112
  for (const [index, value] of [SIZE, START, memory.length, 0x200].entries()) {
    view.setUint32(section + 8 + index * 4, value, true)
  }
  bytes.set(memory, 0x200)
  return bytes
}
