/** Types that a compiler was told to describe in sections of their own are held against each other as any others. */
import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { InputError } from '../../src/base/errors.ts'
import { debugSections, readDebugUnit } from '../../src/dwarf/index.ts'
import { readElf } from '../../src/elf/index.ts'
import { compileAnew } from '../support/gcc.ts'
import { patchProgram } from '../support/small-program.ts'

const HEADER = `struct item { struct item *next; int id; int weight; };
extern struct item *items;
int heavy(struct item *);
`
const SOURCE = `#include "types.h"
#include <stdlib.h>
struct item *items;
int heavy(struct item *item) { return item->weight > 100; }
void add(int by) { struct item *item = (struct item *)malloc(sizeof *item); item->weight = by; item->next = items; items = item; }
`
const LARGER = HEADER.replace('int id;', 'int id; int more;')
const PLAIN_CXX = ['-fno-exceptions', '-fno-asynchronous-unwind-tables']

describe.for([
  ['gcc', '-g', '-fdebug-types-section'],
  ['gcc', '-g', '-gdwarf-4', '-fdebug-types-section'],
  ['gcc', '-fdebug-types-section'],
  ['g++', '-g', '-fdebug-types-section', ...PLAIN_CXX],
  ['clang-14', '-x', 'c++', '-g', '-fdebug-types-section', ...PLAIN_CXX],
])('%s %s %s %s', ([compiler = '', ...flags]) => {
  test.skipIf(spawnSync(compiler, ['--version']).status !== 0)('a member more is seen', async () => {
    const files = { 'types.h': HEADER, 'u.c': SOURCE }
    const found = await patchProgram(
      { files, command: [compiler, '-O2', ...flags], listed: ['u.c'] },
      {
        'types.h': LARGER,
        'u.c': SOURCE.replace('> 100', '> 10'),
      },
    )
    expect([found.error, found.refused]).toEqual([undefined, ['shape-changed struct item']])
  })

  test.skipIf(spawnSync(compiler, ['--version']).status !== 0)(
    'such sections are not read as if there were no more',
    () => {
      const object = readElf<'original'>(
        compileAnew(HEADER + SOURCE.split('\n').slice(1).join('\n'), [...flags, '-g'], 'u.c', compiler),
      )
      const read = () => {
        const sections = debugSections(object)
        if (sections !== undefined) readDebugUnit(sections)
      }
      expect(read).toThrow(InputError)
    },
  )
})
