/**
 * Is it the code that runs? Each function that a payload replaces, as the original object has it, against the running
 * system's image: its bytes, what its relocated fields lead to, its out-of-line parts, its entries in the special tables
 * (bug frames, alternatives with their replacements, exception table with its fixups), and the strings and constants
 * that any of them reach. Build-ids say nothing here: a rebuilt tree never has the shipped one's, and equal code is what
 * counts.
 *
 * It is tempting to relocate the object and compare bytes. But where an unnamed string or jump table went is only known
 * to the linker, which merged equal ones; so each field is believed, and what is found where it leads must be equal.
 *
 * In:  one unit's original pieces, unchanged; the image. Names are the running system's.
 * Out: a finding for each function: the first difference in the order of its bytes, and what could not be compared.
 */
import type { Piece, PieceMap } from '../../pieces/model.ts'
import type { RunningImage } from './image.ts'
import type { CodeFinding, LedTo } from './model.ts'
import { type Held, type HoldContext, hex, holdPiece, type Placed } from './piece.ts'

/** The functions of one unit, compared one after the other; what they share is compared once. */
export class UnitCode {
  readonly #context: HoldContext
  readonly #held = new Map<string, Held>()

  constructor(map: PieceMap<'original'>, fileSymbol: string, image: RunningImage) {
    this.#context = { map, fileSymbol, image }
  }

  /** Compares `piece` with what the running system has at `address`. */
  check(piece: Piece<'original'>, address: bigint): CodeFinding {
    const walk = new Walk(this.#context, placed => this.#hold(placed), { piece, address })
    return walk.run()
  }

  #hold(placed: Placed): Held {
    const key = `${placed.piece.id}@${placed.address}`
    const known = this.#held.get(key)
    if (known !== undefined) return known
    const held = holdPiece(this.#context, placed)
    this.#held.set(key, held)
    return held
  }
}

/** A piece to be compared, and the place in the function that led to it. */
interface Step extends Placed {
  readonly from: number
  /** How it is reached, outermost first; empty for the function itself. */
  readonly way: readonly string[]
}

/** From one function to everything that makes it what it is. */
class Walk {
  readonly #context: HoldContext
  readonly #hold: (placed: Placed) => Held
  readonly #root: Placed
  readonly #seen = new Set<string>()
  readonly #work: Step[] = []
  readonly #unchecked: string[] = []
  readonly #led: LedTo[] = []
  #bytes = 0
  #edited = 0
  #entries = 0

  constructor(context: HoldContext, hold: (placed: Placed) => Held, root: Placed) {
    this.#context = context
    this.#hold = hold
    this.#root = root
  }

  run(): CodeFinding {
    const { piece, address } = this.#root
    if (this.#context.image.isMissed(address, piece.size)) {
      this.#unchecked.push(`the copy of the memory has not all of ${piece.name}; the image's file was compared instead`)
    }
    this.#add({ piece, address, from: 0, way: [] })
    for (let next = this.#work.shift(); next !== undefined; next = this.#work.shift()) {
      const wrong = this.#visit(next)
      if (wrong !== undefined) return this.#finding(wrong)
    }
    return this.#finding(undefined)
  }

  #visit(step: Step): { readonly offset: number; readonly text: string } | undefined {
    const { piece, way } = step
    const held = this.#hold(step)
    this.#bytes += held.bytes
    this.#edited += held.edited
    this.#unchecked.push(...held.unchecked)
    this.#led.push(...held.led)
    const place = (offset: number) => (way.length === 0 ? offset : step.from)
    if (held.difference !== undefined) {
      const { offset, text } = held.difference
      return { offset: place(offset), text: way.length === 0 ? text : `${words(way, offset)}: ${text}` }
    }
    for (const { offset, ...reached } of held.reached) {
      this.#add({ ...reached, from: place(offset), way: [...way, `${nameOf(reached.piece)}`] })
    }
    return piece.kind === 'function' ? this.#visitEntries(step) : undefined
  }

  #add(step: Step): void {
    const key = `${step.piece.id}@${step.address}`
    if (this.#seen.has(key)) return
    this.#seen.add(key)
    this.#work.push(step)
  }

  /** The tables have the function's entries, those about one place in the object's order, and no others. */
  #visitEntries({ piece, address, way, from }: Step): { readonly offset: number; readonly text: string } | undefined {
    const { map, image } = this.#context
    const own = (map.entriesOf.get(piece.id) ?? []).flatMap(id => map.pieces[id] ?? [])
    for (const section of image.symbols.tables) {
      const ours = own.filter(entry => map.object.sections[entry.section]?.name === section).sort(byPlace)
      const theirs = image.entriesAbout(section, address, piece.size)
      if (theirs === undefined) {
        if (ours.length > 0) this.#unchecked.push(`${ours.length} entries in ${section}: the image has no such table`)
        continue
      }
      if (theirs.length !== ours.length) {
        const text = `it has ${theirs.length} entries in ${section} in the running system, ${ours.length} in the object`
        return { offset: from, text: [...way, text].join(', ') }
      }
      this.#entries += ours.length
      ours.forEach((entry, index) => {
        const there = theirs[index]
        if (there === undefined) return
        const about = Number(there.about - address)
        this.#add({
          piece: entry,
          address: there.address,
          from: way.length === 0 ? about : from,
          way: [...way, nameOf(entry)],
        })
      })
    }
    return undefined
  }

  #finding(wrong: { readonly offset: number; readonly text: string } | undefined): CodeFinding {
    const { piece, address } = this.#root
    return {
      name: piece.name,
      address,
      difference: wrong === undefined ? undefined : { ...wrong, address: address + BigInt(wrong.offset) },
      bytes: this.#bytes,
      entries: this.#entries,
      edited: this.#edited,
      led: this.#led,
      unchecked: [...new Set(this.#unchecked)],
    }
  }
}

/** By the place that each is about, as the build may have sorted a table. */
function byPlace(one: Piece<'original'>, other: Piece<'original'>): number {
  const [a = 0n, b = 0n] = [one, other].map(({ references: [first] }) =>
    first?.target.to === 'piece' ? first.target.delta : 0n,
  )
  return a < b ? -1 : a > b ? 1 : 0
}

function words(way: readonly string[], offset: number): string {
  return `in what it reaches there (${way.join(', then ')}), byte ${hex(offset)}`
}

function nameOf({ kind, name }: Piece<'original'>): string {
  switch (kind) {
    case 'string':
      return 'a string'
    case 'constant':
      return 'a constant'
    case 'entry':
      return `its entry ${name}`
    default:
      return name
  }
}
