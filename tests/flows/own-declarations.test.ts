/**
 * A function takes more than before, and a unit that calls it declares it by itself: an edit of that unit that declares the
 * same as before must not hide its callers that stay. Assembly, which declares nothing, likewise.
 */
import { expect, test } from 'vitest'
import { hasGcc, withoutGcc } from '../support/gcc.ts'
import { patchProgram } from '../support/small-program.ts'

const HOME = 'int depth;\n__attribute__((noinline)) int f(int a) { depth += a; return a * 3; }\n'
const NEW_HOME = 'int depth;\n__attribute__((noinline)) int f(int a, int b) { depth += b; return a * 3 + b; }\n'
const OTHER = 'int other(int a) { return a * 7 + 1; }\n'
const CALLER = 'int f(int);\nint stays(int a) { return f(a) ^ 5; }\n'
const TABLE = 'int f(int);\nint (*const table[])(int) = { f };\n'

interface Row {
  readonly name: string
  /** The other unit, before and after. */
  readonly unit: readonly [string, string]
  readonly refused: readonly string[]
}

const ROWS: readonly Row[] = [
  { name: 'the unit is left as it is', unit: [CALLER + OTHER, CALLER + OTHER], refused: ['prototype-changed f'] },
  {
    name: 'another function of the unit changes',
    unit: [CALLER + OTHER, CALLER + OTHER.replace('7', '9')],
    refused: ['prototype-changed f'],
  },
  {
    name: 'the unit has a comment more',
    unit: [CALLER + OTHER, `${CALLER}/* as before */\n${OTHER}`],
    refused: ['prototype-changed f'],
  },
  {
    name: 'the unit has it in a table',
    unit: [TABLE + OTHER, TABLE + OTHER.replace('7', '9')],
    refused: ['prototype-changed f'],
  },
  {
    name: 'the unit’s caller changes as well',
    unit: [CALLER, 'int f(int, int);\nint stays(int a) { return f(a, 2) ^ 5; }\n'],
    refused: [],
  },
  {
    name: 'the unit does not use it',
    unit: [`int f(int);\n${OTHER}`, `int f(int);\n${OTHER.replace('7', '9')}`],
    refused: [],
  },
]

test.skipIf(!hasGcc).for(ROWS)(`$name${withoutGcc}`, async ({ unit: [before, after], refused }) => {
  const program = { files: { 'a.c': HOME, 'b.c': before }, built: true } as const
  const edit = { 'a.c': NEW_HOME, ...(after === before ? {} : { 'b.c': after }) }
  const found = await patchProgram(program, edit)
  expect(found).toMatchObject({ error: undefined, refused })
})

// Nobody's declarations tell of assembly.
test.skipIf(!hasGcc)(`another function of an assembly unit changes${withoutGcc}`, async () => {
  const named = (name: string, body: string) =>
    `.globl ${name}\n.type ${name}, @function\n${name}:\n    ${body}\n    ret\n.size ${name}, . - ${name}\n`
  const before = `.text\n${named('stays', 'call f')}${named('other', 'lea 1(%rdi), %eax')}`
  const found = await patchProgram(
    { files: { 'a.c': HOME, 'b.S': before }, listed: ['a.c', 'b.S'], built: true },
    { 'a.c': NEW_HOME, 'b.S': before.replace('1(%rdi)', '9(%rdi)') },
  )
  expect(found.error).toBeUndefined()
  expect(found.refused).toContain('prototype-changed f')
})
