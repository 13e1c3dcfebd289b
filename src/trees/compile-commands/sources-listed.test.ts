import { expect, test } from 'vitest'
import { isBuildFile, onlyNames } from './sources-listed.ts'

test.for([
  { name: 'a source in a list', after: 'add_executable(app\n  a.c\n  new.c\n  b.c)\n', only: true },
  { name: 'a source on a list’s only line', before: 'OBJS = a.o b.o\n', after: 'OBJS = a.o new.o b.o\n', only: true },
  {
    name: 'a line that adds one',
    after: 'add_executable(app\n  a.c\n  b.c)\ntarget_sources(app PRIVATE new.c)\n',
    only: true,
  },
  { name: 'a comment', after: '# why\nadd_executable(app\n  a.c\n  b.c)\n', only: true },
  { name: 'an option for everything', after: 'add_executable(app\n  a.c\n  b.c)\nadd_definitions(-DX)\n', only: false },
  {
    name: 'an option for the new source',
    after: 'add_executable(app\n  a.c\n  new.c\n  b.c)\nset(new.c -DX)\n',
    only: false,
  },
  { name: 'another source taken out', after: 'add_executable(app\n  a.c\n  new.c)\n', only: false },
  {
    name: 'a rule with a command',
    before: 'OBJS = a.o\n',
    after: 'OBJS = a.o new.o\nnew.o: new.c\n\t$(CC) -DX -c new.c\n',
    only: false,
  },
])('$name: only names differ: $only', ({ before, after, only }) => {
  expect(onlyNames(before ?? 'add_executable(app\n  a.c\n  b.c)\n', after, ['src/new.c'])).toBe(only)
})

test.for([
  ['CMakeLists.txt', true],
  ['src/Makefile.am', true],
  ['meson.build', true],
  ['src/build.c', false],
] as const)('%s is a build file: %s', ([path, is]) => {
  expect(isBuildFile(path)).toBe(is)
})
