/** A weak name that the program may lack: the payload asks for it weakly, so that the loader makes it 0. */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { PROGRAM_RULES, RULES, selectFrom } from '../../tests/support/judge.ts'
import { readElf } from '../elf/index.ts'
import { assemble } from './assemble.ts'

const FLAGS = ['-O2', '-ffunction-sections', '-fdata-sections', '-fcf-protection=none']
const weakly = (by: number) => `extern int maybe(int) __attribute__((weak)); extern int out(int);
  int f(int n) { return maybe ? maybe(n) * ${by} : out(n) * ${by}; }\n`

test.skipIf(!hasGcc).for(['-fPIE', '-fno-pie', '-fPIC'])(`%s${withoutGcc}`, flag => {
  const [before, after] = [compile(weakly(11), [...FLAGS, flag]), compile(weakly(13), [...FLAGS, flag])]
  const selection = selectFrom(before, after, PROGRAM_RULES)
  const assembly = assemble(selection, {
    target: PROGRAM_RULES.target,
    depends: undefined,
    xenDepends: undefined,
  })
  expect(assembly.kind).toBe('payload')
  const symbols = assembly.kind === 'payload' ? readElf(assembly.payload.bytes).symbols : []
  const asked = symbols.filter(({ place, name }) => place.in === 'nowhere' && name !== '')
  expect(asked.map(({ name, binding }) => `${binding} ${name}`).toSorted()).toEqual(['global out', 'weak maybe'])
})

test.skipIf(!hasGcc)(`one that Xen's symbols do not have is 0${withoutGcc}`, () => {
  const flags = [...FLAGS, '-fno-pie']
  const count = (name: string) => (name === 'maybe' ? 0 : 1)
  const { pieces, refusals } = selectFrom(compile(weakly(11), flags), compile(weakly(13), flags), {
    ...RULES,
    countRunning: count,
  })
  expect(refusals).toEqual([])
  const links = pieces.flatMap(({ references }) => references.map(({ link }) => link))
  expect(links.filter(({ to }) => to === 'absolute').length).toBeGreaterThanOrEqual(1)
  expect(links).not.toContainEqual(expect.objectContaining({ name: 'maybe' }))
})
