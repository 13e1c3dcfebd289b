/** A program whose debug information counts in 64 bits (-gdwarf64): what is asked of types is asked as of any other. */
import { describe, expect, test } from 'vitest'
import { hasGcc, withoutGcc } from '../support/gcc.ts'
import { patchProgram } from '../support/small-program.ts'

const TEXT = `extern int out(int);
struct pair { int a, b; };
static struct pair own = { 1, 2 };
int f(int n) { own.a += n; return out(own.b * 3) + own.a; }
`
const WIDER = TEXT.replace('int a, b;', 'int a, b, c;').replace('* 3', '* own.c')

describe.skipIf(!hasGcc)(`-gdwarf64${withoutGcc}`, () => {
  test.for([
    ['code alone changes', TEXT.replace('* 3', '* 5'), [], ['f']],
    ['a type that lives changes', WIDER, ['data-layout own', 'shape-changed struct pair'], undefined],
  ] as const)('%s', async ([, after, refused, replaced]) => {
    const program = { files: { 'f.c': TEXT }, command: ['gcc', '-O2', '-fcf-protection=none', '-gdwarf64'] }
    const found = await patchProgram(program, { 'f.c': after })
    expect([found.error, found.refused, found.replaced]).toEqual([undefined, refused, replaced])
  })
})
