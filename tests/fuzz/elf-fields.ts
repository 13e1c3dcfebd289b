/**
 * Every number in an object's tables, by name: what a test damages. It reads sound objects only, and by its own
 * arithmetic, so that it does not lean on the reader it helps to test.
 */
export interface Field {
  /** `e_shoff`, `.symtab sh_size`, `symbol 2 st_shndx`, `.rela.text 0 r_sym`. */
  readonly name: string
  readonly at: number
  readonly width: 1 | 2 | 4 | 8
}

type Columns = readonly (readonly [name: string, at: number, width: Field['width']])[]

const HEADER: Columns = [
  ['EI_MAG', 0, 4],
  ['EI_CLASS', 4, 1],
  ['EI_DATA', 5, 1],
  ['EI_VERSION', 6, 1],
  ['EI_OSABI', 7, 1],
  ['e_type', 16, 2],
  ['e_machine', 18, 2],
  ['e_version', 20, 4],
  ['e_entry', 24, 8],
  ['e_phoff', 32, 8],
  ['e_shoff', 40, 8],
  ['e_flags', 48, 4],
  ['e_ehsize', 52, 2],
  ['e_phentsize', 54, 2],
  ['e_phnum', 56, 2],
  ['e_shentsize', 58, 2],
  ['e_shnum', 60, 2],
  ['e_shstrndx', 62, 2],
]
const SECTION: Columns = [
  ['sh_name', 0, 4],
  ['sh_type', 4, 4],
  ['sh_flags', 8, 8],
  ['sh_addr', 16, 8],
  ['sh_offset', 24, 8],
  ['sh_size', 32, 8],
  ['sh_link', 40, 4],
  ['sh_info', 44, 4],
  ['sh_addralign', 48, 8],
  ['sh_entsize', 56, 8],
]
const SYMBOL: Columns = [
  ['st_name', 0, 4],
  ['st_info', 4, 1],
  ['st_other', 5, 1],
  ['st_shndx', 6, 2],
  ['st_value', 8, 8],
  ['st_size', 16, 8],
]
const RELOCATION: Columns = [
  ['r_offset', 0, 8],
  ['r_type', 8, 4],
  ['r_sym', 12, 4],
  ['r_addend', 16, 8],
]
const WORD: Columns = [['', 0, 4]]

/** What the rows of a section look like, by its type. */
const ROWS: Readonly<Record<number, { readonly size: number; readonly columns: Columns; readonly prefix?: string }>> = {
  2: { size: 24, columns: SYMBOL, prefix: 'symbol' },
  4: { size: 24, columns: RELOCATION },
  7: { size: 4, columns: WORD },
  11: { size: 24, columns: SYMBOL, prefix: 'dynamic symbol' },
  17: { size: 4, columns: WORD },
  18: { size: 4, columns: WORD },
}

/** All fields of a sound object of fewer than 0xff00 sections. */
export function fieldsOf(bytes: Uint8Array): readonly Field[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const table = Number(view.getBigUint64(40, true))
  const count = view.getUint16(60, true)
  const names = Number(view.getBigUint64(table + view.getUint16(62, true) * 64 + 24, true))
  const nameAt = (header: number) => {
    const start = names + view.getUint32(header, true)
    return Buffer.from(bytes.subarray(start, bytes.indexOf(0, start))).toString('latin1')
  }
  const headers = Array.from({ length: count }, (_, index) => table + index * 64)
  return [
    ...fields(HEADER, 0, ''),
    ...headers.flatMap((at, index) => fields(SECTION, at, `${index === 0 ? 'null' : nameAt(at)} `)),
    ...headers.flatMap(header => {
      const rows = ROWS[view.getUint32(header + 4, true)]
      if (rows === undefined) return []
      const start = Number(view.getBigUint64(header + 24, true))
      const length = Number(view.getBigUint64(header + 32, true)) / rows.size
      const prefix = rows.prefix ?? nameAt(header)
      return Array.from({ length }, (_, row) =>
        fields(rows.columns, start + row * rows.size, `${prefix} ${row} `),
      ).flat()
    }),
  ]
}

function fields(columns: Columns, base: number, prefix: string): Field[] {
  return columns.map(([name, at, width]) => ({ name: `${prefix}${name}`.trim(), at: base + at, width }))
}

/** A copy of `bytes` in which the named fields hold other values; `-1` is all ones. */
export function damaged(bytes: Uint8Array, values: Readonly<Record<string, number | bigint>>): Uint8Array {
  const copy = bytes.slice()
  const all = fieldsOf(bytes)
  for (const [name, value] of Object.entries(values)) {
    const field = all.find(candidate => candidate.name === name)
    if (field === undefined) throw new Error(`no field ${name}; there are ${all.map(f => f.name).join(', ')}`)
    setField(copy, field, BigInt(value))
  }
  return copy
}

/** Writes into `bytes` itself. */
export function setField(bytes: Uint8Array, { at, width }: Field, value: bigint): void {
  for (let i = 0; i < width; i++) bytes[at + i] = Number(BigInt.asUintN(8, value >> BigInt(8 * i)))
}
