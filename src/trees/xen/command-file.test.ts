import { expect, test } from 'vitest'
import { lastCommand, readCommand, readDependencies, readSource } from './command-file.ts'

const TEXT = `cmd_common/a.o := gcc '-DLABEL=common/a.o' -DPRICE='$$1$(pound)' -c common/a.c

source_common/a.o := common/a.c

deps_common/a.o := \\
    $(wildcard include/config/debug.h) \\
  include/xen/config.h \\
  common/compat/../b.h \\

common/a.o: $(deps_common/a.o)

$(deps_common/a.o):
`

test('a command as the shell got it, the source, and what was read', () => {
  expect(readCommand(TEXT)).toEqual({
    target: 'common/a.o',
    command: "gcc '-DLABEL=common/a.o' -DPRICE='$1#' -c common/a.c",
  })
  expect(readSource(TEXT)).toBe('common/a.c')
  expect(readDependencies(TEXT)).toEqual(['include/xen/config.h', 'common/compat/../b.h'])
})

test('the newer spelling, and texts without a part', () => {
  expect(readCommand('savedcmd_a.o := cc a.c\n')).toEqual({ target: 'a.o', command: 'cc a.c' })
  expect([readCommand(''), readSource(''), readDependencies('')]).toEqual([undefined, undefined, []])
})

test.for([
  { text: 'rm -f a; ar cr a b.o', last: ['ar', 'cr', 'a', 'b.o'] },
  { text: 'x | while read i; do :; done || exit $?; objcopy -S a b', last: ['objcopy', '-S', 'a', 'b'] },
  { text: 'ld -o a b', last: ['ld', '-o', 'a', 'b'] },
])('the last command of $text', ({ text, last }) => {
  expect(lastCommand(text)).toEqual(last)
})
