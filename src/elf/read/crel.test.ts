/** Compact relocations: what is written by the published format is read, and a damaged table is an input error. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { InputError } from '../../base/errors.ts'
import { type ElfRelocation, type NewSymbol, readElf, toNewObject, writeElf } from '../index.ts'

type Row = Pick<ElfRelocation<'original'>, 'offset' | 'type' | 'symbol' | 'addend'>
const SIZE = 0x4000
const SYMBOLS = 5

/** ULEB128, or SLEB128 where `signed`. */
function leb(value: bigint, signed: boolean): number[] {
  const low = Number(value & 0x7fn)
  const rest = value >> 7n
  const isLast = signed ? rest === ((low & 0x40) === 0 ? 0n : -1n) : rest === 0n
  return isLast ? [low] : [low | 0x80, ...leb(rest, signed)]
}

/** The rows as the format's description has them. */
function encoded(rows: readonly Row[], shift = 0n): number[] {
  let before = { offset: 0, type: 0, symbol: 0, addend: 0n }
  const bytes = rows.flatMap(row => {
    const distance = BigInt(row.offset - before.offset) >> shift
    const differences = [
      [BigInt(row.symbol - before.symbol), 1],
      [BigInt(row.type - before.type), 2],
      [row.addend - before.addend, 4],
    ] as const
    before = { ...row }
    const changed = differences.filter(([difference]) => difference !== 0n)
    const flags = changed.reduce((sum, [, flag]) => sum + flag, 0)
    const head =
      distance < 16n
        ? [Number(distance) * 8 + flags]
        : [0x80 + Number(distance & 15n) * 8 + flags, ...leb(distance >> 4n, false)]
    return [...head, ...changed.flatMap(([difference]) => leb(difference, true))]
  })
  return [...leb(BigInt(rows.length) * 8n + 4n + shift, false), ...bytes]
}

/** An object whose text is relocated by a table of these bytes; what the writer calls .rela is then made compact. */
function object(table: readonly number[], flags = 6): Uint8Array {
  const symbols: NewSymbol[] = Array.from({ length: SYMBOLS - 1 }, (_, index) => {
    return { name: `s${index}`, kind: 'untyped', binding: 'global', place: { in: 'nowhere' }, size: 0 }
  })
  const text = { name: '.text', type: 1, flags, alignment: 1, bytes: new Uint8Array(SIZE) }
  const crel = { name: '.crel', type: 0x4000_0014, flags: 0, alignment: 1, bytes: Uint8Array.from(table), info: 1 }
  const bytes = writeElf({ header: { machine: 62 }, sections: [text, crel], symbols })
  const view = new DataView(bytes.buffer)
  const headers = Number(view.getBigUint64(40, true))
  const count = view.getUint16(60, true)
  const typeAt = (index: number) => headers + index * 64 + 4
  const indices = Array.from({ length: count }, (_, index) => index)
  const symtab = indices.find(index => view.getUint32(typeAt(index), true) === 2) ?? 0
  const own = indices.find(index => view.getUint32(typeAt(index), true) === 0x4000_0014) ?? 0
  view.setUint32(headers + own * 64 + 40, symtab, true)
  return bytes
}

const rowsOf = (bytes: Uint8Array) => {
  const elf = readElf<'original'>(bytes)
  return elf.relocations[elf.sections.find(({ name }) => name === '.text')?.id ?? 0]
}

const row = (offset: number, type: number, symbol: number, addend: bigint) => ({ offset, type, symbol, addend }) as Row

test.for([
  { name: 'none', rows: [] },
  { name: 'one', rows: [row(1, 4, 2, -4n)] },
  { name: 'several in a row', rows: [row(1, 4, 2, -4n), row(6, 4, 2, -4n), row(11, 4, 3, -4n), row(16, 2, 1, 100n)] },
  { name: 'far apart', rows: [row(0x10, 1, 4, 0n), row(0x3ff0, 1, 1, 0x7fff_ffff_ffffn)] },
  {
    name: 'not ascending in symbols and types',
    rows: [row(0, 42, 4, -1n), row(8, 1, 1, 1n), row(16, 42, 4, -(2n ** 63n))],
  },
  { name: 'at one place', rows: [row(8, 1, 4, 0n), row(8, 2, 3, 64n)] },
] as const)('$name: as written', ({ rows }) => {
  expect(rowsOf(object(encoded(rows)))).toEqual(rows)
})

test('offsets may be shifted, and sections that are not loaded may have such a table', () => {
  const rows = [row(8, 1, 4, 0n), row(24, 1, 3, 1n), row(0x1000, 1, 3, 1n)]
  expect(rowsOf(object(encoded(rows, 3n)))).toEqual(rows)
  expect(rowsOf(object(encoded(rows), 0))).toEqual(rows)
})

test('written again, they are relocations like others', () => {
  const rows = [row(1, 4, 2, -4n), row(6, 2, 3, 8n)]
  const again = readElf<'original'>(writeElf(toNewObject(readElf(object(encoded(rows))))))
  expect(again.sections.map(({ name }) => name)).toContain('.rela.text')
  expect(again.sections.map(({ name }) => name)).not.toContain('.crel')
  expect(again.relocations[1]).toEqual(rows)
})

const ONE = encoded([row(1, 4, 2, -4n)])

test.for([
  { name: 'a row that is cut', table: ONE.slice(0, -1), code: 'elf/bad-table-size', says: 'go on behind its end' },
  { name: 'more rows than bytes', table: [0x84, 0x40, 8], code: 'elf/bad-table-size', says: '1 bytes for 1024 rows' },
  { name: 'bytes behind the rows', table: [...ONE, 0], code: 'elf/bad-table-size', says: '1 bytes behind' },
  { name: 'rows without addends', table: [8, 0], code: 'elf/rel-without-addend', says: 'without addends' },
  {
    name: 'a symbol that is not there',
    table: encoded([row(1, 4, 5, 0n)]),
    code: 'elf/bad-symbol-index',
    says: 'symbol 5, but',
  },
  {
    name: 'a symbol before the first',
    table: encoded([row(1, 4, -1, 0n)]),
    code: 'elf/bad-symbol-index',
    says: 'symbol 4294967295',
  },
  {
    name: 'a place behind the end',
    table: encoded([row(SIZE + 1, 4, 2, 0n)]),
    code: 'elf/bad-relocation-offset',
    says: '16385',
  },
  {
    name: 'a number without end',
    table: [12, ...new Array<number>(20).fill(0xff)],
    code: 'elf/bad-table-size',
    says: '64 bits',
  },
])('$name is an error', ({ table, code, says }) => {
  const read = () => readElf(object(table))
  expect(read).toThrow(InputError)
  expect(read).toThrow(expect.objectContaining({ code, message: expect.stringContaining(says) }))
})

/** From LLVM 19 on; another assembler does not write them. */
const ASSEMBLERS = ['llvm-mc-20', 'llvm-mc-19', 'llvm-mc']
const takesIt = (each: string) => spawnSync(each, ['--crel', '-filetype=null', '/dev/null']).status === 0
const assembler = ASSEMBLERS.find(takesIt)

test.skipIf(assembler === undefined)(
  `what LLVM writes is what it writes without${assembler === undefined ? ' (no llvm-mc with --crel)' : ''}`,
  () => {
    const text = Array.from(
      { length: 40 },
      (_, at) => `call f${at % 7}\nmovl v${at % 3}+${at * 100}(%rip), %eax\n`,
    ).join('')
    const folder = mkdtempSync(join(tmpdir(), 'hotsplice-crel-'))
    try {
      writeFileSync(join(folder, 'x.s'), `${text}.data\n.quad f1, f2+8, v1-4\n`)
      const made = (...flags: string[]) => {
        const command = ['-filetype=obj', '-triple=x86_64', ...flags, 'x.s', '-o', 'x.o']
        execFileSync(assembler ?? '', command, { cwd: folder })
        const { relocations, sections, symbols } = readElf<'original'>(readFileSync(join(folder, 'x.o')))
        return sections.map(({ id, name }) => [
          name.replace('.crel', '.rela'),
          (relocations[id] ?? []).map(each => ({ ...each, symbol: symbols[each.symbol]?.name })),
        ])
      }
      expect(made('--crel')).toEqual(made())
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
)
