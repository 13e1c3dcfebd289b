/** A header's function changes in all units that are known to include it; the running system has one more of its name. */
import { expect, test } from 'vitest'
import type { HypervisorSymbol } from '../../src/loaders/xen/symbols.ts'
import { otherCopies } from '../../src/select/other-copies.ts'
import { compile, hasGcc, withoutGcc } from '../support/gcc.ts'
import { judge } from '../support/judge.ts'
import { toyHypervisor } from './toy.ts'

const text = (n: number, use: string) =>
  `extern int flag; static __attribute__((noinline)) int helper(int a) { return a * ${n} + flag; } int ${use}(int a) { return helper(a); }`

const unit = (name: string) => ({
  unit: `${name}.o`,
  fileSymbol: `${name}.c`,
  verdicts: judge(compile(text(11, name)), compile(text(13, name))),
})

const running = (...files: string[]) =>
  toyHypervisor({
    symbols: files.map(
      (file, index): HypervisorSymbol => ({
        name: `${file}#helper`,
        plainName: 'helper',
        file,
        address: BigInt(index),
        size: 8,
        kind: 'function',
        local: true,
      }),
    ),
  })

test.skipIf(!hasGcc)(`a function of that name in a unit that was not compiled again is told${withoutGcc}`, () => {
  const units = [unit('a'), unit('b')]
  expect(otherCopies(units, running('a.c', 'b.c'))).toEqual([])
  expect(otherCopies(units, undefined)).toEqual([])
  const [told] = otherCopies(units, running('a.c', 'b.c', 'c.c'))
  expect(told).toMatchObject({ code: 'copy-elsewhere' })
  expect(told?.text).toMatch(/^helper changed in 2 units; c\.c has/)
})

test.skipIf(!hasGcc)(`one unit that changes a function of its own says nothing about others${withoutGcc}`, () => {
  expect(otherCopies([unit('a')], running('a.c', 'c.c'))).toEqual([])
})
