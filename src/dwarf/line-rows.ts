/**
 * Which source line each stretch of code was compiled from: the programs of the line table (DWARF 5, section 6.2), carried
 * out. A row holds from its address to the next row's, within its sequence.
 *
 * In:  an object or a linked file.
 * Out: its sequences; empty where it has no debug information, or of a version that is not read. In an object a
 *      sequence lies in one section, and offsets count from that section's start; in a linked file from the base.
 */
import type { Side } from '../base/side.ts'
import type { ElfObject } from '../elf/index.ts'
import { Cursor } from './cursor.ts'
import { readFileNames } from './files.ts'
import { type CodePlace, placeOf, relocationsOf } from './relocated.ts'
import { type DebugSections, debugSections } from './sections.ts'

export interface LineRow {
  readonly offset: number
  /** As the compiler spelled it. */
  readonly file: string
  readonly line: number
}

export interface LineSequence {
  /** The section's number in an object; undefined in a linked file. */
  readonly section: number | undefined
  /** An address in a linked file; 0 in an object. */
  readonly base: bigint
  readonly from: number
  readonly end: number
  /** By offset; of several rows at one offset the last holds. */
  readonly rows: readonly LineRow[]
}

export function readLineSequences<S extends Side>(object: ElfObject<S>): readonly LineSequence[] {
  const sections = debugSections(object)
  if (sections === undefined) return []
  const relocations = relocationsOf(object, '.debug_line')
  const found: LineSequence[] = []
  for (let at = 0; at + 4 <= sections.line.length; ) {
    const program = new Program(sections, at, offset => placeOf(object, relocations.get(offset)))
    found.push(...program.run())
    at = program.end
  }
  return found
}

/** The row that an offset belongs to. */
export function rowAt({ rows, end }: LineSequence, offset: number): LineRow | undefined {
  return offset >= end ? undefined : rows.findLast(row => row.offset <= offset)
}

/** DW_LNS_*: what the standard's instructions do; all others are read over by the lengths in the head. */
const COPY = 1
const ADVANCE_PC = 2
const ADVANCE_LINE = 3
const SET_FILE = 4
const CONST_ADD_PC = 8
const FIXED_ADVANCE_PC = 9
/** DW_LNE_*. */
const END_SEQUENCE = 1
const SET_ADDRESS = 2

class Program {
  readonly end: number
  readonly #cursor: Cursor
  readonly #files: readonly string[]
  readonly #placeAt: (offset: number) => CodePlace | undefined
  #scale = 1
  #lineBase = 0
  #lineRange = 1
  #lengths: readonly number[] = []
  #section: number | undefined
  #base = 0n
  #offset = 0
  #file = 1
  #line = 1
  #rows: LineRow[] = []
  readonly #done: LineSequence[] = []

  constructor(sections: DebugSections, at: number, placeAt: (offset: number) => CodePlace | undefined) {
    this.#cursor = new Cursor(sections.line, '.debug_line', at)
    this.#placeAt = placeAt
    this.end = this.#cursor.u32() + this.#cursor.at
    this.#files = readFileNames(sections, at)
  }

  run(): readonly LineSequence[] {
    if (this.#files.length === 0) return []
    this.#readHead()
    while (this.#cursor.at < this.end) this.#step(this.#cursor.u8())
    return this.#done
  }

  #readHead(): void {
    const cursor = this.#cursor
    cursor.skip(2 + 2)
    const size = cursor.u32()
    const program = cursor.at + size
    this.#scale = cursor.u8()
    cursor.skip(2)
    this.#lineBase = (cursor.u8() << 24) >> 24
    this.#lineRange = cursor.u8()
    this.#lengths = Array.from({ length: cursor.u8() - 1 }, () => cursor.u8())
    cursor.at = program
  }

  #step(code: number): void {
    const cursor = this.#cursor
    if (code > this.#lengths.length) {
      const special = code - this.#lengths.length - 1
      this.#offset += Math.trunc(special / this.#lineRange) * this.#scale
      this.#line += this.#lineBase + (special % this.#lineRange)
      this.#row()
    } else if (code === 0) this.#extended()
    else if (code === COPY) this.#row()
    else if (code === ADVANCE_PC) this.#offset += cursor.count() * this.#scale
    else if (code === ADVANCE_LINE) this.#line += Number(cursor.signed())
    else if (code === SET_FILE) this.#file = cursor.count()
    else if (code === CONST_ADD_PC)
      this.#offset += Math.trunc((255 - this.#lengths.length - 1) / this.#lineRange) * this.#scale
    else if (code === FIXED_ADVANCE_PC) this.#offset += cursor.u16()
    else for (let left = this.#lengths[code - 1] ?? 0; left > 0; left--) cursor.count()
  }

  #extended(): void {
    const cursor = this.#cursor
    const size = cursor.count()
    const next = cursor.at + size
    const code = cursor.u8()
    if (code === END_SEQUENCE) this.#close()
    else if (code === SET_ADDRESS) {
      const place = this.#placeAt(cursor.at)
      this.#section = place?.section
      this.#offset = place?.offset ?? 0
      this.#base = place === undefined ? cursor.u64() : 0n
    }
    cursor.at = next
  }

  #row(): void {
    this.#rows.push({ offset: this.#offset, file: this.#files[this.#file] ?? '', line: this.#line })
  }

  #close(): void {
    const from = this.#rows[0]?.offset ?? this.#offset
    this.#done.push({ section: this.#section, base: this.#base, from, end: this.#offset, rows: this.#rows })
    this.#rows = []
    this.#section = undefined
    this.#base = 0n
    this.#offset = 0
    this.#file = 1
    this.#line = 1
  }
}
