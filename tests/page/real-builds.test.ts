/** Pages that the command writes of what it has really built, refused, compared and failed to do; the larger ones: scripts/real-pages.ts. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTwoFilesPatch } from 'diff'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../support/gcc.ts'
import { makeSmallFleet } from '../support/small-fleet.ts'
import { hotsplice } from '../xen/command.ts'
import { hasChromium, startViewer, type Viewer, withoutChromium } from './support/browser.ts'
import { judgePage } from './support/judge-page.ts'

const SOURCE = `#include <assert.h>
static int limits[] = {10, 20, 40};
int used[3];
int allowed(int who, int amount)
{
    assert(who < 3);
    return used[who] + amount <= limits[who];
}
int give_back(int who, int amount)
{
    assert(who < 3);
    used[who] -= amount;
    return used[who];
}
`
const FIXES = {
  built: ['    return used[who] + amount', '    if (amount < 0)\n        return 0;\n    return used[who] + amount'],
  refused: ['{10, 20, 40}', '{10, 20, 80}'],
} as const

let folder = ''
let viewer: Viewer
const at = (name: string) => join(folder, name)
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-pages-'))
  if (hasChromium) viewer = await startViewer()
})
afterAll(async () => {
  await viewer?.close()
  rmSync(folder, { recursive: true, force: true })
})

const run = (...args: readonly string[]) => hotsplice(args, { cwd: folder })

describe.skipIf(!hasChromium || !hasGcc)(`in chromium${withoutChromium}${withoutGcc}`, () => {
  test('of a program: what is built, and what is refused', async () => {
    mkdirSync(at('tree'))
    writeFileSync(at('tree/quota.c'), SOURCE)
    const words = ['gcc', '-O2', '-g', '-c', 'quota.c', '-o', 'quota.o']
    writeFileSync(
      at('tree/compile_commands.json'),
      JSON.stringify([{ directory: at('tree'), file: 'quota.c', arguments: words }]),
    )
    for (const [name, [from, to]] of Object.entries(FIXES)) {
      const patch = createTwoFilesPatch('a/quota.c', 'b/quota.c', SOURCE, SOURCE.replace(from, to), '', '')
      writeFileSync(at(`${name}.patch`), `Subject: [PATCH] quota: ${name}\n\n${patch}`)
      const { status, stderr } = await run(
        ...['build', '--target', 'process', '--tree', 'tree', '--patch', `${name}.patch`],
        ...['--details', '--json', `${name}.json`, '--html', `${name}.html`],
      )
      expect({ status, stderr }).toMatchObject({ status: name === 'built' ? 0 : 2 })
      expect(await judgePage(viewer, at(`${name}.html`), at(`${name}.json`))).toEqual([])
    }
    // The judge itself: a page is not what another report says.
    const lies = await judgePage(viewer, at('built.html'), at('refused.json'))
    expect(lies.map(text => text.split(':')[0])).toEqual(expect.arrayContaining(['outcome', 'functions', 'refusals']))
    // Side by side, with a rehearsal of neither.
    expect(await run('report', 'built.json', 'refused.json', '-o', 'both.html')).toMatchObject({ status: 0 })
    expect(await judgePage(viewer, at('both.html'))).toEqual([])
  })

  test('of two objects, and of a build that failed', async () => {
    writeFileSync(at('a.o'), compile(SOURCE))
    writeFileSync(at('b.o'), compile(SOURCE.replace('-= amount', '-= amount + 1')))
    const words = [
      'diff',
      'a.o',
      'b.o',
      '--target',
      'process',
      '--details',
      '--json',
      'diff.json',
      '--html',
      'diff.html',
    ]
    expect(await run(...words)).toMatchObject({ status: 0 })
    expect(await judgePage(viewer, at('diff.html'), at('diff.json'))).toEqual([])
    writeFileSync(at('wrong.patch'), '--- a/none.c\n+++ b/none.c\n@@ -1 +1 @@\n-a\n+b\n')
    expect(
      await run('build', '--target', 'process', '--tree', 'tree', '--patch', 'wrong.patch', '--html', 'wrong.html'),
    ).toMatchObject({ status: 1 })
    expect(await judgePage(viewer, at('wrong.html'))).toEqual([])
  })

  test('of a fleet: every cell leads to a page that is there, whose own links lead somewhere', async () => {
    mkdirSync(at('fleet'))
    makeSmallFleet(at('fleet'))
    // Beside the folder, and elsewhere.
    for (const page of ['fleet.html', 'elsewhere/deep/fleet page.html']) {
      mkdirSync(at('elsewhere/deep'), { recursive: true })
      const words = ['fleet', 'build', 'fleet/FLEET.yaml', '-o', 'out #1', '--html', page]
      expect((await run(...words)).stderr).toContain('to be done')
      expect(await judgePage(viewer, at(page))).toEqual([])
    }
    const { page, wrong } = await viewer.show(at('elsewhere/deep/fleet page.html'))
    const links = page.locator('tbody td a')
    const count = await links.count()
    const cells: readonly { page: unknown }[] = JSON.parse(readFileSync(at('out #1/index.json'), 'utf8')).cells
    expect(count).toBe(cells.filter(cell => cell.page !== null).length)
    expect(count).toBeGreaterThan(2)
    for (let cell = 0; cell < count; cell++) {
      await links.nth(cell).click()
      await page.waitForSelector('#outcome')
      await page.goBack()
      await page.waitForSelector('#fleet')
    }
    expect(wrong.filter(text => !text.startsWith('asked for file:'))).toEqual([])
  })
})
