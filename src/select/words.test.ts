/** What a reason says where one name stands on both sides: what differs, and never the same words twice. */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { judge, PROGRAM_RULES } from '../../tests/support/judge.ts'
import { verdictReason } from './words.ts'

const OUT = 'extern int out(int); extern void keep(const void *);\n'
const CASES = Array.from({ length: 6 }, (_, at) => `case ${at}: return out(${(at * 5) % 7});`)
const choosing = (cases: readonly string[]) => `${OUT}int f(int i) { switch (i) { ${cases.join(' ')} } return 0; }\n`
/** The code stays where it is, and the first two places of the table lead to the other one’s. */
const [first = '', second = '', ...others] = CASES
const swapped = [first.replace('case 0', 'case 1'), second.replace('case 1', 'case 0'), ...others]
const O0 = ['-O0', '-ffunction-sections', '-fdata-sections', '-fcf-protection=none']
const twice = (name: string) => `
.section .rodata.${name},"a"
.type ${name}.1,@object
${name}.1: .long 1
.size ${name}.1,4
`

interface Row {
  readonly name: string
  readonly before: string
  readonly after: string
  readonly flags?: readonly string[]
  readonly file?: string
  readonly says: RegExp
}

const code = (to: string, more: string) =>
  `${more}\n.section .text.f,"ax"\n.globl f\n.type f,@function\nf: .quad ${to}\nret\n.size f,.-f\n`
const strings = (text: string) => `.section .rodata,"a"\n1: .asciz "${text}"\n`

const ROWS: readonly Row[] = [
  {
    name: 'a jump table',
    before: choosing(CASES),
    after: choosing(swapped),
    flags: O0,
    says: /, which is not the same: at 0x\w+ /,
  },
  {
    name: 'bytes without a name',
    before: code('1b', strings('abc')),
    after: code('1b', strings('abd')),
    file: 'unit.S',
    flags: [],
    says: /reaches \.rodata\+0x0, which is not the same: byte 0x2 went from 0x63 to 0x64$/,
  },
  {
    name: 'bytes without a name that grow',
    before: code('1b', strings('abc')),
    after: code('1b', strings('abcd')),
    file: 'unit.S',
    flags: [],
    says: /reaches \.rodata\+0x0, which is not the same: its size went from 4 to 5 bytes$/,
  },
  {
    name: 'another thing of that name',
    before: code('count.1', twice('count')),
    after: code('count.1', twice('count').replace('.section .rodata.count,"a"', '.section .data.count,"aw"')),
    file: 'unit.S',
    flags: [],
    says: /reaches another count\.1 than before$/,
  },
  {
    name: 'other things',
    before: `${OUT}int f(void) { return out(1); }`,
    after: 'extern int in(int); int f(void) { return in(1); }',
    says: /reaches in\S* where it reached out\S*$/,
  },
  {
    name: 'a string',
    before: `${OUT}void f(void) { keep("one"); }`,
    after: `${OUT}void f(void) { keep("two"); }`,
    says: /reaches "two" where it reached "one"$/,
  },
]

test.skipIf(!hasGcc).for(ROWS)(`$name${withoutGcc}`, ({ before, after, flags, file, says }) => {
  const [original, patched] = [compile(before, flags, file), compile(after, flags, file)]
  const { functions } = judge(original, patched, PROGRAM_RULES.target.loader)
  const f = functions.find(({ name }) => name === 'f')
  const { text } = f === undefined ? { text: 'there is no f' } : verdictReason(f.verdict)
  expect(text).toMatch(says)
  const [, now, then] = /it reaches (.*) where it reached (.*)$/.exec(text) ?? []
  expect(now === undefined || now !== then, text).toBe(true)
})
