/** Clones of functions that the compiler numbers anew are the same; one that changes, or that another calls, is seen. */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { judge, PROGRAM_RULES, selectFrom, selectionLines, verdictLines } from '../../tests/support/judge.ts'

interface Clone {
  readonly name: string
  readonly adds: number
}

const code = (name: string, body: string, how = '') =>
  `.section .text.${name},"ax"\n${how}.type ${name},@function\n${name}: ${body}\nret\n.size ${name},.-${name}\n`
const clone = ({ name, adds }: Clone) => code(name, `add $${adds}, %eax\nadd $1, %eax\nadd $2, %eax`)
const caller = (name: string, to: string, adds = 1) => code(name, `call ${to}\nadd $${adds}, %eax`, `.globl ${name}\n`)

interface Row {
  readonly name: string
  readonly before: readonly string[]
  readonly after: readonly string[]
  readonly verdicts: readonly string[]
  readonly selected?: readonly string[]
}

const one = (name: string, adds = 3) => clone({ name, adds })
const cold = (name: string, adds: number, of: string) =>
  code(of, `test %eax, %eax\nje ${name}`) + code(name, `add $${adds}, %ecx`)

const ROWS: readonly Row[] = [
  {
    name: 'a clone gets another number',
    before: [one('f.constprop.5'), caller('g', 'f.constprop.5')],
    after: [one('f.constprop.6'), caller('g', 'f.constprop.6')],
    verdicts: [],
  },
  {
    name: 'all numbers move on by one, so that names are taken over',
    before: [one('f.part.3', 3), one('f.part.4', 4), caller('g', 'f.part.3'), caller('h', 'f.part.4')],
    after: [one('f.part.4', 3), one('f.part.5', 4), caller('g', 'f.part.4'), caller('h', 'f.part.5')],
    verdicts: [],
  },
  {
    name: 'ten comes behind nine',
    before: [one('f.isra.8', 3), one('f.isra.9', 4), caller('g', 'f.isra.8')],
    after: [one('f.isra.9', 3), one('f.isra.10', 4), caller('g', 'f.isra.9')],
    verdicts: [],
  },
  {
    name: 'a cold part gets another number',
    before: [cold('f.cold.1', 5, 'f'), caller('g', 'f')],
    after: [cold('f.cold.2', 5, 'f'), caller('g', 'f')],
    verdicts: [],
  },
  {
    name: 'a clone of a clone',
    before: [one('f.isra.0.constprop.5'), caller('g', 'f.isra.0.constprop.5')],
    after: [one('f.isra.1.constprop.7'), caller('g', 'f.isra.1.constprop.7')],
    verdicts: [],
  },
  {
    name: 'one that changes and gets another number',
    before: [one('f.constprop.5', 3), caller('g', 'f.constprop.5')],
    after: [one('f.constprop.6', 7), caller('g', 'f.constprop.6')],
    verdicts: ['f.constprop.5: changed (byte)'],
    selected: ['replacement f.constprop.6'],
  },
  {
    name: 'a cold part that changes and gets another number',
    before: [cold('f.cold.1', 5, 'f')],
    after: [cold('f.cold.2', 6, 'f')],
    verdicts: ['f: changed (part)'],
  },
  {
    name: 'who calls the other one by now',
    before: [one('f.part.3', 3), one('f.part.4', 4), caller('g', 'f.part.3')],
    after: [one('f.part.4', 3), one('f.part.5', 4), caller('g', 'f.part.5')],
    verdicts: ['g: changed (reaches)'],
  },
  {
    name: 'two that change places',
    before: [one('f.part.3', 3), one('f.part.4', 4), caller('g', 'f.part.3'), caller('h', 'f.part.4')],
    after: [one('f.part.4', 3), one('f.part.3', 4), caller('g', 'f.part.4'), caller('h', 'f.part.3')],
    verdicts: ['f.part.4: changed (byte)', 'f.part.3: changed (byte)', 'g: changed (reaches)', 'h: changed (reaches)'],
  },
  {
    name: 'another kind of clone is another function',
    before: [one('f.constprop.0'), caller('g', 'f.constprop.0')],
    after: [one('f.isra.0'), caller('g', 'f.isra.0')],
    verdicts: ['f.isra.0: new', 'g: changed (reaches)', 'f.constprop.0: gone'],
  },
]

test.skipIf(!hasGcc).for(ROWS)(`$name${withoutGcc}`, ({ before, after, verdicts, selected }) => {
  const [original, patched] = [before, after].map(texts => compile(texts.join(''), [], 'unit.S'))
  if (original === undefined || patched === undefined) throw new Error('there are two objects')
  expect(verdictLines(judge(original, patched, PROGRAM_RULES.target.loader))).toEqual(verdicts)
  if (selected !== undefined) expect(selectionLines(selectFrom(original, patched, PROGRAM_RULES))).toEqual(selected)
})

test.skipIf(!hasGcc)(`what stays is meant by its old name${withoutGcc}`, () => {
  const before = one('f.part.3', 3) + one('f.part.4', 4) + caller('g', 'f.part.4', 1)
  const after = one('f.part.4', 3) + one('f.part.5', 4) + caller('g', 'f.part.5', 2)
  const { pieces } = selectFrom(compile(before, [], 'unit.S'), compile(after, [], 'unit.S'), PROGRAM_RULES)
  expect(pieces.map(({ piece, references }) => [piece.name, references.map(({ link }) => link)])).toEqual([
    ['g', [expect.objectContaining({ to: 'running', name: expect.stringMatching(/f\.part\.4$/) })]],
  ])
})
