import { describe, expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { judge, selectFrom, selectionLines, verdictLines } from '../../tests/support/judge.ts'
import { readElf } from '../elf/index.ts'
import { XEN } from '../loaders/xen/xen.ts'
import { pieceMap } from './pieces.ts'

interface Alternative {
  readonly of: string
  /** The replacement's label, and its length where it is not that of the label's code. */
  readonly to: string
  readonly length: number
}

/** f and g, and whatever else the alternatives name, each beginning with five bytes that may be replaced. */
function object(alternatives: readonly Alternative[], replacements: string): Uint8Array {
  const functions = [...new Set(alternatives.map(({ of }) => of))].map(
    name =>
      `.section .text.${name},"ax"\n.globl ${name}\n.type ${name},@function\n${name}: .nops 5\nret\n.size ${name},.-${name}\n`,
  )
  const entries = alternatives.map(
    ({ of, to, length }) => `.long ${of}-., ${to}-.\n.word 7\n.byte 5, ${length}, 0, 0\n`,
  )
  const text = `${functions.join('')}.section .altinstructions,"a"\n${entries.join('')}.section .altinstr_replacement,"ax"\n${replacements}`
  return compile(text, [], 'unit.S')
}

const EMPTY_AND_CALL: readonly Alternative[] = [
  { of: 'f', to: '1f', length: 0 },
  { of: 'g', to: '1f', length: 5 },
]

describe(`an alternative whose replacement is empty${withoutGcc}`, () => {
  const rows: readonly {
    name: string
    alternatives: readonly Alternative[]
    before: string
    after: string
    verdicts: readonly string[]
  }[] = [
    {
      name: 'the replacement behind it changes',
      alternatives: EMPTY_AND_CALL,
      before: '1: call old',
      after: '1: call new',
      verdicts: ['g: changed (entry)'],
    },
    {
      name: 'the entries stand the other way round',
      alternatives: EMPTY_AND_CALL.toReversed(),
      before: '1: call old',
      after: '1: call new',
      verdicts: ['g: changed (entry)'],
    },
    {
      name: 'the replacement before it changes, and it is the last',
      alternatives: [
        { of: 'g', to: '1f', length: 5 },
        { of: 'f', to: '2f', length: 0 },
      ],
      before: '1: call old\n2:',
      after: '1: call new\n2:',
      verdicts: ['g: changed (entry)'],
    },
    {
      name: 'it lies between two, both of which change',
      alternatives: [
        { of: 'g', to: '1f', length: 5 },
        { of: 'f', to: '2f', length: 0 },
        { of: 'h', to: '2f', length: 5 },
      ],
      before: '1: call old\n2: call old',
      after: '1: call new\n2: call new',
      verdicts: ['g: changed (entry)', 'h: changed (entry)'],
    },
    {
      name: 'two are empty at one place',
      alternatives: [...EMPTY_AND_CALL, { of: 'h', to: '1f', length: 0 }],
      before: '1: call old',
      after: '1: call new',
      verdicts: ['g: changed (entry)'],
    },
    {
      name: 'it points into the replacement of another',
      alternatives: [
        { of: 'g', to: '1f', length: 5 },
        { of: 'f', to: '1f+2', length: 0 },
      ],
      before: '1: call old',
      after: '1: call new',
      verdicts: ['g: changed (entry)'],
    },
    {
      name: 'the one behind it gets longer',
      alternatives: EMPTY_AND_CALL,
      before: '1: call old',
      after: '1: call old\nud2',
      verdicts: [],
    },
  ]

  test.for(rows)('$name', ({ alternatives, before, after, verdicts }, { skip }) => {
    if (!hasGcc) skip()
    const judged = judge(object(alternatives, before), object(alternatives, after))
    expect(verdictLines(judged)).toEqual(verdicts)
  })

  test('it becomes one that is not empty', ({ skip }) => {
    if (!hasGcc) skip()
    const full: readonly Alternative[] = [
      { of: 'f', to: '1f', length: 2 },
      { of: 'g', to: '1f+2', length: 5 },
    ]
    const judged = judge(object(EMPTY_AND_CALL, '1: call old'), object(full, '1: ud2\ncall old'))
    expect(verdictLines(judged)).toEqual(['f: changed (entry)'])
  })

  test('a payload that takes it takes no bytes of its neighbour', ({ skip }) => {
    if (!hasGcc) skip()
    const before = object(EMPTY_AND_CALL, '1: call old')
    const after = Buffer.from(before)
    // The ret of f becomes an int3: f is replaced, with its alternative.
    const text = readElf<'original'>(before).sections.find(({ name }) => name === '.text.f')
    after[(text?.fileOffset ?? 0) + 5] = 0xcc
    const selection = selectFrom(before, new Uint8Array(after))
    expect(selectionLines(selection).toSorted()).toEqual([
      'chunk .altinstr_replacement+0x0',
      'entry .altinstructions+0x0',
      'replacement f',
    ])
    const chunk = selection.pieces.find(({ piece }) => piece.kind === 'chunk')
    expect(chunk?.piece.size).toBe(0)
  })

  test('every replacement is empty, and the section too', ({ skip }) => {
    if (!hasGcc) skip()
    const map = pieceMap(readElf<'original'>(object([{ of: 'f', to: '1f', length: 0 }], '1:')), { loader: XEN })
    const entry = map.pieces.find(({ kind }) => kind === 'entry')
    const target = entry?.references[1]?.target
    expect(target?.to === 'piece' ? map.pieces[target.piece]?.size : target).toBe(0)
  })
})
