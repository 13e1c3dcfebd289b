/** Static variables of one name by the lines that declare and use them: what two could be is left alone. */
import { expect, test } from 'vitest'
import type { Place } from '../dwarf/index.ts'
import { type DeclaredStatic, toldByLines, type Use } from './declared.ts'

const at = (line: number): Place => ({ file: 'u.c', line })
/** `n.1 declared on 3, used on 4 5`; `5<6<7` is line 5, called on 6, which is called on 7. */
function read(text: string): DeclaredStatic {
  const [, symbol = '', declared, uses = ''] = /^(\S+) (\d+):(.*)$/.exec(text) ?? []
  const used = uses.trim().split(' ').filter(Boolean)
  return { symbol, declared: at(Number(declared)), uses: used.map(useOf) }
}

function useOf(text: string): Use {
  const [line, ...calls] = text.split('<').map(each => at(Number(each)))
  return { ...(line ?? at(0)), calls }
}

interface Row {
  readonly name: string
  /** Symbol, line of the declaration, lines that use it. */
  readonly before: readonly string[]
  readonly after: readonly string[]
  readonly told: Readonly<Record<string, string>>
}

test.for<Row>([
  {
    name: 'each has its uses',
    before: ['n.1 3: 4 5', 'n.2 13: 14'],
    after: ['n.7 3: 4 5', 'n.8 13: 14'],
    told: { 'n.1': 'n.7', 'n.2': 'n.8' },
  },
  {
    name: 'the last one by its declaration, where its uses are others',
    before: ['n.1 3: 4 5', 'n.2 13: 14'],
    after: ['n.7 3: 4 5', 'n.8 13: 99'],
    told: { 'n.1': 'n.7', 'n.2': 'n.8' },
  },
  {
    name: 'the last one is declared elsewhere',
    before: ['n.1 3: 4 5', 'n.2 13: 14'],
    after: ['n.7 3: 4 5', 'n.8 23: 24'],
    told: { 'n.1': 'n.7' },
  },
  {
    name: 'the last one uses a line of another',
    before: ['n.1 3: 4 5', 'n.2 13: 5'],
    after: ['n.7 3: 4', 'n.8 13: 99'],
    told: { 'n.1': 'n.7', 'n.2': 'n.8' },
  },
  {
    name: 'a use that two have before',
    before: ['n.1 3: 4 5', 'n.2 13: 5'],
    after: ['n.7 3: 4 5', 'n.8 13: 99'],
    told: {},
  },
  {
    name: 'a use that two have afterwards',
    before: ['n.1 3: 4 5', 'n.2 13: 99'],
    after: ['n.7 3: 4 5', 'n.8 13: 5'],
    told: {},
  },
  {
    name: 'the last ones, one of which the other’s pair could be',
    before: ['n.1 3: 4', 'n.2 13: 14'],
    after: ['n.7 3: 4', 'n.8 13: 14 4'],
    told: {},
  },
  {
    name: 'a use in common is not enough',
    before: ['n.1 3: 4 5', 'n.2 13: 14'],
    after: ['n.7 23: 5 6', 'n.8 13: 14'],
    told: { 'n.2': 'n.8' },
  },
  {
    name: 'all uses are, wherever it is declared',
    before: ['n.1 3: 4 5'],
    after: ['n.7 23: 5 4'],
    told: { 'n.1': 'n.7' },
  },
  {
    name: 'one line that is called for each',
    before: ['n.1 3: 56<4', 'n.2 13: 56<14'],
    after: ['n.7 3: 56<4', 'n.8 13: 56<14'],
    told: { 'n.1': 'n.7', 'n.2': 'n.8' },
  },
  {
    name: 'one line that is called elsewhere for each',
    before: ['n.1 3: 56<4', 'n.2 13: 56<14'],
    after: ['n.7 3: 56<5', 'n.8 13: 56<15'],
    told: {},
  },
  {
    name: 'one line that another function calls by way of a third',
    before: ['n.1 3: 56<60<4', 'n.2 13: 14'],
    after: ['n.7 3: 56<60', 'n.8 13: 14'],
    told: { 'n.1': 'n.7', 'n.2': 'n.8' },
  },
  {
    name: 'of two names each for itself',
    before: ['n.1 3: 4', 'm.1 6: 4'],
    after: ['n.2 3: 4', 'm.2 6: 4'],
    told: { 'n.1': 'n.2', 'm.1': 'm.2' },
  },
])('$name', ({ before, after, told }) => {
  const isSame = (a: Place, b: Place) => a.line === b.line
  expect(Object.fromEntries(toldByLines(before.map(read), after.map(read), isSame))).toEqual(told)
})
