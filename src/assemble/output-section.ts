/** A section of the payload while it grows. Finished content goes to the ELF writer; nothing here knows of symbols. */
import { InternalError } from '../base/errors.ts'
import { SHT_NOBITS } from '../elf/spec/constants.ts'

/** A relocation whose symbol is known by its position in the payload's list of symbols. */
export interface OutputRelocation {
  readonly offset: number
  readonly type: number
  readonly symbol: number
  readonly addend: bigint
  /** Position of the unit that it is of, in a selection; absent for what is of none. */
  readonly unit?: number
}

export interface SectionKind {
  readonly name: string
  /** SHT_*. */
  readonly type: number
  /** SHF_* bits. */
  readonly flags: number
  readonly entrySize?: number
  /** Byte between parts; 0 when absent. */
  readonly padding?: number
}

/** Where a part may lie: at `residue` modulo `alignment`. */
export interface Placement {
  readonly alignment: number
  readonly residue: number
}

/** A page's worth of the smallest alignment of code. */
const MOST_TRIES = 1024

export class OutputSection {
  readonly kind: SectionKind
  readonly relocations: OutputRelocation[] = []
  readonly #parts: { readonly offset: number; readonly bytes: Uint8Array }[] = []
  #size = 0
  #alignment = 1

  constructor(kind: SectionKind) {
    this.kind = kind
  }

  get size(): number {
    return this.#size
  }

  get alignment(): number {
    return this.#alignment
  }

  /** Appends a part at the next fitting offset, which it returns; `isRight` may want a later one. */
  append(bytes: Uint8Array, placement: Placement, isRight: (offset: number) => boolean = () => true): number {
    if (this.kind.type === SHT_NOBITS) throw new InternalError(`${this.kind.name} holds no bytes`)
    const offset = this.reserve(bytes.length, placement, isRight)
    this.#parts.push({ offset, bytes })
    return offset
  }

  /** Like `append` for a part that has only a size. */
  reserve(size: number, { alignment, residue }: Placement, isRight: (offset: number) => boolean = () => true): number {
    const over = (this.#size - residue) % alignment
    const gap = over === 0 ? 0 : over < 0 ? -over : alignment - over
    let offset = this.#size + gap
    for (let tries = 0; tries < MOST_TRIES && !isRight(offset); tries++) offset += alignment
    this.#size = offset + size
    this.#alignment = Math.max(this.#alignment, alignment)
    return offset
  }

  bytes(): Uint8Array {
    const bytes = new Uint8Array(this.#size).fill(this.kind.padding ?? 0)
    for (const part of this.#parts) bytes.set(part.bytes, part.offset)
    return bytes
  }
}
