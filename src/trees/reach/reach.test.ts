/**
 * Whom tokens let out, and whether gcc agrees: the object of one that is left out is the same from both texts, and where it
 * must not be left out, because the change reaches it, gcc makes another one.
 */
import { describe, expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../../tests/support/gcc.ts'
import {
  BESIDE,
  CASES,
  type Case,
  compiled,
  GET,
  got,
  HEADER,
  none,
  toldOf,
  unitOf,
  user,
} from '../../../tests/support/reach-cases.ts'
import { HIDDEN } from '../../../tests/support/reach-hidden.ts'
import { sampled } from '../../../tests/support/sampled.ts'
import type { Unit } from '../model.ts'

test.for([...sampled([...CASES, ...HIDDEN])])('$name', one => {
  expect(compiled(one)).toEqual(Object.keys(one.units).filter(kind => kind !== '-'))
})

describe.skipIf(!hasGcc)(`gcc agrees${withoutGcc}`, () => {
  test.for([...sampled(CASES)])('$name', ({ before, after, beside = '', units, options = [] }) => {
    for (const [kind, text] of Object.entries(units)) {
      const [one, other] = [before, after].map(header =>
        Buffer.from(compile(`${header}${beside}${text}\n`, ['-O2', '-w', '-std=gnu11', ...options])),
      )
      if (kind !== '?') expect(one?.equals(other ?? Buffer.of()), kind).toBe(kind === '-')
    }
  })
})

describe('lines that move', () => {
  const moved: Case = {
    name: '',
    before: GET,
    after: GET.replace('return p->a', 'return\np->b'),
    units: { '+': user, '-': none },
  }
  const below: Case = { ...moved, before: `${GET}#define AT __LINE__\n`, after: `\n${GET}#define AT __LINE__\n` }

  test('count where the way needs them', () => {
    expect(compiled(below)).toEqual([])
    expect(compiled(below, true)).toEqual(['+', '-'])
  })

  test('but not behind the last of a text', () => {
    expect(compiled(moved)).toEqual(['+'])
    expect(compiled(moved, true)).toEqual(['+'])
  })
})

test.for([
  ...sampled([
    { what: 'C++', change: (unit: Unit) => ({ ...unit, source: `${unit.source}pp` }) },
    { what: 'C++ by its compiler', change: (unit: Unit) => ({ ...unit, command: ['g++', ...unit.command.slice(1)] }) },
    { what: 'assembly', change: (unit: Unit) => ({ ...unit, language: 'assembly' as const }) },
    {
      what: 'a compiler that keeps what nobody uses',
      change: (unit: Unit) => ({ ...unit, command: [...unit.command, '-fkeep-inline-functions'] }),
    },
    {
      what: 'a compiler that emits what nobody uses',
      change: (unit: Unit) => ({ ...unit, command: [...unit.command, '-femit-all-decls'] }),
    },
    { what: 'code for other devices', change: (unit: Unit) => ({ ...unit, command: [...unit.command, '-fopenmp'] }) },
    {
      what: 'a unit of which not all files are known',
      change: (unit: Unit) => ({ ...unit, dependencies: [unit.source] }),
    },
    {
      what: 'a unit of which a file is gone',
      change: (unit: Unit) => ({ ...unit, dependencies: [...unit.dependencies, 'gone.h'] }),
    },
  ]),
])('$what is compiled', ({ change }) => {
  const { before, after } = got(GET)
  const units = [unitOf('none.c', []), change(unitOf('other.c', []))]
  const texts = new Map([
    [HEADER, before],
    [BESIDE, ''],
    ['none.c', none],
    ['other.c', none],
    ['other.cpp', none],
  ])
  const { out } = toldOf(
    { before, after, texts },
    units.map(unit => ({ unit, because: [HEADER] })),
  )
  expect(out.map(({ unit }) => unit.unit)).toEqual(['none.o'])
})
