/** Changes single fields of a finished payload, so that it is wrong in exactly one way. */

export const SECTION_FIELDS = {
  name: [0, 4],
  type: [4, 4],
  flags: [8, 8],
  address: [16, 8],
  offset: [24, 8],
  size: [32, 8],
  link: [40, 4],
  info: [44, 4],
  alignment: [48, 8],
  entrySize: [56, 8],
} as const

export const SYMBOL_FIELDS = {
  name: [0, 4],
  info: [4, 1],
  other: [5, 1],
  section: [6, 2],
  value: [8, 8],
  size: [16, 8],
} as const
const RELOCATION_FIELDS = { offset: [0, 8], type: [8, 4], symbol: [12, 4], addend: [16, 8] } as const

export type SectionField = keyof typeof SECTION_FIELDS
export type SymbolField = keyof typeof SYMBOL_FIELDS
export type RelocationField = keyof typeof RELOCATION_FIELDS
export const SECTION_FIELD_NAMES = Object.keys(SECTION_FIELDS) as SectionField[]
export const SYMBOL_FIELD_NAMES = Object.keys(SYMBOL_FIELDS) as SymbolField[]
export const RELOCATION_FIELD_NAMES = Object.keys(RELOCATION_FIELDS) as RelocationField[]

export class Editor {
  bytes: Uint8Array
  #view: DataView

  constructor(payload: Uint8Array) {
    this.bytes = payload.slice()
    this.#view = new DataView(this.bytes.buffer)
  }

  read(at: number, size: number): bigint {
    let value = 0n
    for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.bytes[at + i] ?? 0)
    return value
  }

  write(at: number, size: number, value: bigint | number): void {
    let rest = BigInt.asUintN(size * 8, BigInt(value))
    for (let i = 0; i < size; i++, rest >>= 8n) this.bytes[at + i] = Number(rest & 0xffn)
  }

  get sectionCount(): number {
    return this.#view.getUint16(60, true)
  }

  #header(section: number | string): number {
    const index = typeof section === 'number' ? section : this.sectionNamed(section)
    return Number(this.read(40, 8)) + index * 64
  }

  section(section: number | string, field: SectionField): bigint {
    const [offset, size] = SECTION_FIELDS[field]
    return this.read(this.#header(section) + offset, size)
  }

  setSection(section: number | string, field: SectionField, value: bigint | number): this {
    const [offset, size] = SECTION_FIELDS[field]
    this.write(this.#header(section) + offset, size, value)
    return this
  }

  sectionName(index: number): string {
    const table = this.#view.getUint16(62, true)
    const from = Number(this.section(table, 'offset') + this.section(index, 'name'))
    return Buffer.from(this.bytes.subarray(from, this.bytes.indexOf(0, from))).toString('latin1')
  }

  get sectionNames(): string[] {
    return Array.from({ length: this.sectionCount }, (_, index) => (index === 0 ? '' : this.sectionName(index)))
  }

  sectionNamed(name: string): number {
    const index = this.sectionNames.indexOf(name)
    if (index === -1) throw new Error(`no section ${name}`)
    return index
  }

  has(name: string): boolean {
    return this.sectionNames.includes(name)
  }

  /** Takes a section's name from it, so that nobody finds it; its content stays. */
  rename(section: string, name: string): this {
    const from = Number(this.section(this.#view.getUint16(62, true), 'offset') + this.section(section, 'name'))
    if (name.length > section.length) throw new Error(`${name} is longer than ${section}`)
    for (let i = 0; i < section.length; i++) this.bytes[from + i] = name.charCodeAt(i) || 0
    return this
  }

  /** Where byte `offset` of a section's content lies in the file. */
  at(section: string, offset = 0): number {
    return Number(this.section(section, 'offset')) + offset
  }

  put(section: string, offset: number, size: number, value: bigint | number): this {
    this.write(this.at(section, offset), size, value)
    return this
  }

  get(section: string, offset: number, size: number): bigint {
    return this.read(this.at(section, offset), size)
  }

  get symbolCount(): number {
    return Number(this.section('.symtab', 'size') / 24n)
  }

  symbol(index: number, field: SymbolField): bigint {
    const [offset, size] = SYMBOL_FIELDS[field]
    return this.read(this.at('.symtab', index * 24 + offset), size)
  }

  setSymbol(index: number, field: SymbolField, value: bigint | number): this {
    const [offset, size] = SYMBOL_FIELDS[field]
    this.write(this.at('.symtab', index * 24 + offset), size, value)
    return this
  }

  symbolName(index: number): string {
    const from = this.at('.strtab', Number(this.symbol(index, 'name')))
    return Buffer.from(this.bytes.subarray(from, this.bytes.indexOf(0, from))).toString('latin1')
  }

  symbolNamed(name: string): number {
    for (let index = 1; index < this.symbolCount; index++) if (this.symbolName(index) === name) return index
    throw new Error(`no symbol ${name}`)
  }

  /** Names of relocation sections, as in `.rela.text`. */
  get relocationSections(): string[] {
    return this.sectionNames.filter((_, index) => index > 0 && this.section(index, 'type') === 4n)
  }

  relocationCount(section: string): number {
    return Number(this.section(section, 'size') / 24n)
  }

  relocation(section: string, index: number, field: RelocationField): bigint {
    const [offset, size] = RELOCATION_FIELDS[field]
    return this.read(this.at(section, index * 24 + offset), size)
  }

  setRelocation(section: string, index: number, field: RelocationField, value: bigint | number): this {
    const [offset, size] = RELOCATION_FIELDS[field]
    this.write(this.at(section, index * 24 + offset), size, value)
    return this
  }

  /** The relocation that fills `offset` of what `section` relocates. */
  relocationAt(section: string, offset: number): number {
    for (let i = 0; i < this.relocationCount(section); i++) {
      if (this.relocation(section, i, 'offset') === BigInt(offset)) return i
    }
    throw new Error(`nothing fills ${section} at ${offset}`)
  }

  resize(size: number): this {
    const resized = new Uint8Array(size)
    resized.set(this.bytes.subarray(0, size))
    this.bytes = resized
    this.#view = new DataView(resized.buffer)
    return this
  }

  /** Moves a section's content to the end of the file, with room for `size` bytes. */
  move(section: string, size: number): this {
    const index = this.sectionNamed(section)
    const from = this.at(section)
    const old = this.bytes.slice(from, from + Math.min(size, Number(this.section(index, 'size'))))
    const to = Math.ceil(this.bytes.length / 16) * 16
    this.resize(to + size)
    this.bytes.set(old, to)
    return this.setSection(index, 'offset', to).setSection(index, 'size', size)
  }
}
