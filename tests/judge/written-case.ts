/** A case that is not drawn: two units, a static local that counts, and two patches of one function. */
import type { Case } from './draw-case.ts'
import { HEADER, type Program } from './model.ts'

export function writtenCase(): Case {
  return {
    name: 'written',
    texts: [counting(11), counting(13), counting(17)],
    kind: 'one',
    edits: [['exchange'], ['exchange']],
    compiler: 'gcc',
    flags: ['-O2', '-fPIE', '-fno-common'],
    link: ['-pie'],
    lines: 'auto',
    symbols: true,
    numbers: [['m1', 'w2'], ['m3', 'w4'], [], [], ['m5']],
  }
}

function counting(factor: number): Program {
  const count = { id: 'v1', name: 'count', form: 'number', first: '', linkage: 'local', section: '' } as const
  const statements = [{ text: `@v1@ += n; r += @v1@ * ${factor};`, locals: [count] }]
  const common = { linkage: 'global', takes: 'one' } as const
  const bare = { variables: [], aliases: [], entries: [], moved: 0 }
  return {
    language: 'c',
    last: 100,
    units: [
      { ...bare, name: HEADER, routines: [] },
      {
        ...bare,
        name: 'u1.c',
        routines: [
          { ...common, id: 'f1', name: 'work', level: 0, attributes: 'noinline', statements },
          callOf('enter_1', 'r ^= @f1@(n);'),
        ],
      },
      { ...bare, name: 'u2.c', routines: [callOf('enter_2', 'r += @f1@(n + 11);')] },
    ],
  }
}

function callOf(id: string, text: string) {
  const statements = [{ text, locals: [] }]
  return { id, name: id, level: 3, linkage: 'global', takes: 'one', attributes: '', statements } as const
}

/**
 * Two patches on top of each other: the first brings a static local that the compiler gives the number of one that was
 * there, the second changes both functions.
 */
export function stackedCase(): Case {
  const numbers = [['m1'], ['m3', 'w4'], ['m5', 'w6'], ['m7'], ['m8']]
  return { ...writtenCase(), texts: [stacked(7, ''), stacked(7, '@v2@'), stacked(17, '@v2@')], kind: 'stack', numbers }
}

function stacked(factor: number, brought: string): Program {
  const [header, first, ...rest] = counting(11).units
  if (header === undefined || first === undefined) throw new Error('two units')
  const count = { id: 'v2', name: 'count', form: 'number', first: '50', linkage: 'local', section: '' } as const
  const statement =
    brought === ''
      ? { text: `r *= ${factor};`, locals: [] }
      : { text: `${brought} += n; r += ${brought} * ${factor};`, locals: [count] }
  const help = { id: 'f2', name: 'help', level: 0, linkage: 'global', takes: 'one', attributes: 'noinline' } as const
  const routines = [
    { ...help, statements: [statement] },
    ...first.routines,
    callOf('enter_1', 'r ^= @f1@(n) + @f2@(n);'),
  ]
  return {
    language: 'c',
    last: 100,
    units: [header, { ...first, routines: routines.filter(({ name }, at) => name !== 'enter_1' || at > 2) }, ...rest],
  }
}
