/** Which units are asked about, and of whom gcc makes the same object. */
import { describe, expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../../tests/support/gcc.ts'
import {
  BESIDE,
  CASES,
  candidatesOf,
  GET,
  got,
  HEADER,
  none,
  unitOf,
  user,
} from '../../../tests/support/reach-cases.ts'
import { sampled } from '../../../tests/support/sampled.ts'
import type { Unit } from '../model.ts'

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

interface Edit {
  readonly before: string
  readonly after: string
  readonly withMoved?: boolean
  readonly units?: readonly Unit[]
}

/** Names of units, of those that read a header that is edited. */
function told({ before, after, withMoved, units = [unitOf('user.c', []), unitOf('none.c', [])] }: Edit) {
  const texts = new Map([
    [HEADER, before],
    [BESIDE, ''],
    ['user.c', user],
    ['none.c', none],
    ['other.c', none],
    ['other.cpp', none],
  ])
  const all = units.map(unit => ({ unit, because: [HEADER] }))
  const { quiet, asked } = candidatesOf({ before, after, texts }, all, withMoved)
  return { quiet: quiet.map(({ unit }) => unit.unit), asked: asked.map(({ unit }) => unit.unit) }
}

test('whose source has the changed name is not asked about', () => {
  expect(told(got(GET))).toEqual({ quiet: [], asked: ['none.o'] })
})

test('a type has no name that would tell', () => {
  expect(told({ before: GET, after: GET.replace('int a, b', 'int b, a') }).asked).toEqual(['user.o', 'none.o'])
})

describe('what no compiler sees', () => {
  const both = { quiet: ['user.o', 'none.o'], asked: [] }

  test('concerns nobody', () => {
    expect(told({ before: `/* one */ ${GET}`, after: `/* other */ ${GET}` })).toEqual(both)
  })

  test('but white space does, as # may make a string of it', () => {
    const [before, after] = ['#define LIMIT (1+2)\n', '#define LIMIT (1 + 2)\n']
    expect(told({ before, after })).toEqual({ quiet: [], asked: ['user.o', 'none.o'] })
  })

  test('three characters may be one', () => {
    const [before, after] = ['// one\n', '// one ??/\n']
    const units = [unitOf('none.c', []), unitOf('other.c', ['-std=c99'])]
    expect(told({ before: before + GET, after: after + GET, units })).toEqual({ quiet: ['none.o'], asked: ['other.o'] })
  })

  test('a text in which a number has marks', () => {
    const before = "int n = 1'0;\n"
    expect(told({ before, after: `/* */ ${before}` }).quiet).toEqual([])
  })
})

describe('lines that move', () => {
  const below = { before: `${GET}#define AT __LINE__\n`, after: `\n${GET}#define AT __LINE__\n` }

  test('count where the way needs them', () => {
    expect(told(below).quiet).toEqual(['user.o', 'none.o'])
    expect(told({ ...below, withMoved: true })).toEqual({ quiet: [], asked: [] })
  })

  test('but not behind the last of a text', () => {
    const moved = { before: GET, after: GET.replace('return p->a', 'return\np->b') }
    expect(told({ ...moved, withMoved: true }).asked).toEqual(['none.o'])
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
    {
      what: 'a compiler that is told what it calls',
      change: (unit: Unit) => ({ ...unit, command: [...unit.command, '-ftrapv-handler=get'] }),
    },
    { what: 'code for other devices', change: (unit: Unit) => ({ ...unit, command: [...unit.command, '-fopenmp'] }) },
    {
      what: 'a unit of which not all files are known',
      change: (unit: Unit) => ({ ...unit, dependencies: [unit.source] }),
    },
  ]),
])('$what is compiled', ({ change }) => {
  const { asked } = told({ ...got(GET), units: [unitOf('none.c', []), change(unitOf('other.c', []))] })
  expect(asked).toEqual(['none.o'])
})

test('a unit of which a file is gone is asked about', () => {
  const gone = { ...unitOf('other.c', []), dependencies: ['other.c', HEADER, 'gone.h'] }
  expect(told({ before: `/* one */ ${GET}`, after: GET, units: [gone] }).quiet).toEqual([])
})
