/** The mistakes that `make mutants` makes: each kind once, and always a text that parses. */
import ts from 'typescript'
import { expect, test } from 'vitest'
import { applied, mutantsOf } from '../scripts/mutants/operators.ts'

test.for<{ text: string; by: readonly string[] }>([
  { text: 'if (a) b = 1 + c', by: ['if (!(a)) b = 1 + c', ';', 'if (a) b = 1 - c', 'if (a) b = (1 + 1) + c'] },
  { text: 'if (a) b()\nelse c()', by: ['if (!(a)) b()\nelse c()', 'c()', 'if (a) ;\nelse c()', 'if (a) b()\nelse ;'] },
  { text: 'd = a && b', by: ['d = a || b', 'd = (a)', 'd = (b)'] },
  { text: 'd = a <= b ? e : f', by: ['d = !(a <= b) ? e : f', 'd = a < b ? e : f'] },
  { text: 'd = a === true', by: ['d = a !== true', 'd = a === false'] },
  { text: 'const f = () => a === b', by: ['const f = () => a !== b', 'const f = () => true', 'const f = () => false'] },
  { text: 'd = list.filter(one)', by: ['d = list'] },
  { text: 'd = list.some(one)', by: ['d = list.every(one)'] },
  { text: 'd = 3n', by: ['d = (3n + 1n)'] },
  { text: 'd = "a" + b', by: [] },
  { text: 'type A = 1 | true; import { b } from "c"', by: [] },
])('$text', ({ text, by }) => {
  const mutants = mutantsOf('unit.ts', text)
  expect(mutants.map(mutant => applied(text, mutant)).sort()).toEqual([...by].sort())
  for (const mutant of mutants) {
    const { diagnostics = [] } = ts.transpileModule(applied(text, mutant), { reportDiagnostics: true })
    expect(diagnostics.map(({ messageText }) => messageText)).toEqual([])
    expect(mutant.line).toBe(text.slice(0, mutant.start).split('\n').length)
  }
})
