/**
 * Types of the real tree. A header like asm/hvm/domain.h is read by 250 units; a few of them show what all would, and
 * keep this short. `bench/shapes.ts` does them all.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cacheFolder } from '../../src/cli/cache-folder.ts'
import { XEN } from '../../src/loaders/xen/xen.ts'
import { applyPatches } from '../../src/source/apply-patches.ts'
import { affectedUnits, type Declarations, declarationsOf, quiet, type Tree } from '../../src/trees/index.ts'
import { Shapes, type ShapeVerdict } from '../../src/type-layouts/shapes.ts'
import { createHotpatch, openTree } from '../support/opened.ts'
import { type Edit, patchText } from '../xen/edits.ts'
import { missingFor, toBuildXen, xenTree } from '../xen/tree.ts'

const missing = missingFor(...toBuildXen)
const title = missing === '' ? '' : ` (${missing})`
const UNITS = ['common/rcupdate.o', 'common/domain.o', 'arch/x86/hvm/domain.o']

const HVM = 'xen/arch/x86/include/asm/hvm/domain.h'

describe.skipIf(missing !== '')(`Xen's types${title}`, () => {
  let [folder, tree]: [string, Tree | undefined] = ['', undefined]
  beforeAll(async () => {
    folder = xenTree('release')
    tree = await openTree({ tree: folder, target: 'xen', jobs: 2, progress: quiet, cacheFolder: cacheFolder() })
  })
  afterAll(() => {
    tree = undefined
  })

  /** What a few units declare, and what is said of it if everything in them stays as it is. */
  async function judge(edits: readonly Edit[]): Promise<ShapeVerdict & Pick<Declarations, 'compared' | 'same'>> {
    if (tree === undefined) throw new Error('the tree is open')
    const change = applyPatches([{ name: 'change.patch', text: patchText(folder, edits) }], tree.reader)
    const all = await affectedUnits(tree, change)
    const affected = all.affected.filter(({ unit }) => UNITS.includes(unit.unit))
    const { compared, same, unknown } = await declarationsOf(tree, { ...all, affected }, { change })
    expect([affected.length > 0, unknown]).toEqual([true, []])
    const shapes = new Shapes(
      compared.map(({ unit, original, patched, pathOf }) => {
        const own = original.functions.filter(({ declared }) => !declared).map(({ name }) => name)
        const nothing: ReadonlySet<string> = new Set()
        const rest = { kept: new Set(own), replaced: nothing, statics: nothing, referredTo: () => [] }
        return { unit: unit.unit, original, patched, pathOf, ...rest }
      }),
    )
    const verdict = shapes.judge([], { ways: XEN.waysOut, textOf: () => undefined, referrersOf: () => [] })
    return { ...verdict, compared, same }
  }

  test('a member more in struct hvm_domain', async () => {
    const put = 'uint64_t               more;\n    bool                   is_s3_suspended;'
    const { refusals, compared } = await judge([{ file: HVM, find: 'bool                   is_s3_suspended;', put }])
    expect(compared.length).toBeGreaterThan(1)
    expect(refusals.map(({ code, symbol }) => [code, symbol])).toEqual([['shape-changed', 'struct hvm_domain']])
    const [refusal] = refusals
    expect(refusal?.text).toContain('more is new')
    expect(refusal?.text).toContain('struct arch_domain')
    expect(refusal?.place?.file).toBe(HVM)
  })

  test('a member of struct domain that another type takes the place of', async () => {
    const edit = {
      file: 'xen/include/xen/sched.h',
      find: 'unsigned int     max_vcpus;',
      put: 'int              max_vcpus;',
    }
    const { refusals } = await judge([edit])
    expect(refusals.map(({ symbol }) => symbol)).toEqual(['struct domain'])
    expect(refusals[0]?.text).toContain('max_vcpus was unsigned int and is int')
  })

  test('a comment, a macro and a new type in that header', async () => {
    const put = '/* Kept. */ bool             is_s3_suspended;\n#define MORE 1'
    const { refusals, notices } = await judge([
      { file: HVM, find: 'bool                   is_s3_suspended;', put },
      { file: HVM, find: 'struct hvm_domain {', put: 'struct fresh { int a; };\n\nstruct hvm_domain {' },
    ])
    expect([refusals, notices]).toEqual([[], []])
  })

  test('an inline function of a header: the texts alone show that types are the same', async () => {
    const edit = {
      file: 'xen/include/xen/sched.h',
      after: 'static inline struct vcpu *domain_vcpu(',
      find: 'return vcpu_id >= d->max_vcpus',
      put: 'return vcpu_id + 1 > d->max_vcpus',
    }
    const { same, compared } = await judge([edit])
    expect([same.length > 0, compared]).toEqual([true, []])
  })

  test('through the whole pipeline: a member more in struct rangeset, and a change of code alone', async () => {
    const file = 'xen/common/rangeset.c'
    const build = (edits: readonly Edit[]) => {
      const patches = [{ name: 'change.patch', text: patchText(folder, edits) }]
      const rest = { jobs: 2, progress: quiet, cacheFolder: cacheFolder() }
      return createHotpatch({ tree: folder, target: 'xen', lines: 'ignore', patches, ...rest })
    }
    const find = 'long             nr_ranges;'
    const refused = await build([{ file, find, put: `${find}\n    long             more;` }])
    expect(refused.payload).toBeUndefined()
    expect(refused.refusals.map(({ code, symbol, place }) => [code, symbol, place?.file])).toEqual([
      ['shape-changed', 'struct rangeset', file],
    ])
    const code = { file, after: 'static struct range *find_range(', find: 'x = y;', put: 'x = y; barrier();' }
    const built = await build([code])
    expect([built.refusals, built.payload !== undefined]).toEqual([[], true])
  })
})
