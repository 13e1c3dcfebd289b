/** Several functions or variables under one local name: what is the same is the same, and none is taken for another. */
import { expect, test } from 'vitest'
import { judge, PROGRAM_RULES, selectFrom, selectionLines, verdictLines } from '../../tests/support/judge.ts'
import { type NewObject, type NewRelocation, type NewSection, type NewSymbol, writeElf } from '../elf/index.ts'

const [X86_64, ABS64] = [62, 1]
const [ALLOC, WRITE, EXECUTE] = [2, 1, 4]

/** One thing of the object: its section, its name there, its bytes, and which other (by place in the list) it refers to at its byte 8. */
interface Thing {
  readonly section: string
  readonly name: string
  readonly byte: number
  readonly to?: number
}

const variable = (section: string, name: string, byte: number): Thing => ({ section, name, byte })
const code = (name: string, byte: number, to?: number): Thing => {
  return { section: `.text.${name}`, name, byte, ...(to === undefined ? {} : { to }) }
}
const pointer = (section: string, name: string, to: number): Thing => ({ section, name, byte: 0, to })

/** Each thing in a section of its own; those of a name that begins with a capital letter are global. */
function object(things: readonly Thing[]): Uint8Array {
  const isCode = ({ section }: Thing) => section.startsWith('.text')
  const sections = things.map((thing): NewSection => {
    const { section, byte, to } = thing
    const flags = ALLOC | (isCode(thing) ? EXECUTE : WRITE)
    const relocations: readonly NewRelocation[] =
      to === undefined ? [] : [{ offset: 8, type: ABS64, symbol: to, addend: 0n }]
    const bytes = new Uint8Array(16).fill(byte, 0, 8)
    return { name: section, type: 1, flags, alignment: 8, bytes, relocations }
  })
  const symbols = things.map((thing, section): NewSymbol => {
    const { name } = thing
    const kind = isCode(thing) ? 'function' : 'object'
    const binding = /^[A-Z]/.test(name) ? 'global' : 'local'
    return { name, kind, binding, place: { in: 'section', section, offset: 0 }, size: 16 }
  })
  const made: NewObject = { header: { machine: X86_64 }, sections, symbols }
  return writeElf(made)
}

interface Row {
  readonly name: string
  readonly before: readonly Thing[]
  readonly after: readonly Thing[]
  readonly verdicts: readonly string[]
  readonly selected?: readonly string[]
  readonly refused?: readonly string[]
}

const TWO = [variable('.data.a', '_entry', 1), variable('.data.b', '_entry', 2)]
const INDEX = [pointer('.printk_index', '_entry_ptr', 0), pointer('.printk_index', '_entry_ptr', 1)]
const NUMBERED = (first: number) => [
  variable(`.rodata._entry.${first}`, `_entry.${first}`, 1),
  variable(`.rodata._entry.${first + 2}`, `_entry.${first + 2}`, 2),
  pointer('.printk_index', `_entry_ptr.${first + 5}`, 0),
  pointer('.printk_index', `_entry_ptr.${first + 6}`, 1),
]
const USED = [...TWO, code('F', 0x90, 0), code('G', 0x91, 1)]
const IN_ONE = [variable('.data', 'state', 1), variable('.data', 'state', 2), code('F', 0x90, 0), code('G', 0x91, 1)]

const ROWS: readonly Row[] = [
  { name: 'two variables that nothing uses', before: TWO, after: TWO, verdicts: [] },
  {
    name: 'one of two changes',
    before: TWO,
    after: TWO.with(1, variable('.data.b', '_entry', 3)),
    verdicts: ['_entry: changed (byte)'],
  },
  { name: 'an index of them', before: [...TWO, ...INDEX], after: [...TWO, ...INDEX], verdicts: [] },
  {
    name: 'an index of which one entry leads elsewhere',
    before: [...TWO, ...INDEX],
    after: [...TWO, pointer('.printk_index', '_entry_ptr', 0), pointer('.printk_index', '_entry_ptr', 0)],
    verdicts: ['_entry_ptr: changed (reaches)'],
  },
  { name: 'an index of numbered ones', before: NUMBERED(6), after: NUMBERED(6), verdicts: [] },
  { name: 'an index of ones that are numbered anew', before: NUMBERED(6), after: NUMBERED(9), verdicts: [] },
  {
    name: 'a third one',
    before: TWO,
    after: [...TWO, variable('.data.a', '_entry', 1)],
    verdicts: ['_entry: new', '_entry: new', '_entry: gone'],
  },
  { name: 'two that functions use', before: USED, after: USED, verdicts: [] },
  { name: 'two in sections of one name', before: IN_ONE, after: IN_ONE, verdicts: [] },
  {
    name: 'a function that uses one of them changes',
    before: USED,
    after: USED.with(2, code('F', 0x98, 0)),
    verdicts: ['F: changed (byte)'],
    selected: ['replacement F'],
  },
  {
    name: 'a function that uses the other one by now',
    before: [...TWO, code('F', 0x90, 0), code('G', 0x91, 0), code('H', 0x92, 1)],
    after: [...TWO, code('F', 0x90, 0), code('G', 0x91, 1), code('H', 0x92, 1)],
    verdicts: ['G: changed (reaches)'],
    selected: ['replacement G'],
  },
  {
    name: 'one function that uses both and is another by now',
    before: [...TWO, { ...code('F', 0x90, 0) }, code('F.cold', 0x91, 1)],
    after: [...TWO, { ...code('F', 0x98, 1) }, code('F.cold', 0x99, 0)],
    verdicts: ['F: changed (byte)', '_entry: new', '_entry: new', '_entry: gone', '_entry: gone'],
    refused: ['ambiguous-static _entry', 'ambiguous-static _entry'],
  },
  ...[
    { name: 'a numbered one that another function uses', before: 'f.n', after: 'f.n.3' },
    { name: 'one without a number that another function uses', before: 'f.n.3', after: 'f.n' },
    { name: 'one of another number that another function uses', before: 'f.n.3', after: 'f.n.4' },
  ].map(({ name, before, after }): Row => ({
    name,
    before: [variable('.data.a', before, 1), code('F', 0x90, 0), code('G', 0x91)],
    after: [variable('.data.a', after, 1), code('F', 0x90), code('G', 0x91, 0)],
    verdicts: ['F: changed (relocation)', 'G: changed (relocation)', `${after}: new`, `${before}: gone`],
    refused: [`ambiguous-static ${after}`],
  })),
  {
    name: 'two functions of one name',
    before: [code('step', 1), code('step', 2), code('F', 3, 1)],
    after: [code('step', 1), code('step', 2), code('F', 3, 1)],
    verdicts: [],
  },
  {
    name: 'the second of two functions of one name changes',
    before: [code('step', 1), code('step', 2), code('F', 3, 1)],
    after: [code('step', 1), code('step', 5), code('F', 3, 1)],
    verdicts: ['step: changed (byte)'],
  },
  {
    name: 'who calls the first of two calls the second by now',
    before: [code('step', 1), code('step', 2), code('F', 3, 0)],
    after: [code('step', 1), code('step', 2), code('F', 3, 1)],
    verdicts: ['F: changed (reaches)'],
  },
]

test.for(ROWS)('$name', ({ before, after, verdicts, selected, refused }) => {
  const [original, patched] = [object(before), object(after)]
  expect(verdictLines(judge(original, patched, PROGRAM_RULES.target.loader))).toEqual(verdicts)
  const selection = selectFrom(original, patched, PROGRAM_RULES)
  if (selected !== undefined) expect(selectionLines(selection)).toEqual(selected)
  if (refused !== undefined) expect(selection.refusals.map(({ code, symbol }) => `${code} ${symbol}`)).toEqual(refused)
})
