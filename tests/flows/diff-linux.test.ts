/** Two objects of Linux without a third: lines that entries beside code hold are told by the order in which they rise. */
import { expect, test } from 'vitest'
import { diffObjects } from '../../src/flows/diff.ts'
import { compile, hasGcc, withoutGcc } from '../support/gcc.ts'

/** As arch/x86/include/asm/bug.h has it: the place, the file, the line and flags. */
const bug = (line: number, flags = 2305) =>
  `__asm__ volatile("1: ud2\\n.pushsection __bug_table, \\"aw\\"\\n2: .long 1b - .\\n.long %c0 - .\\n.word %c1\\n.word %c2\\n.org 2b + 12\\n.popsection" :: "i"("unit.c"), "i"(${line}), "i"(${flags}));`
const functionOf = (name: string, body: string) =>
  `extern int out(int); int ${name}(int i) { if (out(i) > 5) { ${body} } return i * 3; }\n`
const program = (first: number, second: number, flags?: number) =>
  functionOf('one', bug(first)) + functionOf('two', bug(second, flags))

const FLAGS = ['-O2', '-ffunction-sections', '-fdata-sections', '-fcf-protection=none', '-mcmodel=kernel', '-fno-pie']
const verdicts = (before: string, after: string) => {
  const [original, patched] = [compile(before, FLAGS), compile(after, FLAGS)]
  return diffObjects({ original, patched, target: 'linux' }).functions.map(
    ({ name, verdict }) => `${name} ${verdict.kind}`,
  )
}

test.skipIf(!hasGcc).for([
  { what: 'both move', after: program(12, 23), says: ['one line-only', 'two line-only'] },
  { what: 'none moves', after: program(10, 20), says: ['one same', 'two same'] },
  { what: 'one moves, and has other flags', after: program(12, 23, 2307), says: ['one line-only', 'two changed'] },
])(`lines of bugs: $what${withoutGcc}`, ({ after, says }) => {
  expect(verdicts(program(10, 20), after)).toEqual(says)
})

test.skipIf(!hasGcc)(`numbers that do not rise together are no lines of one edit${withoutGcc}`, () => {
  expect(verdicts(program(10, 20), program(30, 25)).filter(each => each.endsWith('changed'))).toHaveLength(1)
})
