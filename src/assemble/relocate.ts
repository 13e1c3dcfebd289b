/**
 * Turns the links of selected pieces into relocations of the payload, and names those that the target's loader would
 * not take. A link's delta is the whole addend as the compiler wrote it, seen from the start of what is reached; so
 * moving a piece changes the addend by where it went and by nothing else.
 */

import { InternalError } from '../base/errors.ts'
import type { Refusal } from '../base/refusal.ts'
import { relocationName } from '../elf/spec/relocation-names.ts'
import type { RelocationWay } from '../loaders/loader.ts'
import type { Link, LinkedReference, Selection } from '../select/model.ts'
import { IndirectTables, mayBeFar } from './indirect.ts'
import type { PayloadTarget, PlacedPiece } from './model.ts'
import type { OutputRelocation, OutputSection } from './output-section.ts'
import type { Placed } from './place.ts'
import type { PlaceIndex } from './place-index.ts'
import type { SymbolBook } from './symbol-book.ts'

export interface RelocateContext {
  readonly selection: Selection
  readonly target: PayloadTarget
  readonly places: PlaceIndex
  readonly book: SymbolBook
}

export interface Relocated {
  /** Tables that the relocations needed. */
  readonly tables: readonly OutputSection[]
  readonly refusals: readonly Refusal[]
}

/** Adds every selected piece's relocations to its output section. */
export function relocatePieces(placed: Placed, context: RelocateContext): Relocated {
  const tables = new IndirectTables(context.target)
  const refusals: Refusal[] = []
  for (const piece of placed.pieces) {
    const section = placed.sections.get(piece.section)
    if (section === undefined) throw new InternalError(`${piece.section} was never made`)
    for (const reference of piece.selected.references) {
      const refusal = refusalFor(piece, reference, context)
      if (refusal !== undefined) refusals.push(refusal)
      else section.relocations.push(...relocate(piece, reference, { ...context, tables }))
    }
  }
  return { tables: tables.used(), refusals }
}

interface Task extends RelocateContext {
  readonly tables: IndirectTables
}

function relocate(piece: PlacedPiece, reference: LinkedReference, task: Task): readonly OutputRelocation[] {
  const { target, tables, book } = task
  const way = wayOf(reference, target)
  if (way === 'drop') return []
  const offset = piece.offset + reference.offset
  const isDirect = way === 'as-is' || (way === 'plt' && !mayBeFar(reference.link))
  if (isDirect) {
    const { symbol, addend } = reach(reference.link, task)
    const type = way === 'plt' ? target.patching.distanceRelocation : reference.type
    return [{ offset, type, symbol, addend: addend + reference.extraAddend, unit: piece.address.unit }]
  }
  const bias = rawAddend(piece, reference, task)
  const { symbol, addend } = reach(reference.link, task)
  const slot = tables.slot({ symbol, addend: addend - bias })
  const place = way === 'got' ? slot : tables.jump(slot, book.section(slot.section))
  const type = target.patching.distanceRelocation
  return [{ offset, type, symbol: book.section(place.section), addend: BigInt(place.offset) + bias }]
}

function wayOf(reference: LinkedReference, target: PayloadTarget): RelocationWay {
  const way = target.relocations.get(reference.type)
  if (way === undefined) throw new InternalError(`relocation type ${reference.type} was not refused`)
  return way
}

/** Symbol and addend of what a link leads to, its delta included. */
function reach(link: Link, { book, places }: RelocateContext): { readonly symbol: number; readonly addend: bigint } {
  switch (link.to) {
    case 'running':
      return { symbol: book.running(link.name, link.weak === true ? 'weak' : 'global'), addend: link.delta }
    case 'absolute':
      return { symbol: book.absolute(), addend: link.value }
    case 'payload': {
      const { symbol, addend } = book.place(places.at(link.target))
      return { symbol, addend: addend + link.delta }
    }
  }
}

/**
 * The addend as the compiler wrote it. In the delta it is mixed with the symbol's place in the piece; where a slot stands
 * in between, the two go different ways.
 */
function rawAddend({ address, selected }: PlacedPiece, { offset }: LinkedReference, { selection }: Task): bigint {
  const at = selected.piece.offset + offset
  const object = selection.units[address.unit]?.patched.object
  const found = object?.relocations[selected.piece.section]?.find(relocation => relocation.offset === at)
  if (found === undefined) throw new InternalError(`${selected.piece.name} has no relocation at ${offset}`)
  return found.addend
}

function refusalFor(piece: PlacedPiece, reference: LinkedReference, context: RelocateContext): Refusal | undefined {
  const { selection, target } = context
  const unit = selection.units[piece.address.unit]?.unit ?? ''
  const symbol = piece.selected.piece.name
  const reached = wordsFor(reference.link, context)
  if (!target.relocations.has(reference.type)) {
    const kind = target.machine.relocationType(reference.type)?.indirect
    const type = relocationName(target.machine.number, reference.type)
    return {
      code: 'relocation-not-allowed',
      unit,
      symbol,
      text: `${symbol} refers to ${reached} by ${type}, which ${target.loader.title} does not take`,
      hint: HINTS[kind ?? 'other'],
    }
  }
  const { link } = reference
  if (link.to === 'running' && link.name.length > target.loader.limits.name) {
    return {
      code: 'name-too-long',
      unit,
      symbol,
      text: `${symbol} refers to ${link.name}, a name of ${link.name.length} characters; the loader takes ${target.loader.limits.name}`,
      hint: 'reach the function or variable through another one whose name is shorter',
    }
  }
  return undefined
}

const HINTS = {
  tls: 'thread-local variables cannot be reached from a payload; use a function of the program that returns the address',
  ifunc: 'indirect functions are chosen while the program starts; call the one that was chosen through a pointer',
  got: 'compile the unit as the rest of the system is compiled; in Xen, hidden visibility keeps such references away',
  plt: 'compile the unit as the rest of the system is compiled',
  other: 'compile the unit as position-independent code (-fpic), as the rest of the system is compiled',
} as const

function wordsFor(link: Link, { selection, places }: RelocateContext): string {
  if (link.to === 'running') return link.name
  if (link.to === 'absolute') return `the number ${link.value}`
  return (
    places.find(link.target)?.selected.piece.name ?? `piece ${link.target.piece} of ${selection.units.length} units`
  )
}
