/** Changed initial values that a hook of the user's own sets: refused without it, and with a promise that nobody keeps. */
import { describe, expect, test } from 'vitest'
import { hasGcc, withoutGcc } from '../support/gcc.ts'
import { sampled } from '../support/sampled.ts'
import { patchProgram, type SmallProgram } from '../support/small-program.ts'

const TEXT = `static int limit = 5;
int table[4] = { 1, 2, 3, 4 };
int first(int a) { return a; }
int second(int a) { return a + 1; }
int (*choice)(int) = first;
int zero;
int f(int a) { limit += a; return limit * 7 + table[a & 3] + choice(a) + zero; }
`
const OTHER = 'int g(int a) { return a + 2; }\n'

const program = (own: string): SmallProgram => ({
  files: { 'lib/f.c': TEXT, 'lib/g.c': OTHER },
  own: own === '' ? [] : [{ name: 'hooks.c', text: `#include "hotsplice.h"\n${own}` }],
})

const setting = (name: string, value: string, how = 'VETO') =>
  `HOTSPLICE_SETS(it, "${name}");\nstatic const struct hotsplice_value values[] = {\n  ${value},\n};\nHOTSPLICE_SET(values, ${how})\n`

const CHANGES = [
  {
    what: 'a static number',
    from: 'limit = 5',
    to: 'limit = 6',
    name: 'f.c#limit',
    value: 'HOTSPLICE_NUMBER(it, 0, 4, 5, 6)',
  },
  { what: 'an element', from: '2, 3, 4', to: '2, 9, 4', name: 'table', value: 'HOTSPLICE_NUMBER(it, 8, 4, 3, 9)' },
  {
    what: 'a value where there was none',
    from: 'zero;',
    to: 'zero = 3;',
    name: 'zero',
    value: 'HOTSPLICE_NUMBER(it, 0, 4, 0, 3)',
  },
  {
    what: 'a pointer to another function',
    from: 'choice)(int) = first',
    to: 'choice)(int) = second',
    name: 'choice',
    value: 'HOTSPLICE_ADDRESS(it, 0, hs_first, hs_second)',
    more: 'HOTSPLICE_RUNNING(hs_first, "first");\nHOTSPLICE_RUNNING(hs_second, "second");\n',
  },
]
const symbolOf = (name: string) => name.replace(/^.*#/, '')

describe.skipIf(!hasGcc)(`values that hooks set${withoutGcc}`, () => {
  test.for([...sampled(CHANGES)])(
    '$what: refused without a hook, which says who writes one',
    async ({ from, to, name }) => {
      const { refused, run } = await patchProgram(program(''), { 'lib/f.c': TEXT.replace(from, to) })
      expect(refused.map(each => each.replace(/^\S+ /, ''))).toEqual([symbolOf(name)])
      expect(run?.refusals[0]?.hint).toContain('hotsplice assist')
      expect(run?.selection.changedValues.map(each => each.name)).toEqual([name])
    },
  )

  test.for([...sampled(CHANGES)])('$what: set by a hook', async ({ from, to, name, value, more = '' }) => {
    for (const how of name === 'table' ? ['VETO', 'LEAVE'] : ['VETO']) {
      const { error, refused, run } = await patchProgram(program(more + setting(name, value, how)), {
        'lib/f.c': TEXT.replace(from, to),
      })
      expect([error, refused]).toEqual([undefined, []])
      expect(run?.notices.map(({ code }) => code)).toContain('value-set-by-hook')
      expect(run?.payload).toBeDefined()
    }
  })

  test('not filled in: does not compile', async () => {
    const own = setting('f.c#limit', 'HOTSPLICE_NUMBER(it, 0, 4, 5, 6)', 'FILL_IN_VETO_OR_LEAVE')
    const { error } = await patchProgram(program(own), { 'lib/f.c': TEXT.replace('= 5', '= 6') })
    expect(error).toBe('build/compile-failed')
  })

  test.for([
    ...sampled([
      { what: 'another variable is set', own: setting('table', 'HOTSPLICE_NUMBER(it, 0, 4, 1, 1)') },
      { what: 'no hook reaches it', own: 'HOTSPLICE_SETS(it, "f.c#limit");\n' },
      { what: 'another name is promised', own: setting('limit', 'HOTSPLICE_NUMBER(it, 0, 4, 5, 6)') },
    ]),
  ])('$what: refused', async ({ own }) => {
    const { refused } = await patchProgram(program(own), { 'lib/f.c': TEXT.replace('= 5', '= 6') })
    expect(refused).toContain('changed-data limit')
  })

  test.for([
    ...sampled([
      {
        what: 'one that grows',
        from: 'table[4] = { 1, 2, 3, 4',
        to: 'table[5] = { 1, 2, 3, 4, 5',
        refused: 'data-layout table',
      },
      { what: 'one that becomes constant', from: 'int table', to: 'const int table', refused: 'data-layout table' },
    ]),
  ])('no promise helps $what', async ({ from, to, refused }) => {
    const own = setting('table', 'HOTSPLICE_NUMBER(it, 0, 4, 1, 1)')
    const found = await patchProgram(program(own), { 'lib/f.c': TEXT.replace(from, to) })
    expect(found.refused).toContain(refused)
  })

  test('a new static function is found by its name in the file', async () => {
    const own = `HOTSPLICE_RUNNING(hs_third, "f.c#third");\n${setting('choice', 'HOTSPLICE_ADDRESS(it, 0, hs_first, hs_third)')}`
    const text = TEXT.replace(
      'int (*choice)(int) = first',
      'static int third(int a) { return a * 3; }\nint (*choice)(int) = third',
    )
    const found = await patchProgram(program(`HOTSPLICE_RUNNING(hs_first, "first");\n${own}`), { 'lib/f.c': text })
    expect([found.error, found.refused]).toEqual([undefined, []])
    expect(found.run?.selection.pieces.map(({ role, piece }) => `${role} ${piece.name}`)).toContain(
      'new-function third',
    )
  })
})
