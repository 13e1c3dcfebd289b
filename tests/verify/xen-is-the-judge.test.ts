/**
 * Xen is the judge: what verify says of wrong payloads and what the real Xen does with them. A sample; all of them with
 * `npx tsx scripts/judge-payloads.ts`.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type HypervisorSymbols, readHypervisorSymbols } from '../../src/loaders/xen/symbols.ts'
import { type VerifiedPayload, verifyAndLoad, verifyPayload } from '../../src/verify/index.ts'
import { copyTree, missingFor, toBootArm64Xen, toBootXen, toBuildArm64Xen, toBuildXen, xenTree } from '../xen/tree.ts'
import { ARM64_RECIPES, type BaseName, basePayload, RECIPES } from './base-payloads.ts'
import { byCategory, compareWithXen, describeComparison, sampleMutations } from './compare.ts'
import { Editor } from './editor.ts'
import { EXCEPTIONS } from './exceptions.ts'
import { askXen, type XenVerdict } from './judge.ts'
import { allArm64Mutations, allMutations, type Mutation } from './mutations.ts'

const missing = missingFor(...toBuildXen, ...toBootXen)
const missingOnArm64 = missingFor(...toBuildArm64Xen, ...toBootArm64Xen)
const SAMPLE = 70
const ARM64_SAMPLE = 17
const SEED = 20261122

function xen(): { readonly xenSyms: string; readonly hypervisor: string; readonly symbols: HypervisorSymbols } {
  const folder = join(xenTree('release'), 'xen')
  const xenSyms = join(folder, 'xen-syms')
  return { xenSyms, hypervisor: join(folder, 'xen'), symbols: readHypervisorSymbols(readFileSync(xenSyms)) }
}

function arm64(): { readonly xenSyms: string; readonly hypervisor: string } {
  const folder = join(xenTree('arm64'), 'xen')
  return { xenSyms: join(folder, 'xen-syms'), hypervisor: join(folder, 'xen') }
}

/** Those that end otherwise than verify says, in words, and how many Xen refuses. */
async function askedOf(
  { xenSyms, hypervisor }: Pick<ReturnType<typeof xen>, 'xenSyms' | 'hypervisor'>,
  mutations: readonly Mutation[],
): Promise<{ readonly differ: readonly string[]; readonly refused: number }> {
  const differ: string[] = []
  let refused = 0
  for await (const one of compareWithXen({ xenSyms, hypervisor, seed: SEED, mutations })) {
    if (one.xen.errno !== null) refused += 1
    if (!one.agree && one.exception === undefined) differ.push(describeComparison(one))
  }
  return { differ, refused }
}

/** What one payload comes to, on top of others. */
async function judged(
  bytes: Uint8Array,
  on: readonly { name: string; bytes: Uint8Array }[] = [],
  hypervisor = xen().hypervisor,
): Promise<XenVerdict> {
  const answers = askXen({ hypervisor, on }, [{ name: 'asked', bytes, suspicious: false }])
  for await (const verdict of answers) return verdict
  throw new Error('Xen said nothing')
}

test('there are more than 300 wrong payloads, of every kind', () => {
  const sizes = [...byCategory(allMutations())].map(([category, group]) => [category, group.length])
  expect(sizes.length).toBeGreaterThan(12)
  expect(allMutations().length).toBeGreaterThan(2000)
  expect(allArm64Mutations().length).toBeGreaterThan(2000)
  expect(sampleMutations(SAMPLE, SEED)).toHaveLength(SAMPLE)
})

test('docs/verify.md tells every kind of disagreement', () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'verify.md'), 'utf8')
  const reasons = [...page.matchAll(/^\| (?:crash|takes it)[^|]*\| [^|]*\| (.*) \|$/gm)].map(([, reason]) => reason)
  expect(reasons).toEqual(EXCEPTIONS.map(({ reason }) => reason))
})

describe.skipIf(missing !== '')(`with the real Xen ${missing}`, () => {
  test(`${SAMPLE} wrong payloads end as verify says`, async () => {
    const { differ, refused } = await askedOf(xen(), sampleMutations(SAMPLE, SEED))
    expect(differ).toEqual([])
    expect(refused).toBeGreaterThan(SAMPLE / 3)
  })

  test.for(Object.keys(RECIPES) as BaseName[])('the right payload `%s` is taken by both', async name => {
    const { symbols } = xen()
    const bytes = basePayload(RECIPES[name], { symbols })
    expect(verifyPayload({ payload: bytes, symbols, version: '4.17', on: [] })).toMatchObject({ accepted: true })
    expect(await judged(bytes)).toMatchObject({ errno: null })
  })

  describe('on top of another payload', () => {
    const below = (symbols: HypervisorSymbols) => {
      const bytes = basePayload(RECIPES.rich, { symbols })
      const { loaded } = verifyAndLoad({ payload: bytes, symbols, version: '4.17', on: [] }, 'rich')
      if (loaded === undefined) throw new Error('the payload below is not accepted')
      return { bytes, loaded }
    }
    const uses = {
      source:
        'extern int new_counter_of_verify; const char *xen_extra_version(void) { return new_counter_of_verify ? ".above" : ".x"; }',
      replaces: RECIPES.plain.replaces,
    }
    const again = {
      source:
        'int new_counter_of_verify = 3; const char *xen_extra_version(void) { return new_counter_of_verify ? ".above" : ".x"; }',
      replaces: RECIPES.plain.replaces,
    }
    const expects = { ...RECIPES.plain, replaces: [{ name: 'xen_extra_version', by: 'name' as const, expects: 12 }] }

    test.for([
      { that: 'depends on it', recipe: RECIPES.plain, onTop: true, errno: null, step: null },
      { that: 'depends on the hypervisor', recipe: RECIPES.plain, onTop: false, errno: 'EINVAL', step: 'apply' },
      { that: 'uses its new variable', recipe: uses, onTop: true, errno: null, step: null },
      { that: 'brings its new variable again', recipe: again, onTop: true, errno: 'EEXIST', step: 'upload' },
      { that: 'expects the code that it has replaced', recipe: expects, onTop: true, errno: 'EINVAL', step: 'apply' },
    ])('one that $that: $errno', async ({ recipe, onTop, errno, step }) => {
      const { symbols } = xen()
      const { bytes, loaded } = below(symbols)
      const top = basePayload(recipe, { symbols, ...(onTop ? { depends: loaded.buildId } : {}) })
      const on: VerifiedPayload[] = [loaded]
      expect(verifyPayload({ payload: top, symbols, version: '4.17', on })).toMatchObject({ errno, stage: step })
      expect(await judged(top, [{ name: 'rich', bytes }])).toMatchObject({ errno, step })
    })

    test('the same once more: EEXIST', async () => {
      const { symbols } = xen()
      const { bytes, loaded } = below(symbols)
      const report = verifyPayload({ payload: bytes, symbols, version: '4.17', on: [loaded] })
      expect(report).toMatchObject({ errno: 'EEXIST', stage: 'upload', decidedBy: 'build-id-unique' })
      expect(await judged(bytes, [{ name: 'rich', bytes }])).toMatchObject({ errno: 'EEXIST', step: 'upload' })
    })

    test('a reference to the variable of a payload that is not there: ENOENT', async () => {
      const { symbols } = xen()
      const bytes = basePayload(uses, { symbols })
      const report = verifyPayload({ payload: bytes, symbols, version: '4.17', on: [] })
      expect(report).toMatchObject({ errno: 'ENOENT', decidedBy: 'symbol-undefined' })
      expect(await judged(bytes)).toMatchObject({ errno: 'ENOENT', step: 'upload' })
    })
  })

  test('a hypervisor with another build-id takes nothing', async () => {
    const debug = join(xenTree('debug'), 'xen', 'xen-syms')
    const symbols = readHypervisorSymbols(readFileSync(debug))
    const bytes = basePayload(RECIPES.hooks, { symbols: xen().symbols })
    const report = verifyPayload({ payload: bytes, symbols, version: '4.17', on: [] })
    expect(report).toMatchObject({ errno: 'EINVAL', decidedBy: 'xen-depends-match' })
  })

  /** Payloads whose own hooks refuse: no loader's rule says so, and verify runs no code. */
  const OWN_WILL = [
    'xen_action_hooks_noapply',
    'xen_action_hooks_norevert',
    'xen_prepost_hooks',
    'xen_prepost_hooks_fail',
  ]

  test("the payloads of Xen's own test set end as verify says", async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hotsplice-xen-tests-'))
    try {
      const { symbols, hypervisor } = xen()
      copyTree(xenTree('release'), join(folder, 'tree'))
      const build = join(folder, 'tree', 'xen')
      execFileSync('make', ['-s', '-C', build, 'tests', 'PYTHON=/usr/bin/python3'], { stdio: 'pipe' })
      const files = readdirSync(join(build, 'test', 'livepatch')).filter(name => name.endsWith('.livepatch'))
      const payloads = files.map(file => {
        const bytes = new Uint8Array(readFileSync(join(build, 'test', 'livepatch', file)))
        return { name: file.replace('.livepatch', ''), bytes, suspicious: true }
      })
      expect(payloads.length).toBeGreaterThan(10)
      const differ: string[] = []
      let index = 0
      for await (const verdict of askXen({ hypervisor }, payloads)) {
        const { name, bytes } = payloads[index++] ?? { name: '', bytes: new Uint8Array(0) }
        const report = verifyPayload({ payload: bytes, symbols, version: '4.17', on: [] })
        if (OWN_WILL.includes(name)) expect(report.accepted).toBe(true)
        else if (report.errno !== verdict.errno) differ.push(`${name}: verify ${report.errno}, Xen ${verdict.errno}`)
      }
      expect(differ).toEqual([])
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

describe.skipIf(missingOnArm64 !== '')(`with the real Xen on AArch64 ${missingOnArm64}`, () => {
  test(`${ARM64_SAMPLE} wrong payloads end as verify says`, async () => {
    const { differ, refused } = await askedOf(arm64(), sampleMutations(ARM64_SAMPLE, SEED, allArm64Mutations()))
    expect(differ).toEqual([])
    expect(refused).toBeGreaterThan(ARM64_SAMPLE / 3)
  })

  test.for(Object.keys(ARM64_RECIPES) as BaseName[])('the right payload `%s` is taken by both', async name => {
    const symbols = readHypervisorSymbols(readFileSync(arm64().xenSyms))
    const bytes = basePayload(ARM64_RECIPES[name], { symbols })
    expect(verifyPayload({ payload: bytes, symbols, version: '4.17', on: [] })).toMatchObject({ accepted: true })
    expect(await judged(bytes, [], arm64().hypervisor)).toMatchObject({ errno: null })
  })
})

test('the editor changes what it says and nothing else', () => {
  const editor = new Editor(Uint8Array.from({ length: 128 }, (_, index) => index))
  editor.write(16, 4, 0xdeadbeef)
  expect(editor.read(16, 4)).toBe(0xdeadbeefn)
  expect([...editor.bytes].filter((value, index) => value !== index)).toEqual([0xef, 0xbe, 0xad, 0xde])
})
