/**
 * A header's name in a table of places (as Xen's bug frames have it) is spelled in the patched object as in the tree's own, by
 * each compiler that is here: what only has the name in it does not change.
 */
import { expect, test } from 'vitest'
import type { Way } from '../../src/lines/way.ts'
import { findProgram } from '../../src/trees/find-program.ts'
import { patchProgram } from '../support/small-program.ts'

/** From 15 on clang takes the `./` off where a map of names is given. */
const COMPILERS = ['gcc', 'gcc-14', ...[14, 16, 19].map(version => `clang-${version}`)]
const WAYS: readonly Way[] = ['auto', 'mask', 'neutral']

const HEADER = `#define NOTE() asm volatile(".pushsection .rodata.places, \\"a\\"; .quad %c0; .long %c1; .popsection" :: "i"(__FILE__), "i"(__LINE__))
static inline int noted(int n) { if (n > 7) NOTE(); return n * 3; }
`
const source = (more: string) => `#include "xen/mm.h"
${more}int changed(int n) { return noted(n) ${more === '' ? '-' : '+'} n; }
int same(int n) { return noted(n) + 11; }
int also(int n) { NOTE(); return n ^ 5; }
`
const MAIN = 'int changed(int), same(int), also(int);\nint main(void) { return changed(1) + same(2) + also(3); }\n'
const rows = COMPILERS.filter(name => findProgram(name, '/') !== undefined).flatMap(compiler =>
  WAYS.map(way => ({ compiler, way })),
)
test.for(rows)('$compiler, lines $way', async ({ compiler, way }) => {
  const command = [
    compiler,
    '-O2',
    '-fcf-protection=none',
    '-fno-pic',
    '-ffunction-sections',
    '-fdata-sections',
    '-I./include',
  ]
  const files = { 'include/xen/mm.h': HEADER, 'a.c': source(''), 'm.c': MAIN }
  const edit = { 'a.c': source('/* one line\n * more */\n') }
  const { error, refused, run } = await patchProgram({ files, command, link: ['-no-pie'] }, edit, way)
  expect([error, refused]).toEqual([undefined, []])
  expect(run?.selection.replacements.map(({ runningName }) => runningName)).toEqual(['changed'])
})
