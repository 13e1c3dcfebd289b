/**
 * Where the source declares the variables that lie at one place of an object: static ones, those of functions too, be it
 * that a copy of an inlined function has them. And what of the variable lies there: optimisers split a structure, and keep
 * one of two values as a bit.
 *
 * In:  an object with debug information.
 * Out: of a section and an offset, the place of the declaration; nothing of what two declarations say they have.
 */
import type { Side } from '../base/side.ts'
import type { ElfObject, ElfRelocation } from '../elf/index.ts'
import { DW_AT, DW_OP_ADDR, DW_OP_ADDRX, DW_OP_OPERANDS, DW_OP_PIECE, DW_TAG } from './constants.ts'
import { Cursor } from './cursor.ts'
import { type Entry, readEntries } from './entries.ts'
import { readFileNames } from './files.ts'
import { isConstType, memberAt } from './member-at.ts'
import type { Place } from './model.ts'
import { type Relocations, relocationsOf } from './relocated.ts'
import { debugSections } from './sections.ts'

/** What the source declares, and how the object has it. */
export interface StaticPlace {
  readonly declared: Place
  /** As the source has it: lines may declare several. */
  readonly name: string
  /** Empty for a variable as it is; else what is made of it, in a spelling that the same form has in every object. */
  readonly form: string
  /** Whether the source says that nothing changes it. */
  readonly isConst: boolean
}

export type StaticPlaces = (section: number, offset: number) => StaticPlace | undefined

export function staticPlaces<S extends Side>(object: ElfObject<S>): StaticPlaces {
  const sections = debugSections(object)
  const found = new Map<string, StaticPlace | undefined>()
  if (sections === undefined) return () => undefined
  const info = relocationsOf(object, '.debug_info')
  const addresses = relocationsOf(object, '.debug_addr')
  for (const root of readEntries(sections)) {
    const files = readFileNames(sections, numberIn(root, DW_AT.stmt_list) ?? 0)
    const base = numberIn(root, DW_AT.addr_base) ?? 0
    const entries = [...within(root)]
    const byId = new Map(entries.map(entry => [entry.id, entry]))
    for (const entry of entries) {
      const at = entry.tag === DW_TAG.variable ? numberIn(entry, DW_AT.location) : undefined
      const declared = at === undefined ? undefined : placeOf(entry, byId, files)
      if (at === undefined || declared === undefined) continue
      const name = nameOf(entry, byId)
      const type = typeOf(entry, byId)
      const isConst = isConstType(type, byId)
      for (const { relocation, form: part, offset } of partsAt(sections.info, at, { info, addresses, base })) {
        const symbol = object.symbols[relocation.symbol]?.place
        if (symbol?.in !== 'section') continue
        const form = offset === undefined ? part : `${part} ${memberAt(type, offset, byId)}`
        const key = keyOf(symbol.section, symbol.offset + Number(relocation.addend))
        const known = found.get(key)
        const isOther = found.has(key) && !(known !== undefined && isSame(known, { declared, name, form, isConst }))
        found.set(key, isOther ? undefined : { declared, name, form, isConst })
      }
    }
  }
  return (section, offset) => found.get(keyOf(section, offset))
}

/** A variable as the source declares it, be it that the object has nothing of it. */
export interface DeclaredVariable {
  readonly name: string
  readonly declared: Place
  /** Whether it is in no function, and so lives as long as the program. */
  readonly isOfFile: boolean
}

export function declaredVariables<S extends Side>(object: ElfObject<S>): readonly DeclaredVariable[] {
  const sections = debugSections(object)
  if (sections === undefined) return []
  return readEntries(sections).flatMap(root => {
    const files = readFileNames(sections, numberIn(root, DW_AT.stmt_list) ?? 0)
    const ofFile = new Set([...outside(root)])
    const byId = new Map([...within(root)].map(entry => [entry.id, entry]))
    return [...byId.values()].flatMap((entry): readonly DeclaredVariable[] => {
      const declared = entry.tag === DW_TAG.variable ? placeOf(entry, byId, files) : undefined
      return declared === undefined ? [] : [{ name: nameOf(entry, byId), declared, isOfFile: ofFile.has(entry) }]
    })
  })
}

/** What is in no function: namespaces and classes are gone through. */
function* outside(entry: Entry): Generator<Entry> {
  yield entry
  if (entry.tag === DW_TAG.subprogram) return
  for (const child of entry.children) yield* outside(child)
}

function isSame(a: StaticPlace, b: StaticPlace): boolean {
  const isOnePlace = a.declared.file === b.declared.file && a.declared.line === b.declared.line
  return isOnePlace && a.form === b.form && a.name === b.name
}

const keyOf = (section: number, offset: number): string => `${section} ${offset}`

function* within(entry: Entry): Generator<Entry> {
  yield entry
  for (const child of entry.children) yield* within(child)
}

interface Addresses<S extends Side> {
  readonly info: Relocations<S>
  readonly addresses: Relocations<S>
  /** Where the unit's part of the table begins. */
  readonly base: number
}

interface Part<S extends Side> {
  /** What fills the address. */
  readonly relocation: ElfRelocation<S>
  readonly form: string
  /** In the variable, of what is a part of it. */
  readonly offset?: number
}

/**
 * The addresses in the expression whose length is at `at`. It is one; or several, each with the size of the part that lies
 * there; and each may have what is to be made of its value (DWARF 5, "Location Descriptions").
 */
function partsAt<S extends Side>(
  bytes: Uint8Array,
  at: number,
  { info, addresses, base }: Addresses<S>,
): readonly Part<S>[] {
  const cursor = new Cursor(bytes, '.debug_info', at)
  const length = cursor.count()
  const end = cursor.at + length
  const parts: Part<S>[] = []
  let offset = 0
  while (cursor.at < end) {
    const start = cursor.at
    const code = cursor.u8()
    let relocation: ElfRelocation<S> | undefined
    if (code === DW_OP_ADDR) {
      relocation = info.get(cursor.at)
      cursor.skip(8)
    } else if (code === DW_OP_ADDRX) relocation = addresses.get(base + cursor.count() * 8)
    else cursor.at = start
    if (cursor.at === end) return relocation === undefined || offset > 0 ? parts : [{ relocation, form: '' }]
    const rest = cursor.at
    while (cursor.at < end && skipOperation(cursor));
    const isPart = cursor.at < end && bytes[cursor.at] === DW_OP_PIECE
    // Where an operation is not known, nor is what follows: all of it is the form, which nothing else has then.
    const form = Buffer.from(bytes.subarray(rest, isPart ? cursor.at : end)).toString('hex')
    if (!isPart)
      return relocation === undefined ? parts : [...parts, { relocation, form: `${offset}: ${form}`, offset }]
    cursor.skip(1)
    const size = cursor.count()
    const made = form === '' ? '' : `: ${form}`
    if (relocation !== undefined) parts.push({ relocation, form: `${offset}+${size}${made}`, offset })
    offset += size
  }
  return parts
}

/** Goes over one that makes a value of a value; false, and stays there, where it is another. */
function skipOperation(cursor: Cursor): boolean {
  const start = cursor.at
  const operands = DW_OP_OPERANDS.get(cursor.u8())
  if (operands === undefined) cursor.at = start
  else if (operands === 'number') cursor.unsigned()
  else cursor.skip(operands)
  return operands !== undefined
}

/** Of the entry, or of the one that it is a copy of. */
function placeOf(entry: Entry, byId: ReadonlyMap<number, Entry>, files: readonly string[]): Place | undefined {
  const origins = [...originsOf(entry, byId)]
  const [line, file] = [DW_AT.decl_line, DW_AT.decl_file].map(attribute =>
    origins.map(origin => numberIn(origin, attribute)).find(value => value !== undefined),
  )
  const name = file === undefined ? undefined : files[file]
  return name === undefined || line === undefined ? undefined : { file: name, line }
}

function nameOf(entry: Entry, byId: ReadonlyMap<number, Entry>): string {
  const names = [...originsOf(entry, byId)].map(({ attributes }) => attributes.get(DW_AT.name))
  return names.find(name => typeof name === 'string') ?? ''
}

function typeOf(entry: Entry, byId: ReadonlyMap<number, Entry>): Entry | undefined {
  const types = [...originsOf(entry, byId)].map(origin => numberIn(origin, DW_AT.type))
  return byId.get(types.find(type => type !== undefined) ?? -1)
}

/** The entry, and those that it is a copy of. */
function* originsOf(entry: Entry, byId: ReadonlyMap<number, Entry>): Generator<Entry> {
  const seen = new Set<Entry>()
  for (let at: Entry | undefined = entry; at !== undefined && !seen.has(at); at = originOf(at, byId)) {
    seen.add(at)
    yield at
  }
}

function originOf(entry: Entry, byId: ReadonlyMap<number, Entry>): Entry | undefined {
  return byId.get(numberIn(entry, DW_AT.abstract_origin) ?? numberIn(entry, DW_AT.specification) ?? -1)
}

function numberIn({ attributes }: Entry, attribute: number): number | undefined {
  const value = attributes.get(attribute)
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined
}
