/**
 * Line numbers on the real tree, in both configurations and for AArch64: bounded samples of `scripts/harmless.ts`,
 * `scripts/sites.ts` (all units with HOTSPLICE_ALL_UNITS=1) and `scripts/real-edits.ts`, and chosen real edits among moved
 * lines.
 */
import { afterAll, describe, expect, test } from 'vitest'
import { cacheFolder } from '../../src/cli/cache-folder.ts'
import type { Way } from '../../src/lines/way.ts'
import { quiet } from '../../src/trees/index.ts'
import { explainSites } from '../support/explain-sites.ts'
import { createHotpatch } from '../support/opened.ts'
import { runRealEdits } from '../support/real-edits.ts'
import { runHarmless } from '../support/run-harmless.ts'
import { type Edit, patchText } from './edits.ts'
import { type Oracle, openOracle } from './oracle.ts'
import { type Configuration, missingFor, toBuildArm64Xen, toBuildXen, xenTree } from './tree.ts'

const missing = missingFor(...toBuildXen)
const without = missing === '' ? '' : ` (${missing})`
const onArm64 = missingFor(...toBuildArm64Xen)
const withoutArm64 = onArm64 === '' ? '' : ` (${onArm64})`
const all = process.env.HOTSPLICE_ALL_UNITS === '1'
const EDITS = Number(process.env.HOTSPLICE_HARMLESS ?? 3)

async function harmlessAreNothing(config: Configuration): Promise<void> {
  const cache = cacheFolder()
  const result = await runHarmless({ tree: xenTree(config), count: EDITS, seed: config === 'debug' ? 20 : 10, cache })
  expect(result.wrong).toEqual([])
  expect(result.edits).toBe(EDITS)
  // A way that always said that it cannot tell would be right too; most edits are answered by each.
  expect(Math.max(result.unanswered.neutral, result.unanswered.mask)).toBeLessThanOrEqual(EDITS / 3)
  console.log(`${config}: ${result.edits} harmless edits; ignore would have taken ${result.dragged} functions`)
}

const harmless = 'edits that change no code are nothing to do'
test.skipIf(missing !== '').for(['release', 'debug'] as const)(`${harmless} (%s)${without}`, harmlessAreNothing)
test.skipIf(onArm64 !== '')(`${harmless} (arm64)${withoutArm64}`, () => harmlessAreNothing('arm64'))

async function differencesAreLines(config: Configuration): Promise<void> {
  const choose = <Unit>(units: readonly Unit[]) => (all ? units : units.filter((_, index) => index % 90 === 50))
  const { units, sites, unexplained } = await explainSites({
    tree: xenTree(config),
    cacheFolder: cacheFolder(),
    choose,
  })
  console.log(`${config}: ${units} units; sites in code ${sites.code}, data ${sites.data}, addends ${sites.addend}`)
  expect(unexplained).toEqual([])
  expect(sites.code + sites.data + sites.addend).toBeGreaterThan(0)
}

const timeout = 3_600_000
const moved = 'every difference that moved lines make is a line number'
test.skipIf(missing !== '').for(['release', 'debug'] as const)(
  `${moved} (%s)${without}`,
  { timeout },
  differencesAreLines,
)
test.skipIf(onArm64 !== '')(`${moved} (arm64)${withoutArm64}`, { timeout }, () => differencesAreLines('arm64'))

interface RealEdit {
  readonly name: string
  readonly config: Configuration
  /** What changes the meaning of one function. */
  readonly real: Edit
  /** What only moves lines, in the same files and others. */
  readonly harmless: readonly Edit[]
  /** How many functions more `ignore` takes, at least. */
  readonly dragged: number
}

const hash = {
  file: 'xen/common/domain.c',
  after: 'struct domain *get_domain_by_id(',
  find: 'DOMAIN_HASH(dom)])',
  put: 'DOMAIN_HASH(dom + 1)])',
}
const ports = {
  file: 'xen/common/event_channel.h',
  find: 'EVTCHN_FIFO_NR_CHANNELS\n',
  put: 'EVTCHN_FIFO_NR_CHANNELS - 2\n',
}
const include = '#include <xen/event.h>\n'
const inHeader = { file: ports.file, find: include, put: `\n/* words */\n\n${include}` }
const inChannel = {
  file: 'xen/common/event_channel.c',
  find: '\nint evtchn_alloc_unbound(',
  put: '\n\n\n\nint evtchn_alloc_unbound(',
}

const REAL: readonly RealEdit[] = [
  {
    name: 'a function that many bug frames follow',
    config: 'debug',
    real: hash,
    harmless: [
      { file: hash.file, find: '#include <xen/compat.h>\n', put: '/* one */\n#include <xen/compat.h>\n/* two */\n' },
    ],
    dragged: 5,
  },
  { name: 'an inline function of a header', config: 'debug', real: ports, harmless: [inHeader, inChannel], dragged: 3 },
  {
    name: 'an inline function of a header',
    config: 'release',
    real: ports,
    harmless: [inHeader, inChannel],
    dragged: 0,
  },
]

describe.skipIf(missing !== '')(`one real edit among moved lines${without}`, () => {
  const oracles = new Map<Configuration, Oracle>()
  afterAll(() => {
    for (const oracle of oracles.values()) oracle.close()
  })

  test.for(REAL)('$name ($config)', { timeout: 600_000 }, async ({ config, real, harmless, dragged }) => {
    const folder = xenTree(config)
    const oracle = oracles.get(config) ?? openOracle(folder)
    oracles.set(config, oracle)
    // The oracle knows nothing of lines: the same edit without the others, as objdump prints each function.
    const { functions } = await oracle.ask([real])
    expect(functions.changed.length).toBeGreaterThan(0)
    const options = { tree: folder, target: 'xen', jobs: 2, progress: quiet, cacheFolder: cacheFolder() } as const
    const patches = [{ name: 'edit', text: patchText(folder, [real, ...harmless]) }]
    const judged = async (lines: Way) => {
      const { units, selection } = await createHotpatch({ ...options, lines, patches })
      const differ = units.flatMap(({ unit, verdicts }) =>
        verdicts.functions.filter(({ verdict: { kind } }) => kind === 'changed').map(({ name }) => `${unit} ${name}`),
      )
      return { changed: differ.sort(), replaced: selection.replacements.length }
    }
    for (const way of ['neutral', 'mask', 'table', 'auto'] as const) {
      const { changed, replaced } = await judged(way)
      expect(changed, way).toEqual(functions.changed)
      expect(replaced, way).toBe(changed.length)
    }
    expect((await judged('ignore')).changed.length).toBeGreaterThanOrEqual(functions.changed.length + dragged)
  })

  const drawnAtRandom = async (config: Configuration) => {
    const tree = xenTree(config)
    const oracle = oracles.get(config) ?? openOracle(tree)
    oracles.set(config, oracle)
    const ways = ['auto', 'mask', 'neutral', 'table'] as const
    const result = await runRealEdits({ tree, oracle, count: EDITS, seed: 30, cacheFolder: cacheFolder(), ways })
    expect(result.wrong).toEqual([])
    expect(result.built).toBeGreaterThan(0)
    console.log(`${config}: ${result.edits} real edits, each ${ways.length} ways; ${result.built} payloads`)
  }
  test.for(['release', 'debug'] as const)('drawn at random (%s)', { timeout: 600_000 }, drawnAtRandom)
  test.skipIf(onArm64 !== '')(`drawn at random (arm64)${withoutArm64}`, () => drawnAtRandom('arm64'))
})
