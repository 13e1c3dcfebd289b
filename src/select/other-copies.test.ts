/** A header's function changes in all units that are known to include it; the running system has one more of its name. */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { judge } from '../../tests/support/judge.ts'
import { toyHypervisor } from '../../tests/verify/toy.ts'
import type { HypervisorSymbol } from '../loaders/xen/symbols.ts'
import { otherCopies } from './other-copies.ts'

const text = (n: number, use: string) =>
  `extern int flag; static __attribute__((noinline)) int helper(int a) { return a * ${n} + flag; } int ${use}(int a) { return helper(a); }`

const unit = (name: string) => ({
  unit: `${name}.o`,
  fileSymbol: `${name}.c`,
  verdicts: judge(compile(text(11, name)), compile(text(13, name))),
})

const running = (...files: string[]) => runningWith({}, files)
const runningWith = (other: Partial<HypervisorSymbol>, files: readonly string[]) =>
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
        ...other,
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
  const [several] = otherCopies(units, running('a.c', 'b.c', 'c.c', 'd.c'))
  expect(several?.text).toMatch(/^helper changed in 2 units; c\.c, d\.c have/)
})

test.skipIf(!hasGcc).for<Partial<HypervisorSymbol>>([{ local: false }, { kind: 'object' }, { plainName: 'help' }])(
  `no copy is what is %o${withoutGcc}`,
  other => {
    expect(otherCopies([unit('a'), unit('b')], runningWith(other, ['a.c', 'b.c', 'c.c']))).toEqual([])
  },
)

test.skipIf(!hasGcc)(`a global function that changes in several units has no copies of its own${withoutGcc}`, () => {
  const shared = (name: string) => {
    const made = (by: number) => compile(text(by, name).replace('static', ''))
    return { ...unit(name), verdicts: judge(made(11), made(13)) }
  }
  expect(otherCopies([shared('a'), shared('b')], running('c.c'))).toEqual([])
})

test.skipIf(!hasGcc)(`one unit that changes a function of its own says nothing about others${withoutGcc}`, () => {
  expect(otherCopies([unit('a')], running('a.c', 'c.c'))).toEqual([])
})
