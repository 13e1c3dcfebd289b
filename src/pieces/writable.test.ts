/** What sanitizers leave beside the code comes along with it, and counts by what it holds; variables do not. */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { judge, PROGRAM_RULES, selectFrom, verdictLines } from '../../tests/support/judge.ts'

const FLAGS = ['-O2', '-ffunction-sections', '-fdata-sections', '-fcf-protection=none']
const CHECKED = [...FLAGS, '-fsanitize=undefined']
const TEXT = 'int g(int); int f(int i) { return g(i) + i * 7; }\nint h(int i, int *p) { return i * 3 + p[i]; }\n'

interface Row {
  readonly name: string
  readonly after: string
  readonly verdicts: readonly string[]
}

const ROWS: readonly Row[] = [
  { name: 'nothing', after: TEXT, verdicts: [] },
  { name: 'a constant', after: TEXT.replace('* 7', '* 9'), verdicts: ['f: changed (byte)'] },
  { name: 'a check more', after: TEXT.replace('i * 7', 'i * 7 - 1'), verdicts: ['f: changed (size)'] },
  { name: 'where a check stands', after: TEXT.replace('i * 7', ' i * 7'), verdicts: ['f: changed (reaches)'] },
]

test.skipIf(!hasGcc).for(ROWS)(`checked code in which $name changes${withoutGcc}`, ({ after, verdicts }) => {
  const [original, patched] = [compile(TEXT, CHECKED), compile(after, CHECKED)]
  expect(verdictLines(judge(original, patched, PROGRAM_RULES.target.loader))).toEqual(verdicts)
  expect(selectFrom(original, patched, PROGRAM_RULES).refusals).toEqual([])
})

/** As clang leaves it: a section named after a variable that has no name. */
const unnamed = (section: string, handler: string, factor: number) => `
.section .text.f,"ax"
.globl f
.type f,@function
f: mov $${factor}, %eax
lea 1f(%rip), %rdi
call ${handler}
ret
.size f,.-f
.section ${section},"aw"
1: .quad 5
`

test.skipIf(!hasGcc).for([
  { section: '.data..L__unnamed_1', handler: '__ubsan_handle_add_overflow', refused: [] },
  { section: '.data..L__unnamed_1', handler: 'somebody', refused: ['reaches-unnamed-data'] },
  { section: '.data..L__unnamed_1.x', handler: '__ubsan_handle_add_overflow', refused: ['reaches-unnamed-data'] },
  { section: '.data', handler: '__ubsan_handle_add_overflow', refused: ['reaches-unnamed-data'] },
])(`unnamed data in $section, given to $handler${withoutGcc}`, ({ section, handler, refused }) => {
  const [original, patched] = [7, 9].map(factor => compile(unnamed(section, handler, factor), [], 'unit.S'))
  if (original === undefined || patched === undefined) throw new Error('there are two objects')
  expect(selectFrom(original, patched, PROGRAM_RULES).refusals.map(({ code }) => code)).toEqual(refused)
})
