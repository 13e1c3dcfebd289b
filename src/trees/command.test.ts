import { describe, expect, test } from 'vitest'
import { mapPaths, prefixMaps, recordsFolder, searchedFolders, takeApart, withoutDebug } from './command.ts'

describe('a command line taken apart', () => {
  test.for([
    {
      name: 'what Xen writes',
      words: 'gcc -MMD -MP -MF common/.a.o.d -O2 -c common/a.c -o common/.a.o.tmp -MQ common/a.o',
      parts: { launcher: [], compiler: 'gcc', options: ['-O2', '-c', 'common/a.c'], output: 'common/.a.o.tmp' },
    },
    {
      name: 'launchers and their settings',
      words: 'env CCACHE_DIR=/x ccache distcc x86_64-linux-gnu-gcc-12 -c a.c -oa.o',
      parts: {
        launcher: ['env', 'CCACHE_DIR=/x', 'ccache', 'distcc'],
        compiler: 'x86_64-linux-gnu-gcc-12',
        options: ['-c', 'a.c'],
        output: 'a.o',
      },
    },
    {
      name: 'joined and passed-on dependency options',
      words: '/usr/bin/sccache cc -MDx -Wp,-MMD,a.d -MFa.d -MTa -c a.c',
      parts: { launcher: ['/usr/bin/sccache'], compiler: 'cc', options: ['-MDx', '-c', 'a.c'], output: undefined },
    },
  ])('$name', ({ words, parts }) => {
    expect(takeApart(words.split(' '))).toEqual(parts)
  })
})

test('paths to read are mapped, and text for the program is not', () => {
  const options = [
    '-I/t/include',
    '-I',
    '/t/x',
    '-isystem/t/y',
    '-DROOT="/t"',
    '-D/t/z',
    '/t/a.c',
    'a.c',
    '-Wa,-I/t/w',
    '-O2',
  ]
  const mapped = [
    '-I/p/t/include',
    '-I',
    '/p/t/x',
    '-isystem/p/t/y',
    '-DROOT="/t"',
    '-D/t/z',
    '/p/t/a.c',
    'a.c',
    '-Wa,-I/p/t/w',
    '-O2',
  ]
  expect(mapPaths(options, path => `/p${path}`)).toEqual(mapped)
})

test('the folders that headers are looked for in', () => {
  expect(
    searchedFolders(['-Ia', '-I', 'b', '-iquote', 'c', '-isystem/d', '-idirafter', 'e', '-include', 'f.h']),
  ).toEqual(['a', 'b', 'c', '/d', 'e'])
})

test.for([
  ['-g', true],
  ['-ggdb3', true],
  ['-g1', true],
  ['-g0', false],
  ['-gno-column-info', false],
  ['-O2', false],
] as const)('%s records the folder: %s', ([option, records]) => {
  expect(recordsFolder([option])).toBe(records)
  expect(withoutDebug(['-O2', option])).toEqual(records ? ['-O2'] : ['-O2', option])
})

test('a command’s own prefix maps hold in the private place too', () => {
  expect(prefixMaps(['-ffile-prefix-map=/t=.', '-fdebug-prefix-map=rel=x'], '/p')).toEqual([
    '-fmacro-prefix-map=/p=',
    '-fdebug-prefix-map=/p=',
    '-ffile-prefix-map=/p/t=.',
  ])
})
