/**
 * The oracle alone: for each case, the functions that the compiler's output says are changed are the ones that a person
 * expects from reading the edit. What the tool says is compared with the same lists elsewhere.
 */
import { afterAll, describe, expect, test } from 'vitest'
import type { XenCase } from './case.ts'
import { allCases } from './cases/all.ts'
import { type Answer, type Oracle, openOracle } from './oracle.ts'
import { type Configuration, missingFor, toBuildXen, xenTree } from './tree.ts'

const missing = missingFor(...toBuildXen)
/** Units of a header's hundreds that are compiled besides those with an expected function; all with HOTSPLICE_THOROUGH=1. */
const SAMPLE = 12
const thorough = process.env.HOTSPLICE_THOROUGH === '1'

describe.skipIf(missing !== '')(`the oracle on Debian's Xen ${missing}`, () => {
  const open = new Map<Configuration, Oracle>()
  const oracle = (tree: Configuration) => {
    const known = open.get(tree) ?? openOracle(xenTree(tree))
    open.set(tree, known)
    return known
  }
  afterAll(() => {
    for (const one of open.values()) one.close()
  })

  test.for([...allCases])('$name: $shows', { timeout: 1_200_000 }, async one => {
    const answer = await oracle(one.tree ?? 'release').ask(one.edits, chosen(one))
    expect(answer.functions).toEqual({
      changed: sorted(one.changed),
      added: sorted(one.added),
      gone: sorted(one.gone),
    })
    expect(dataOf(answer)).toEqual({ changed: sorted(one.changedData), added: sorted(one.addedData), gone: [] })
  })

  const probed = allCases.filter(({ probe }) => probe !== undefined)
  test.for(probed)(
    'the probe of $name changes nothing but adds its hook',
    { timeout: 600_000 },
    async ({ probe, tree }) => {
      const { functions } = await oracle(tree ?? 'release').ask(probe?.edits ?? [])
      expect(functions.changed).toEqual([])
      expect(functions.added).toEqual([expect.stringMatching(/ probe$/)])
    },
  )

  test.for<[Configuration, string]>([
    ['release', 'xen/common/domain.c'],
    ['release', 'xen/arch/x86/mm.c'],
    ['release', 'xen/arch/x86/hvm/hvm.c'],
    ['debug', 'xen/common/rangeset.c'],
    ['debug', 'xen/common/sched/core.c'],
  ])(
    '%s: a comment at the end of %s changes nothing: compiler and flags are the tree’s',
    { timeout: 600_000 },
    async ([tree, file]) => {
      const { functions, data, units } = await oracle(tree).ask([{ file, append: '\n/* nothing */\n' }])
      expect(units).toBe(1)
      expect([functions, data]).toEqual(Array(2).fill({ changed: [], added: [], gone: [] }))
    },
  )

  test('moved lines change the functions with a bug frame below, and no other', { timeout: 600_000 }, async () => {
    const file = 'xen/common/version.c'
    const edit = { file, find: '#include <asm/cache.h>\n', put: '#include <asm/cache.h>\n\n' }
    expect((await oracle('release').ask([edit])).functions.changed).toEqual([])
    expect((await oracle('debug').ask([edit])).functions.changed).toEqual(['common/version.o xen_build_id_check'])
  })
})

const sorted = (list: readonly string[] | undefined) => [...(list ?? [])].sort()

/** Pointers that the hook macros make are consumed, not carried. */
function dataOf({ data }: Answer) {
  return { ...data, added: data.added.filter(name => !name.includes(' livepatch_')) }
}

function chosen(one: XenCase): (unit: string) => boolean {
  const wanted = new Set([...one.changed, ...(one.added ?? []), ...(one.gone ?? [])].map(name => name.split(' ')[0]))
  if (thorough || one.name !== 'header-inline') return () => true
  let others = 0
  return unit => wanted.has(unit) || (/^(common|arch\/x86\/hvm)\//.test(unit) && others++ < SAMPLE)
}
