/** `hotsplice fleet build` as a process: its endings, two at once, and runs that are stopped or killed. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import * as v from 'valibot'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { SCHEMAS } from '../../src/cli/schemas.ts'
import type { FleetIndex } from '../../src/report/fleet-index.ts'
import type { PageData } from '../../src/report/page/model.ts'
import { hasGcc, withoutGcc } from '../support/gcc.ts'
import { makeSmallFleet, type SmallFleet } from '../support/small-fleet.ts'
import { command, hotsplice } from '../xen/command.ts'

/** How long a thing may take on a machine with other work. */
const WAIT = { timeout: 60_000, interval: 50 } as const

let fleet: SmallFleet
beforeAll(() => {
  fleet = makeSmallFleet(mkdtempSync(join(tmpdir(), 'hotsplice-fleet-')))
})
beforeEach(() => {
  fleet.restore()
  rmSync(at('out'), { recursive: true, force: true })
})
afterAll(() => rmSync(fleet.folder, { recursive: true, force: true }))

const at = (path: string) => join(fleet.folder, path)
const env = () => ({ ...process.env, HOTSPLICE_CACHE: at('cache') })
const run = (...args: string[]) =>
  hotsplice(['fleet', 'build', 'FLEET.yaml', '-o', 'out', '-j', '1', ...args], { cwd: fleet.folder, env: env() })

interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<number | null>
  readonly said: () => string
}

function start(): Started {
  const args = [command, 'fleet', 'build', 'FLEET.yaml', '-o', 'out', '-j', '1']
  const child = spawn(process.execPath, args, { cwd: fleet.folder, env: env(), stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr?.on('data', chunk => {
    said += String(chunk)
  })
  return { child, ended: once(child, 'close').then(([status]) => status), said: () => said }
}

const outcomesIn = (index: FleetIndex) =>
  Object.fromEntries(index.cells.map(({ base, fix, outcome }) => [`${base}/${fix}`, outcome]))
const indexNow = (): FleetIndex => JSON.parse(readFileSync(at('out/index.json'), 'utf8'))
const begun = (stderr: string) => [...stderr.matchAll(/^(\S+): building/gm)].map(([, cell]) => cell)

describe.skipIf(!hasGcc)(`a fleet by the command${withoutGcc}`, () => {
  test('--prune takes away what earlier patches came to, and nothing that the names lead to', async () => {
    await run()
    const kept = () => readdirSync(at('out/content'), { recursive: true }).length
    fleet.edit('code', 'used[who] -= amount > 1 ? amount : 1')
    const second = await run()
    const before = kept()
    const index = readFileSync(at('out/index.json'))
    for (const option of [['--only', 'late/code'], ['--dry-run']])
      expect(await run('--prune', ...option)).toMatchObject({
        status: 1,
        stderr: expect.stringContaining('whole fleet'),
      })
    expect(kept()).toBe(before)
    const pruned = await run('--prune')
    expect(pruned.status).toBe(second.status)
    expect(pruned.stderr).toMatch(/^(note: )?[1-9]\d* files of earlier runs taken away$/m)
    expect(kept()).toBeLessThan(before)
    expect(readFileSync(at('out/index.json'))).toEqual(index)
    expect(readFileSync(at('out/cells/late/code/code.livepatch')).length).toBeGreaterThan(0)
    expect((await run('--prune')).stderr).toMatch(/^(note: )?0 files of earlier runs taken away$/m)
  }, 120_000)

  test('its index is on standard output where it is asked for, and the page leads to each cell’s own', async () => {
    const { status, stdout, stderr } = await run('--json', '-', '-v')
    expect(status).toBe(1)
    const index: unknown = JSON.parse(stdout)
    expect(v.is(SCHEMAS.fleet, index)).toBe(true)
    expect(index).toEqual(indexNow())
    expect(stderr).toContain('late/code: built: 1 function\n')
    expect(stderr).toMatch(/^ +early +late\ncode +does not apply +built\nconstant +expected refusal +refused\n/m)
    expect((await hotsplice(['report', 'out/index.json', '-o', 'page.html'], { cwd: fleet.folder })).status).toBe(0)
    const data = dataOf(at('page.html'))
    expect(data.fleet?.headline).toBe('3 fixes for 2 bases: 2 of 6 cells are not as expected, some for errors')
    const cell = data.fleet?.cells.find(({ base, fix }) => base === 'late' && fix === 'code')
    expect(cell).toMatchObject({ word: 'built', tone: 'good', asExpected: true })
    const own = dataOf(resolve(dirname(at('page.html')), cell?.href ?? ''))
    expect(own.builds.map(({ word, report }) => [word, report.payload?.file])).toEqual([['built', 'code.livepatch']])
    expect(data.fleet?.cells.find(({ expected }) => expected !== null)).toMatchObject({
      word: 'expected refusal',
      expected: 'it is read once (changed-constant), says the release team',
    })
  })

  test.for([
    { only: '*/words', status: 3 },
    { only: 'late/code', status: 0 },
    { only: 'early/constant', status: 0 },
    { only: 'late/*', status: 2 },
    { only: 'early/code', status: 1 },
    { only: 'erly/code', status: 1 },
  ])('ends with $status for $only', async ({ only, status }) => {
    expect((await run('--only', only)).status).toBe(status)
  })

  test('what is wrong with the file is told, and written as JSON', async () => {
    writeFileSync(fleet.file, 'bases: []\n')
    const { status, stdout, stderr } = await run('--json', '-')
    expect(status).toBe(1)
    expect(v.is(SCHEMAS.fleet, JSON.parse(stdout))).toBe(true)
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'error', error: { code: 'fleet/bad-file' } })
    expect(stderr).toContain('FLEET.yaml:1:8: "bases": at least one base')
  })

  test('a folder that holds something else is left alone', async () => {
    writeFileSync(at('out'), '')
    expect((await run()).stderr).toContain('[fleet/bad-folder]')
    rmSync(at('out'))
    expect((await run('-o', 'late')).stderr).toContain('late, lies in the tree of base late')
    mkdirSync(at('other'))
    writeFileSync(at('other/notes'), '')
    expect((await run('-o', 'other')).stderr).toContain('other holds notes')
    expect(existsSync(at('other/index.json'))).toBe(false)
    expect(existsSync(at('late/index.json'))).toBe(false)
  })

  test.for(['SIGINT', 'SIGKILL'] as const)(
    'a run that %s ends goes on where it was; two at once are refused',
    async signal => {
      fleet.edit('constant', `80 /* stall ${signal} */`)
      writeFileSync(fleet.block, '')
      const { child, ended, said } = start()
      try {
        await vi.waitFor(() => expect(said()).toContain('early/constant: building'), WAIT)
        const other = await run()
        expect(other).toMatchObject({ status: 1, stderr: expect.stringContaining('[fleet/in-use]') })
      } finally {
        child.kill(signal)
      }
      expect(await ended).toBe(signal === 'SIGINT' ? 130 : null)
      const left = indexNow()
      expect(left.outcome).toBe('not-done')
      expect(left.cells.map(({ payload }) => payload)).toEqual(Array(6).fill(null))
      rmSync(fleet.block)
      const rest = await run()
      // The first one was done, and is not done again.
      expect(begun(rest.stderr)).toEqual(['early/constant', 'early/words', 'late/code', 'late/constant', 'late/words'])
      expect(outcomesIn(indexNow())).toMatchObject({ 'early/code': 'does-not-apply', 'late/code': 'built' })
      expect(begun((await run()).stderr)).toEqual([])
    },
  )
})

function dataOf(file: string): PageData {
  const text = readFileSync(file, 'utf8')
  return JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/s.exec(text)?.[1] ?? '')
}
