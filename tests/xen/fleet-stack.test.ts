/** A hotpatch's whole life on the real Xen: stacked, taken back, replaced by one cumulative payload; behaviour after each step. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTwoFilesPatch } from 'diff'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sequenceScript } from '../../src/flows/fleet/sequence-script.ts'
import { describeRehearsal, rehearse } from '../../src/hosts/rehearsal/index.ts'
import type { FleetIndex } from '../../src/report/fleet-index.ts'
import type { RehearsalView } from '../../src/report/page/model.ts'
import { hotsplice } from './command.ts'
import { missingFor, toBootXen, toBuildXen, xenTree } from './tree.ts'

const missing = missingFor(...toBuildXen, ...toBootXen)
const FILE = 'xen/common/kernel.c'
/** In the order of the series: what each patch replaces in the text that the one before has left. */
const EDITS = [
  ['version', '(xen_major_version() << 16)', '(xen_major_version() << 15)'],
  ['pages', '-EINVAL : PAGE_SIZE', '-EINVAL : 2 * PAGE_SIZE'],
] as const

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-fleet-stack-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What a guest is told: 4.17 as version, and the size of a page. */
const look = (version: number, page: number) =>
  [`hypercall xen_version 0`, `expect-result ${version}`, `hypercall xen_version 7`, `expect-result ${page}`].join('\n')
const OLD = look((4 << 16) | 17, 4096)
const FIRST = look((4 << 15) | 17, 4096)
const BOTH = look((4 << 15) | 17, 8192)

const LIFE = `
upload version
upload pages
${OLD}
! EINVAL apply pages
apply version
${FIRST}
apply pages
${BOTH}
! EBUSY revert version
revert pages
${FIRST}
upload all
replace all
${BOTH}
expect-state version checked
unload pages
unload version
revert all
${OLD}
unload all
`

describe.skipIf(missing !== '')(`a stack of a fleet ${missing}`, () => {
  test('base, first, second, second taken back, replaced by the cumulative one, all taken back', async () => {
    let text = readFileSync(join(xenTree('release'), FILE), 'latin1')
    mkdirSync(join(folder, 'fixes'))
    for (const [name, from, to] of EDITS) {
      const after = text.replace(from, to)
      const patch = createTwoFilesPatch(`a/${FILE}`, `b/${FILE}`, text, after, '', '')
      writeFileSync(join(folder, `fixes/${name}.patch`), patch, 'latin1')
      text = after
    }
    const fixes = [
      { name: 'version', patches: ['fixes/version.patch'] },
      { name: 'pages', patches: ['fixes/pages.patch'], on: 'version' },
      { name: 'all', cumulative: ['pages'] },
    ]
    writeFileSync(
      join(folder, 'fleet.json'),
      JSON.stringify({ bases: [{ name: 'release', tree: xenTree('release'), rehearse: true }], fixes }),
    )
    const run = () => hotsplice(['fleet', 'build', 'fleet.json', '-o', 'out'], { cwd: folder })
    expect(await run()).toMatchObject({ status: 0 })
    expect(await run()).toMatchObject({ status: 0, stderr: '0 of 3 to be done\n' })
    const index: FleetIndex = JSON.parse(readFileSync(join(folder, 'out/index.json'), 'utf8'))
    expect(index.cells.map(({ fix, upon, includes, isCumulative }) => ({ fix, upon, includes, isCumulative }))).toEqual(
      [
        { fix: 'version', upon: [], includes: ['version'], isCumulative: false },
        { fix: 'pages', upon: ['version'], includes: ['version', 'pages'], isCumulative: false },
        { fix: 'all', upon: [], includes: ['version', 'pages'], isCumulative: true },
      ],
    )
    const payloads = fixes.map(({ name }) => ({
      name: `${name}.livepatch`,
      bytes: new Uint8Array(readFileSync(join(folder, `out/cells/release/${name}/${name}.livepatch`))),
    }))
    const boot = async (script: string) => {
      const hypervisor = join(xenTree('release'), 'xen/xen')
      const result = await rehearse({ hypervisor, timeoutMs: 120_000, script, payloads })
      expect(result.outcome, describeRehearsal(result)).toBe('passed')
    }
    await boot(LIFE)
    // Each was rehearsed with what it goes upon, or whose place it takes, as nobody had given a script.
    const steps = Object.fromEntries(index.cells.map(({ fix, rehearsal }) => [fix, rehearsed(rehearsal?.file)]))
    expect(steps.version).toEqual(expect.arrayContaining(['apply version', 'revert version', 'expect-as-first']))
    const onVersion = steps.pages?.filter(text => /^(apply|revert) /.test(text))
    expect(onVersion).toEqual(['apply version', 'apply pages', 'revert pages', 'revert version'])
    const sequence = sequenceScript(
      'all',
      index.cells.filter(({ isCumulative }) => !isCumulative),
    )
    expect(steps.all).toEqual(sequence?.split('\n').filter(line => /^[^#]/.test(line)))
    expect(steps.all).toContain('replace all')
  })

  /** The steps of a rehearsal, all of which were as they must be. */
  function rehearsed(file: string | undefined): readonly string[] {
    const log: RehearsalView = JSON.parse(readFileSync(join(folder, 'out', file ?? 'none'), 'utf8'))
    expect(log.outcome).toBe('passed')
    return log.operations.map(({ text }) => text)
  }
})
