/**
 * One piece of an original object held against the bytes that the running system has in its place: every byte, and
 * where each relocated field leads. Named things must be the running system's of that name; what has no name (strings,
 * jump tables, constants) is taken to be where the field leads, and its content must be equal in turn.
 */

import { SHF_WRITE } from '../../elf/spec/constants.ts'
import { lineAddend } from '../../loaders/entries.ts'
import { machineOf } from '../../machines/machines.ts'
import type { Piece, PieceMap, Reference } from '../../pieces/model.ts'
import { numberedBase, partOf } from '../../pieces/names.ts'
import { sectionClassOf } from '../../pieces/section-facts.ts'
import { type LinkedField, linkedField } from './field.ts'
import type { RunningImage } from './image.ts'
import type { LedTo } from './model.ts'

/** A piece and where it is in the running system. */
export interface Placed {
  readonly piece: Piece<'original'>
  readonly address: bigint
}

/** What came of one piece. */
export interface Held {
  /** Where in the piece, and what is so. */
  readonly difference: { readonly offset: number; readonly text: string } | undefined
  /** What its content leads to and what must be compared as well, with the field's offset. */
  readonly reached: readonly (Placed & { readonly offset: number })[]
  readonly led: readonly LedTo[]
  readonly bytes: number
  readonly edited: number
  readonly unchecked: readonly string[]
}

export interface HoldContext {
  readonly map: PieceMap<'original'>
  /** The FILE symbol by which the running system names the unit's local symbols. */
  readonly fileSymbol: string
  readonly image: RunningImage
}

/** What a reference leads to. */
interface Led {
  readonly wrong?: string
  readonly unchecked?: string
  readonly next?: Placed
  readonly named?: LedTo
}

interface Span {
  readonly from: number
  readonly to: number
}

export function holdPiece(context: HoldContext, { piece, address }: Placed): Held {
  const { map, image } = context
  const there = image.read(address, piece.size)
  if (there === undefined) return differs(0, `the running system has no code or data at ${hex(address)}`)
  const own = map.object.sections[piece.section]?.bytes.subarray(piece.offset, piece.offset + piece.size)
  const edits = image.edits(address, piece.size).map(edit => {
    return { from: Number(edit.address - address), to: Number(edit.address - address) + edit.size }
  })
  const held: { reached: (Placed & { offset: number })[]; led: LedTo[]; unchecked: string[] } = {
    reached: [],
    led: [],
    unchecked: [],
  }
  const skipped = [...edits, ...unusedFields(map, piece)]
  let at = 0
  for (const reference of piece.references) {
    const byte = firstDifference({ own, there, skipped }, at, reference.offset)
    if (byte !== undefined) return differs(byte, bytesText(context, { piece, address }, byte, { own, there }))
    const { width, ...led } = followReference(context, { piece, address }, there, reference)
    at = reference.offset + width
    if (edits.some(({ from, to }) => reference.offset < to && at > from)) continue
    if (led.wrong !== undefined) return differs(reference.offset, led.wrong)
    if (led.unchecked !== undefined)
      held.unchecked.push(`${piece.name}, byte ${hex(reference.offset)}: ${led.unchecked}`)
    if (led.named !== undefined) held.led.push(led.named)
    if (led.next !== undefined) held.reached.push({ ...led.next, offset: reference.offset })
  }
  const byte = firstDifference({ own, there, skipped }, at, piece.size)
  if (byte !== undefined) return differs(byte, bytesText(context, { piece, address }, byte, { own, there }))
  const edited = edits.reduce((sum, { from, to }) => sum + Math.min(to, piece.size) - Math.max(from, 0), 0)
  return { difference: undefined, ...held, bytes: piece.size - edited, edited }
}

interface Bytes {
  readonly own: Uint8Array | undefined
  readonly there: Uint8Array
  readonly skipped: readonly Span[]
}

/** Fields of an entry that nobody reads. */
function unusedFields({ sections }: PieceMap<'original'>, { section }: Piece<'original'>): readonly Span[] {
  const fields = sections[section]?.layout?.fields ?? []
  return fields.flatMap(({ unused, offset }) => (unused === true ? [{ from: offset, to: offset + UNUSED_SIZE }] : []))
}

/** Bytes of a distance, as which they are told. */
const UNUSED_SIZE = 4

/** The first byte in [from, to) that differs, is not edited at boot and counts. */
function firstDifference({ own, there, skipped }: Bytes, from: number, to: number): number | undefined {
  for (let at = from; at < to; at++) {
    if (own?.[at] === there[at]) continue
    const edit = skipped.find(span => at >= span.from && at < span.to)
    if (edit === undefined) return at
    at = edit.to - 1
  }
  return undefined
}

function followReference(
  context: HoldContext,
  placed: Placed,
  there: Uint8Array,
  reference: Reference<'original'>,
): Led & { readonly width: number } {
  const { map } = context
  const { target, type } = reference
  const field = fieldOf(context, placed, there, reference)
  if (field === undefined) {
    const known = machineOf(map.object.header.machine).relocationType(type)?.field
    // What is not known to be the field is compared like the bytes around it.
    const width = known?.bytes ?? 0
    return { width, ...(type === 0 ? {} : { unchecked: `relocation type ${type} is not compared` }) }
  }
  const { width } = field
  if (field.isOther) return { width, wrong: 'the instruction there is another one' }
  switch (target.to) {
    case 'absolute':
      return { width, ...(field.expected(target.value) === field.value ? {} : { wrong: leads(field, 'a number') }) }
    case 'nothing':
      return { width, unchecked: 'it refers to a section that is not in the image' }
    case 'external':
      return { width, ...followName(context, field, target.name, target.weak) }
    case 'piece': {
      const reached = map.pieces[target.piece]
      if (reached === undefined) return { width, unchecked: 'it refers to nothing known' }
      return { width, ...followPiece(context, placed, field, reached) }
    }
  }
}

function fieldOf(
  context: HoldContext,
  placed: Placed,
  there: Uint8Array,
  reference: Reference<'original'>,
): LinkedField | undefined {
  const field = aloneField(context, placed, there, reference)
  if (field === undefined || field.reached !== undefined) return field
  const reached = reachedByBoth(context, placed, there, reference)
  return reached === undefined ? field : { ...field, reached }
}

function aloneField(
  { map }: HoldContext,
  { piece, address }: Placed,
  there: Uint8Array,
  reference: Reference<'original'>,
): LinkedField | undefined {
  const { type, offset } = reference
  return linkedField(there, offset, {
    machine: map.object.header.machine,
    type,
    address: address + BigInt(offset),
    addend: deltaOf(reference) + lineOf(map, piece, reference),
    own: map.object.sections[piece.section]?.bytes.subarray(piece.offset + offset) ?? new Uint8Array(),
  })
}

const deltaOf = ({ target }: Reference<'original'>): bigint =>
  target.to === 'piece' || target.to === 'external' ? target.delta : 0n

/** Where the two instructions lead that name a place together; all that do so for one thing must agree about it. */
function reachedByBoth(
  context: HoldContext,
  placed: Placed,
  there: Uint8Array,
  reference: Reference<'original'>,
): bigint | undefined {
  const { relocationType } = machineOf(context.map.object.header.machine)
  if (relocationType(reference.type)?.part === undefined || reference.target.to !== 'piece') return undefined
  const { piece, delta } = reference.target
  const both = { page: new Set<bigint>(), 'in-page': new Set<bigint>() }
  for (const other of placed.piece.references) {
    const part = relocationType(other.type)?.part
    const isSame = other.target.to === 'piece' && other.target.piece === piece && other.target.delta === delta
    const field = part === undefined || !isSame ? undefined : aloneField(context, placed, there, other)
    if (part !== undefined && field !== undefined) both[part].add(field.value)
  }
  const [page, another] = both.page
  const [within, second] = both['in-page']
  if (page === undefined || within === undefined || another !== undefined || second !== undefined) return undefined
  return page + within - delta
}

/** The line's bits that a bug frame's field holds beside its distance. */
function lineOf(map: PieceMap<'original'>, piece: Piece<'original'>, { line, offset }: Reference<'original'>): bigint {
  if (line === undefined) return 0n
  const { layout } = map.sections[piece.section] ?? {}
  const bits = layout?.fields.find(field => field.offset === offset)?.line
  return bits === undefined ? 0n : lineAddend(line, bits)
}

function followName({ image }: HoldContext, field: LinkedField, name: string, weak: boolean): Led {
  const places = image.addressesOf(name)
  if (places.length === 0 && weak && field.expected(0n) === field.value) return {}
  if (places.length === 0) return { wrong: missing(image, field, name) }
  return places.some(address => field.expected(address) === field.value) ? {} : { wrong: leads(field, name) }
}

function followPiece(
  context: HoldContext,
  { piece, address }: Placed,
  field: LinkedField,
  reached: Piece<'original'>,
): Led {
  const { image, map } = context
  if (reached.id === piece.id) {
    return field.expected(address) === field.value ? {} : { wrong: leads(field, 'the piece itself') }
  }
  const places = placesOf(context, reached)
  const at = places.find(place => field.expected(place) === field.value)
  if (places.length > 0 && at === undefined) return { wrong: leads(field, reached.name) }
  const isLive = isWritable(map, reached)
  const isWhole = reached.kind === 'function' && partOf(reached.name) === undefined
  if (at !== undefined) {
    const named = { piece: reached.id, address: at }
    return isLive || isWhole ? { named } : { named, next: { piece: reached, address: at } }
  }
  if (field.reached === undefined) return { unchecked: `its field is too narrow to tell where ${reached.name} is` }
  if (!isLive) return { next: { piece: reached, address: field.reached } }
  const memory = image.symbols.memoryAt(field.reached)
  if (memory !== 'writable') return { wrong: `it should reach ${reached.name}, and reaches ${place(image, field)}` }
  const there = image.symbols.symbolsAt(field.reached).filter(({ kind }) => kind === 'object')
  const isOther = there.length > 0 && !there.some(({ plainName }) => sameButNumber(plainName, reached.name))
  if (isOther) return { wrong: `it should reach ${reached.name}, and reaches ${there[0]?.name}` }
  return { unchecked: `it reaches ${reached.name}, writable data without a name: only that it is writable was checked` }
}

/** Where the running system has a piece, by each of the names that it goes by; nowhere for what has none. */
function placesOf({ map, fileSymbol, image }: HoldContext, piece: Piece<'original'>): readonly bigint[] {
  for (const id of piece.symbols) {
    const symbol = map.object.symbols[id]
    if (symbol === undefined || symbol.name.startsWith('.L')) continue
    const local = symbol.binding === 'local'
    const found = image.addressesOf(local && fileSymbol !== '' ? `${fileSymbol}#${symbol.name}` : symbol.name)
    if (found.length > 0) return found
  }
  return []
}

/** Whether the running system may have written there since; what is only relocated at the start is not. */
function isWritable(map: PieceMap<'original'>, piece: Piece<'original'>): boolean {
  const section = map.object.sections[piece.section]
  if (section === undefined || (section.flags & SHF_WRITE) === 0) return false
  return sectionClassOf(map, piece) !== 'read-only'
}

const differs = (offset: number, text: string): Held => {
  return { difference: { offset, text }, reached: [], led: [], bytes: 0, edited: 0, unchecked: [] }
}

function leads(field: LinkedField, name: string): string {
  const to = field.reached === undefined ? hex(field.value) : `a place ${hex(field.reached)}`
  return `it should lead to ${name}, and leads to ${to}`
}

/** Names of all that is linked are known, so that code which leads to another one is other code. */
function missing(image: RunningImage, field: LinkedField, name: string): string {
  return `it should lead to ${name}, which the running system has not, and leads to ${place(image, field)}`
}

/** Numbers of static variables change from build to build. */
function sameButNumber(one: string, other: string): boolean {
  return one === other || (numberedBase(one) !== undefined && numberedBase(one) === numberedBase(other))
}

function place(image: RunningImage, { reached }: LinkedField): string {
  const symbol = reached === undefined ? undefined : image.symbols.symbolBefore(reached)
  return symbol === undefined || reached === undefined
    ? hex(reached ?? 0n)
    : `${symbol.name}+${hex(reached - symbol.address)}`
}

const SHOWN = 8

function bytesText(
  { image, map }: HoldContext,
  { piece, address }: Placed,
  at: number,
  { own, there }: Omit<Bytes, 'skipped'>,
): string {
  if (piece.kind === 'string')
    return `the string is ${quoted(there)} in the running system, ${quoted(own)} in the object`
  const spell = (bytes: Uint8Array | undefined) => Buffer.from(bytes?.subarray(at, at + SHOWN) ?? []).toString('hex')
  const isJump =
    piece.kind === 'function' && isJumpAt(map.object.header.machine, there, at) && image.isCopied(address, piece.size)
  const why = isJump ? '; a jump: has a payload replaced the function? --on names it' : ''
  return `the running system has ${spell(there)}, the object ${spell(own)}${why}`
}

const FIELD_SIZE = 4

/** Whether it may be the jump that a loader writes, whose distance is its last part. */
function isJumpAt(machine: number, code: Uint8Array, at: number): boolean {
  const { code: knowledge, patching } = machineOf(machine)
  if (knowledge === undefined || patching === undefined) return false
  const { size } = patching.trampoline
  // One of whole words begins with one, wherever in it the first difference is.
  const start = size % FIELD_SIZE === 0 ? at - (at % FIELD_SIZE) : at
  return knowledge.isBranchField(code, start + size - FIELD_SIZE)
}

function quoted(bytes: Uint8Array | undefined): string {
  return JSON.stringify(
    Buffer.from(bytes ?? [])
      .toString('latin1')
      .replace(/\0$/, ''),
  )
}

export const hex = (value: bigint | number): string => `0x${value.toString(16)}`
