import { expect, test } from 'vitest'
import { withoutPlaces } from './places.ts'

test.each([
  ['/home/us/xen/common/a.c', 'common/a.c'],
  ['/home/us/xen', '.'],
  ['/home/us/xenial/a.c', '…/a.c'],
  ['-I/home/us/xen/include', '-Iinclude'],
  ['-I/home/us/other/include', '-I…/include'],
  ['-fmacro-prefix-map=/home/us/xen=/home/us/b', '-fmacro-prefix-map=.=…/b'],
  ['-Wp,-MD,/home/us/xen/.a.o.d', '-Wp,-MD,.a.o.d'],
  ['-DFILE="/home/us/a"', '-DFILE="…/a"'],
  ['/usr/bin/gcc', '/usr/bin/gcc'],
  ['/usr/local/us/gcc', '…/gcc'],
  ['/usr/../home/us/gcc', '…/gcc'],
  ['gcc (Debian 12.2.0) 12.2.0', 'gcc (Debian 12.2.0) 12.2.0'],
  ['a/b.c', 'a/b.c'],
  ['-O2', '-O2'],
])('%s', (text, expected) => {
  expect(withoutPlaces(text, '/home/us/xen')).toBe(expected)
})
