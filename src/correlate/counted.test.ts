/** What macros number with `__COUNTER__`, where one file has several of a name: MODULE_ALIAS of Linux, messages for debugging. */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { judge, verdictLines } from '../../tests/support/judge.ts'

const HEAD = 'extern int out(int); int f(int i) { return out(i) * 3; }\n'
const alias = (number: number, text: string) =>
  `static const char __UNIQUE_ID_alias${number}[] __attribute__((used, section(".modinfo"))) = "alias=${text}";\n`
const message = (number: number, text: string) =>
  `static struct { const char *text; int flags; } __UNIQUE_ID_ddebug${number} __attribute__((used)) = { "${text}" };\n`
const same = (text: string, other = text) => {
  const flags = ['-O2', '-ffunction-sections', '-fdata-sections']
  return verdictLines(judge(compile(HEAD + text, flags), compile(HEAD + other, flags)))
}

test.skipIf(!hasGcc)(`constants are those that hold the same, whatever their number${withoutGcc}`, () => {
  const [one, two] = [alias(7, 'ext2') + alias(8, 'ext3'), alias(8, 'ext2') + alias(9, 'ext3')]
  expect(same(one)).toEqual([])
  expect(same(one, two)).toEqual([])
  expect(same(one, alias(7, 'ext3') + alias(8, 'ext2'))).toEqual([])
  expect(same(one, alias(7, 'ext2') + alias(8, 'ext4'))).toEqual([
    '__UNIQUE_ID_alias8: new',
    '__UNIQUE_ID_alias8: gone',
  ])
})

test.skipIf(!hasGcc)(`variables are only where nothing differs${withoutGcc}`, () => {
  const one = message(7, 'a') + message(8, 'b')
  expect(same(one)).toEqual([])
  expect(same(one, message(8, 'a') + message(9, 'b')).length).toBe(4)
})
