/** Debug information as a tree of entries with the attributes that are asked for; what they mean is `read.ts`'s business. */
import { InputError } from '../base/errors.ts'
import { DW_AT, DW_FORM, DW_UT_COMPILE } from './constants.ts'
import { Cursor, Strings } from './cursor.ts'
import type { DebugSections } from './sections.ts'

/**
 * Numbers that fit are `number`; references are places in the whole section; blocks of bytes are `null`, but for what
 * computes a location: that is its place in the section, where its length is. Where code begins is a place in the section,
 * too, since a relocation has the address; and its list of ranges one in theirs. A `bigint` is their number in a table.
 */
export type Value = number | bigint | string | boolean | null

export interface Entry {
  /** Its place in the section. */
  readonly id: number
  readonly tag: number
  readonly attributes: ReadonlyMap<number, Value>
  readonly children: Entry[]
}

interface Abbreviation {
  readonly tag: number
  readonly hasChildren: boolean
  /** Attribute, form, and the value of DW_FORM_implicit_const. */
  readonly fields: readonly (readonly [number, number, number | bigint])[]
}

/** Attributes beyond these are read over. */
const WANTED: ReadonlySet<number> = new Set(Object.values(DW_AT))

/**
 * The root entry of every unit in the section. With `wanted`, only of those whose name it takes; the others are not read,
 * nor are those of another version, whose names are not known.
 */
export function readEntries(sections: DebugSections, wanted?: (name: string) => boolean): Entry[] {
  const cursor = new Cursor(sections.info, '.debug_info')
  const roots: Entry[] = []
  while (!cursor.ended) {
    const start = cursor.at
    const length = cursor.u32()
    if (length >= 0xfffffff0) throw unsupported('64-bit debug information')
    const end = cursor.at + length
    const version = cursor.u16()
    if (version !== 5 && wanted !== undefined) {
      cursor.at = end
      continue
    }
    if (version !== 5) throw unsupported(`debug information of version ${version}`)
    const kind = cursor.u8()
    const addressSize = cursor.u8()
    const abbreviations = readAbbreviations(sections.abbrev, cursor.u32())
    if (kind === DW_UT_COMPILE) {
      const reader = new UnitReader(sections, { cursor, start, addressSize, abbreviations })
      const root = reader.tree(wanted)
      if (root !== undefined) roots.push(root)
    } else if (wanted === undefined) {
      // What has a section of its own (a type unit) would be missed, and what is missed would count as the same.
      throw unsupported(`debug information in a unit of kind ${kind}`)
    }
    cursor.at = end
  }
  return roots
}

/** The root entries of all units, without what is below them; undefined where some are of a kind that is not read. */
export function readRoots(sections: DebugSections): readonly Entry[] | undefined {
  const cursor = new Cursor(sections.info, '.debug_info')
  const roots: Entry[] = []
  while (!cursor.ended) {
    const start = cursor.at
    const length = cursor.u32()
    if (length >= 0xfffffff0 || cursor.u16() !== 5) return undefined
    const kind = cursor.u8()
    const addressSize = cursor.u8()
    const abbreviations = readAbbreviations(sections.abbrev, cursor.u32())
    if (kind !== DW_UT_COMPILE) return undefined
    const root = new UnitReader(sections, { cursor, start, addressSize, abbreviations }).root()
    if (root === undefined) return undefined
    roots.push(root)
    cursor.at = start + 4 + length
  }
  return roots
}

function unsupported(what: string): InputError {
  return new InputError('dwarf/unsupported', `${what} is not understood`, 'version 5 is asked for; please report it')
}

function readAbbreviations(bytes: Uint8Array, at: number): ReadonlyMap<number, Abbreviation> {
  const cursor = new Cursor(bytes, '.debug_abbrev', at)
  const found = new Map<number, Abbreviation>()
  for (let code = cursor.count(); code !== 0; code = cursor.count()) {
    const tag = cursor.count()
    const hasChildren = cursor.u8() !== 0
    const fields: [number, number, number | bigint][] = []
    for (;;) {
      const [attribute, form] = [cursor.count(), cursor.count()]
      const implicit = form === DW_FORM.implicit_const ? cursor.signed() : 0
      if (attribute === 0 && form === 0) break
      fields.push([attribute, form, implicit])
    }
    found.set(code, { tag, hasChildren, fields })
  }
  return found
}

interface UnitPlace {
  readonly cursor: Cursor
  readonly start: number
  readonly addressSize: number
  readonly abbreviations: ReadonlyMap<number, Abbreviation>
}

class UnitReader {
  readonly #sections: DebugSections
  readonly #unit: UnitPlace
  readonly #strings: Strings
  readonly #lineStrings: Strings
  #stringOffsets = 8

  constructor(sections: DebugSections, unit: UnitPlace) {
    this.#sections = sections
    this.#unit = unit
    this.#strings = new Strings(sections.str, '.debug_str')
    this.#lineStrings = new Strings(sections.lineStr, '.debug_line_str')
  }

  root(): Entry | undefined {
    return this.#entry()?.entry
  }

  tree(wanted?: (name: string) => boolean): Entry | undefined {
    const { cursor } = this.#unit
    const root = this.#entry()
    if (root === undefined) throw unsupported('a unit without an entry')
    if (wanted !== undefined && !wanted(String(root.entry.attributes.get(DW_AT.name)))) return undefined
    const open = root.hasChildren ? [root.entry] : []
    for (let parent = open.at(-1); parent !== undefined; parent = open.at(-1)) {
      if (cursor.ended) break
      const next = this.#entry()
      if (next === undefined) {
        open.pop()
        continue
      }
      parent.children.push(next.entry)
      if (next.hasChildren) open.push(next.entry)
    }
    return root.entry
  }

  #entry(): { readonly entry: Entry; readonly hasChildren: boolean } | undefined {
    const { cursor, abbreviations } = this.#unit
    const id = cursor.at
    const code = cursor.count()
    if (code === 0) return undefined
    const abbreviation = abbreviations.get(code)
    if (abbreviation === undefined) throw unsupported(`abbreviation ${code} at ${id}, which is not declared,`)
    const attributes = new Map<number, Value>()
    for (const [attribute, form, implicit] of abbreviation.fields) {
      const value = this.#attribute(attribute, form, implicit)
      if (attribute === DW_AT.str_offsets_base) this.#stringOffsets = Number(value)
      if (WANTED.has(attribute)) attributes.set(attribute, value)
    }
    return { entry: { id, tag: abbreviation.tag, attributes, children: [] }, hasChildren: abbreviation.hasChildren }
  }

  #attribute(attribute: number, form: number, implicit: number | bigint): Value {
    const { cursor } = this.#unit
    const at = cursor.at
    if (attribute === DW_AT.location) return this.#location(form)
    const value = this.#value(form, implicit)
    if (attribute === DW_AT.low_pc) return form === DW_FORM.addr ? at : BigInt(Number(value))
    if (attribute === DW_AT.high_pc && form === DW_FORM.addr) return null
    return attribute === DW_AT.ranges && form === DW_FORM.rnglistx ? BigInt(Number(value)) : value
  }

  #value(form: number, implicit: number | bigint): Value {
    const { cursor } = this.#unit
    if (form === DW_FORM.implicit_const) return implicit
    if (form === DW_FORM.indirect) return this.#value(cursor.count(), 0)
    return this.#number(form) ?? this.#text(form) ?? this.#block(form)
  }

  #number(form: number): number | bigint | boolean | undefined {
    const { cursor, start, addressSize } = this.#unit
    switch (form) {
      case DW_FORM.data1:
      case DW_FORM.addrx1:
        return cursor.u8()
      case DW_FORM.data2:
      case DW_FORM.addrx2:
        return cursor.u16()
      case DW_FORM.addrx3:
        return cursor.u24()
      case DW_FORM.data4:
      case DW_FORM.sec_offset:
      case DW_FORM.addrx4:
      case DW_FORM.ref_sup4:
      case DW_FORM.strp_sup:
      case DW_FORM.ref_addr:
        return cursor.u32()
      case DW_FORM.data8:
      case DW_FORM.ref_sig8:
        return cursor.u64()
      case DW_FORM.addr:
        return addressSize === 8 ? cursor.u64() : cursor.u32()
      case DW_FORM.sdata:
        return cursor.signed()
      case DW_FORM.udata:
      case DW_FORM.addrx:
      case DW_FORM.loclistx:
      case DW_FORM.rnglistx:
        return cursor.unsigned()
      case DW_FORM.flag:
        return cursor.u8() !== 0
      case DW_FORM.flag_present:
        return true
      case DW_FORM.ref1:
        return start + cursor.u8()
      case DW_FORM.ref2:
        return start + cursor.u16()
      case DW_FORM.ref4:
        return start + cursor.u32()
      case DW_FORM.ref8:
        return start + Number(cursor.u64())
      case DW_FORM.ref_udata:
        return start + cursor.count()
      default:
        return undefined
    }
  }

  #text(form: number): string | undefined {
    const { cursor } = this.#unit
    switch (form) {
      case DW_FORM.string:
        return cursor.string()
      case DW_FORM.strp:
        return this.#strings.at(cursor.u32())
      case DW_FORM.line_strp:
        return this.#lineStrings.at(cursor.u32())
      case DW_FORM.strx:
        return this.#indexed(cursor.count())
      case DW_FORM.strx1:
        return this.#indexed(cursor.u8())
      case DW_FORM.strx2:
        return this.#indexed(cursor.u16())
      case DW_FORM.strx3:
        return this.#indexed(cursor.u24())
      case DW_FORM.strx4:
        return this.#indexed(cursor.u32())
      default:
        return undefined
    }
  }

  /** A list of locations is not followed: what is always at one place has an expression. */
  #location(form: number): Value {
    if (form !== DW_FORM.exprloc) {
      this.#value(form, 0)
      return null
    }
    const { cursor } = this.#unit
    const { at } = cursor
    cursor.skip(cursor.count())
    return at
  }

  #indexed(index: number): string {
    const { strOffsets } = this.#sections
    const offset = new Cursor(strOffsets, '.debug_str_offsets', this.#stringOffsets + index * 4).u32()
    return this.#strings.at(offset)
  }

  #block(form: number): null {
    const { cursor } = this.#unit
    if (form === DW_FORM.exprloc || form === DW_FORM.block) cursor.skip(cursor.count())
    else if (form === DW_FORM.block1) cursor.skip(cursor.u8())
    else if (form === DW_FORM.block2) cursor.skip(cursor.u16())
    else if (form === DW_FORM.block4) cursor.skip(cursor.u32())
    else if (form === DW_FORM.data16) cursor.skip(16)
    else throw unsupported(`form ${form}`)
    return null
  }
}
