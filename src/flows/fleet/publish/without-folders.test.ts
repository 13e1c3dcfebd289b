import { expect, test } from 'vitest'
import { withoutFolders } from './without-folders.ts'

test.for([
  ['/home/me/xen/xen/common/a.c', 'common/a.c'],
  ['/home/me/xen/xen', '.'],
  ['-I/home/me/xen/xen/include', '-Iinclude'],
  ['-I/home/me/other/include', '-Ielsewhere/include'],
  ['/home/me/bin/gcc', 'elsewhere/gcc'],
  ['/usr/bin/gcc-12', '/usr/bin/gcc-12'],
  ['-isystem/usr/include', '-isystem/usr/include'],
  ['-fmacro-prefix-map=/home/me/xen/xen=/src', '-fmacro-prefix-map=.=elsewhere/src'],
  ['-Wp,-MMD,/home/me/out/a.d', '-Wp,-MMD,elsewhere/a.d'],
  ['-DPATH="/home/me/a b"', '-DPATH="elsewhere/a b"'],
  ['common/a.c', 'common/a.c'],
  ['../include/a.h', '../include/a.h'],
  ['-DRATIO=1/2', '-DRATIO=1/2'],
  ['-O2', '-O2'],
] as const)('%s', ([word, without]) => {
  expect(withoutFolders(word, '/home/me/xen/xen')).toBe(without)
})
