/** A payload's sections at their addresses: laid out, filled, relocated. Pure but for what it is told about names. */

import { InternalError } from '../../base/errors.ts'
import type { ElfRelocation } from '../../elf/index.ts'
import { SHT_NOBITS } from '../../elf/spec/constants.ts'
import { relocationName } from '../../elf/spec/relocation-names.ts'
import {
  R_X86_64_32,
  R_X86_64_32S,
  R_X86_64_64,
  R_X86_64_NONE,
  R_X86_64_PC32,
  R_X86_64_PC64,
  R_X86_64_PLT32,
} from '../../machines/x86-64/relocation-numbers.ts'
import { layOutStretches, type StretchLayout } from '../abi/stretches.ts'
import { type Areas, POOLS, type Pool } from './layout.ts'
import { MACHINE, PATCHING } from './machine.ts'
import type { LoadablePayload, PayloadSection } from './payload.ts'
import { Refused } from './refused.ts'

export function layOut(payload: Pick<LoadablePayload, 'loaded'>): StretchLayout {
  return layOutStretches(payload.loaded.map(({ section, pool }) => ({ ...section, stretch: pool })))
}

export type Images = Readonly<Record<Pool, Uint8Array>>

/** A payload that has its place: bytes by address. */
export class PlacedPayload {
  readonly payload: LoadablePayload
  readonly areas: Areas
  readonly images: Images
  readonly #places: StretchLayout['places']

  constructor(payload: LoadablePayload, layout: StretchLayout, areas: Areas) {
    this.payload = payload
    this.areas = areas
    this.#places = layout.places
    const { lengths } = layout
    this.images = {
      code: new Uint8Array(lengths.code).fill(PATCHING.padding),
      readOnly: new Uint8Array(lengths.readOnly),
      writable: new Uint8Array(lengths.writable),
    }
    for (const { section, pool } of payload.loaded) {
      if (section.type !== SHT_NOBITS) this.images[pool].set(section.bytes, this.#place(section).offset)
    }
  }

  addressOf(section: PayloadSection): number {
    const { stretch, offset } = this.#place(section)
    return this.areas[stretch].address + offset
  }

  /** The address of a defined symbol; undefined where its section is not loaded. */
  symbolAddress({ place }: LoadablePayload['elf']['symbols'][number]): number | undefined {
    if (place.in === 'absolute') return Number(place.value)
    if (place.in !== 'section') return undefined
    const section = this.payload.elf.sections[place.section]
    return section === undefined || !this.#places.has(section.id) ? undefined : this.addressOf(section) + place.offset
  }

  /** The bytes from an address on to the end of its area; undefined outside of the payload. */
  bytesFrom(address: number): Uint8Array | undefined {
    for (const pool of POOLS) {
      const start = this.areas[pool].address
      const image = this.images[pool]
      if (address >= start && address < start + image.length) return image.subarray(address - start)
    }
    return undefined
  }

  isCode(address: number, length: number): boolean {
    const { address: start } = this.areas.code
    return address >= start && address + length <= start + this.images.code.length
  }

  relocate(names: ReadonlyMap<string, number>): void {
    for (const { section, pool } of this.payload.loaded) {
      for (const relocation of this.payload.elf.relocations[section.id] ?? []) {
        if (relocation.type === R_X86_64_NONE) continue
        const at = this.#place(section).offset + relocation.offset
        const place = this.areas[pool].address + at
        const value = this.#target(relocation, section, names) + relocation.addend
        patch(this.images[pool], at, { relocation, value, place: BigInt(place), section })
      }
    }
  }

  #target(relocation: ElfRelocation<'payload'>, section: PayloadSection, names: ReadonlyMap<string, number>): bigint {
    const symbol = this.payload.elf.symbols[relocation.symbol]
    if (symbol === undefined || relocation.symbol === 0) {
      throw new Refused('EOPNOTSUPP', `a relocation at ${relocation.offset} of ${section.name} names no symbol`)
    }
    const address = symbol.place.in === 'nowhere' ? names.get(symbol.name) : this.symbolAddress(symbol)
    if (address === undefined) {
      throw new Refused('EINVAL', `${section.name} refers to ${symbol.name || 'a section'}, which is not loaded`)
    }
    return BigInt(address)
  }

  #place(section: PayloadSection) {
    const place = this.#places.get(section.id)
    if (place === undefined) throw new InternalError(`${section.name} has no place`)
    return place
  }
}

interface Field {
  readonly relocation: ElfRelocation<'payload'>
  readonly section: PayloadSection
  /** Symbol and addend. */
  readonly value: bigint
  readonly place: bigint
}

function patch(image: Uint8Array, at: number, field: Field): void {
  const { relocation, value, place, section } = field
  const width = relocation.type === R_X86_64_64 || relocation.type === R_X86_64_PC64 ? 8 : 4
  if (relocation.offset + width > section.size) {
    throw new Refused('EINVAL', `a relocation at ${relocation.offset} is past the end of ${section.name}`)
  }
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength)
  switch (relocation.type) {
    case R_X86_64_64:
      view.setBigUint64(at, BigInt.asUintN(64, value), true)
      return
    case R_X86_64_PC64:
      view.setBigInt64(at, BigInt.asIntN(64, value - place), true)
      return
    case R_X86_64_PC32:
    case R_X86_64_PLT32:
      view.setInt32(at, narrow(value - place, field, true), true)
      return
    case R_X86_64_32S:
      view.setInt32(at, narrow(value, field, true), true)
      return
    case R_X86_64_32:
      view.setUint32(at, narrow(value, field, false), true)
      return
    default:
      throw new Refused('EOPNOTSUPP', `${section.name} has ${relocationName(MACHINE.number, relocation.type)}`)
  }
}

function narrow(value: bigint, { relocation, section }: Field, signed: boolean): number {
  const fits = signed ? BigInt.asIntN(32, value) === value : BigInt.asUintN(32, value) === value
  if (fits) return Number(value)
  const name = relocationName(MACHINE.number, relocation.type)
  throw new Refused(
    'EOVERFLOW',
    `${name} at ${relocation.offset} of ${section.name} cannot reach: ${value} does not fit`,
  )
}
