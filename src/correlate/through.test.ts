/** Code that reaches its data through a table of addresses, as POWER's does, or by counting from a section's start. */
import { expect, test } from 'vitest'
import { judge, PROGRAM_RULES, verdictLines } from '../../tests/support/judge.ts'
import { type NewObject, type NewRelocation, type NewSection, type NewSymbol, writeElf } from '../elf/index.ts'

const [PPC64, ADDR64, TOC16] = [21, 38, 50]
const [ALLOC, WRITE, EXECUTE] = [2, 1, 4]

interface Text {
  /** What the table's entries lead to: a variable, by its place in `variables`. */
  readonly table: readonly number[]
  /** Which entry of the table each of the functions F and G takes. */
  readonly entries: readonly [number, number]
  readonly variables: readonly string[]
  readonly code?: number
  /** A byte of the variables' section that no name is at. */
  readonly value?: number
}

/** Two functions, a table, and variables in one section. */
function object({ table, entries, variables, code = 0x60, value = 0 }: Text): Uint8Array {
  const section = (
    name: string,
    flags: number,
    bytes: Uint8Array,
    relocations: readonly NewRelocation[] = [],
  ): NewSection => {
    return { name, type: 1, flags: ALLOC | flags, alignment: 8, bytes, relocations }
  }
  const body = (index: 0 | 1) =>
    section(index === 0 ? '.text.F' : '.text.G', EXECUTE, new Uint8Array(8).fill(index === 0 ? code : 0x61, 0, 4), [
      { offset: 4, type: TOC16, symbol: 2, addend: BigInt((entries[index] ?? 0) * 8) },
    ])
  const at = (name: string, where: number, offset: number): NewSymbol => {
    const isCode = where < 2
    return {
      name,
      kind: isCode ? 'function' : 'object',
      binding: isCode ? 'global' : 'local',
      place: { in: 'section', section: where, offset },
      size: 8,
    }
  }
  const start = (where: number): NewSymbol => {
    return { name: '', kind: 'section', binding: 'local', place: { in: 'section', section: where, offset: 0 }, size: 0 }
  }
  const made: NewObject = {
    header: { machine: PPC64 },
    sections: [
      body(0),
      body(1),
      section(
        '.toc',
        WRITE,
        new Uint8Array(table.length * 8),
        table.map((to, index) => ({ offset: index * 8, type: ADDR64, symbol: 3, addend: BigInt(to * 8) })),
      ),
      section('.data', WRITE, new Uint8Array(variables.length * 8).fill(value, 1, 2)),
    ],
    symbols: [
      at('F', 0, 0),
      at('G', 1, 0),
      start(2),
      start(3),
      ...variables.map((name, index) => at(name, 3, index * 8)),
    ],
  }
  return writeElf(made)
}

/** Numbers mean nothing, so that two functions of equal code would each have the other's variable. */
const NAMED = { variables: ['one', 'two'] }
const PLAIN: Text = { table: [0, 1], entries: [0, 1], variables: ['count.3', 'count.4'] }

interface Row {
  readonly name: string
  readonly before?: Text
  readonly after: Text
  readonly verdicts: readonly string[]
}

test.for<Row>([
  { name: 'nothing changes', after: PLAIN, verdicts: [] },
  { name: 'the variables are numbered anew', after: { ...PLAIN, variables: ['count.7', 'count.9'] }, verdicts: [] },
  { name: 'the table has another order', after: { ...PLAIN, table: [1, 0], entries: [1, 0] as const }, verdicts: [] },
  {
    name: 'a function takes the other’s variable',
    before: { ...PLAIN, ...NAMED },
    after: { ...PLAIN, ...NAMED, entries: [1, 1] as const },
    verdicts: ['F: changed (reaches)'],
  },
  {
    name: 'the table leads elsewhere',
    before: { ...PLAIN, ...NAMED },
    after: { ...PLAIN, ...NAMED, table: [1, 1] },
    verdicts: ['F: changed (reaches)'],
  },
  { name: 'a function changes', after: { ...PLAIN, code: 0x68 }, verdicts: ['F: changed (byte)'] },
])('$name', ({ before = PLAIN, after, verdicts }) => {
  const found = verdictLines(judge(object(before), object(after), PROGRAM_RULES.target.loader))
  expect(found.filter(line => !line.startsWith('.toc'))).toEqual(verdicts)
})

/** Variables of one name of which code reaches only the first by a relocation. */
const COUNTED: Text = { table: [0], entries: [0, 0], variables: ['count.3', 'count.4', 'count.5'] }

test('an object is what it is itself, whoever its variables are reached by', () => {
  expect(verdictLines(judge(object(COUNTED), object(COUNTED), PROGRAM_RULES.target.loader))).toEqual([])
})

test.for([
  { name: 'a name', after: { ...COUNTED, variables: ['count.3', 'count.4', 'count.6'] } },
  { name: 'a value', after: { ...COUNTED, value: 3 } },
  { name: 'code', after: { ...COUNTED, code: 0x68 } },
])('one that differs by $name is not', ({ after }) => {
  expect(verdictLines(judge(object(COUNTED), object(after), PROGRAM_RULES.target.loader))).not.toEqual([])
})
