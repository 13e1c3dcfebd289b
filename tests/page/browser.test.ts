/** Pages in a real browser: what they say is what the reports say, and nothing in them acts. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunReport } from '../../src/report/model.ts'
import { type PageInput, pageData } from '../../src/report/page/page.ts'
import { readable } from '../../src/report/readable.ts'
import { faultsOf } from './support/axe.ts'
import { hasChromium, shell, startViewer, type Viewer, withoutChromium } from './support/browser.ts'
import { built, fleet, HOSTILE, hostile, refused, rehearsed, verified, withError } from './support/reports.ts'
import { deadLinks, pageSays, reportSays, rowsOf } from './support/says.ts'

let viewer: Viewer
beforeAll(async () => {
  if (hasChromium) viewer = await startViewer()
})
afterAll(() => viewer?.close())

const named = (...reports: readonly RunReport[]) => reports.map((report, at) => ({ name: `${at}.json`, report }))
const FINDING = '# changed-data\n\nA variable has another initial value.\n\n    $ hotsplice assist <b>\n'
/** These pages are alone: no link leads to a file beside them. */
const none = () => false
const data = (input: Partial<PageInput>) =>
  pageData({
    version: '0.2.0',
    builds: [],
    findingOf: code => (code === 'changed-data' ? FINDING : undefined),
    ...input,
  })

test('without data it has at most 60 KB', () => {
  expect(Buffer.byteLength(shell())).toBeLessThanOrEqual(60_000)
})

describe.skipIf(!hasChromium)(`in chromium${withoutChromium}`, () => {
  test('a patch of 250 units: each function, verdict and reason is that of the report', async () => {
    const report = built(250)
    const { page, wrong } = await viewer.open(
      data({
        builds: named(report),
        verifications: [{ name: 'v.json', report: verified() }],
        rehearsals: [{ name: 'r.json', report: rehearsed() }],
      }),
    )
    expect(await pageSays(page)).toEqual(reportSays(report))
    expect(await page.textContent('#outcome')).toContain(
      'A hotpatch was built: while Xen 4.17 runs on, it replaces 215 functions and brings 35 new.',
    )
    const first = (await page.textContent('.first')) ?? ''
    for (const words of ['x86: do not trust the guest', 'a3f5', 'f1 was inlined elsewhere, too', 'stays10']) {
      expect(first).toContain(words)
    }
    expect(first).toContain('at least 25 functions more would have been replaced')
    expect(first).toContain('Xen 4.17 would refuse this payload with EINVAL (upload).')
    expect(first).toContain('It was rehearsed on the real Xen 4.17.5')
    expect(
      await page
        .locator('.checks tbody tr')
        .evaluateAll(rows => rows.map(row => [...row.children].map(cell => cell.textContent ?? ''))),
    ).toEqual(
      verified().checks.map(({ code, status, text, errno }) => [code, status, errno ? `${text} (${errno})` : text]),
    )
    const operations = await page.locator('.operations > li').allTextContents()
    expect(operations).toHaveLength(rehearsed().operations.length)
    for (const [at, { text, output, console }] of rehearsed().operations.entries()) {
      for (const words of ['as expected', text, ...output, ...console]) expect(operations[at]).toContain(words)
    }
    expect(await deadLinks(page, none)).toEqual([])
    expect(await faultsOf(page)).toEqual([])
    expect(wrong).toEqual([])
  })

  test('by the keyboard alone: filter, move, open; both versions and the chain are there', async () => {
    const { page, wrong } = await viewer.open(data({ builds: named(built(30)) }))
    const tabTo = async (selector: string) => {
      for (let presses = 0; presses < 40; presses++) {
        await page.keyboard.press('Tab')
        if (await page.evaluate(`document.activeElement?.matches(${JSON.stringify(selector)})`)) return
      }
      throw new Error(`the keyboard does not reach ${selector}`)
    }
    await tabTo('#functions-filter')
    await page.keyboard.type('part1.o')
    expect(await rowsOf(page, /^Functions/)).toHaveLength(1)
    await tabTo('[role=grid]')
    await page.keyboard.press('Enter')
    const detail = page.getByRole('article')
    expect(await detail.textContent()).toContain('f1 is not what it was')
    const pairs = await detail.locator('.pair').allTextContents()
    expect(pairs.map(text => text.replace(/\s+/g, ' ').trim())).toEqual([
      '# 0 mov $1, %eax line 50 of include/xen/lib.h≠ 0 mov $2, %eax lib.h:4',
      '≠ 4 call printk lib.h:900',
      '4 ret 9 ret',
    ])
    expect(await detail.textContent()).toContain('hunk 1 of xen/include/xen/lib.h')
    expect((await page.locator('.hunks > li').allTextContents()).map(text => text.split(' → ')[1])).toEqual([
      'f1; in the text: f1',
      'no function of the payload; in the text: helper',
    ])
    expect(await faultsOf(page)).toEqual([])
    await page.focus('#functions-filter')
    await page.keyboard.press('Control+A')
    await page.keyboard.press('Delete')
    await tabTo('[role=grid]')
    for (const key of ['End', 'ArrowUp', 'Enter']) await page.keyboard.press(key)
    expect(await detail.getAttribute('aria-label')).toBe('About f30')
    expect(wrong).toEqual([])
  })

  test('without debug information the text tells which functions a hunk touches, and back', async () => {
    const report = built(3)
    const { page, wrong } = await viewer.open(
      data({ builds: named({ ...report, lines: { ...report.lines, code: [] } }) }),
    )
    expect((await page.locator('.hunks > li').allTextContents()).map(text => text.split(' → ')[1])).toEqual([
      'f1',
      'helper',
    ])
    await page.locator('[role=grid] [role=row]').first().click()
    const links = page.getByRole('article').locator('a[href^="#hunk-"]')
    expect(await links.allTextContents()).toEqual(['hunk 1 of xen/include/xen/lib.h, lines 1 to 6'])
    // Of another function of its own unit nothing tells: then all that the unit reads are named, and that is said.
    await page.locator('[role=grid] [role=row]').nth(1).click()
    expect(await page.getByRole('article').textContent()).toContain(
      'Neither debug information nor the text tells which of them has code in it.hunk 1 of xen/include/xen/lib.h',
    )
    expect(await links.count()).toBe(2)
    expect(wrong).toEqual([])
  })

  test('a refused one: each refusal with what, where, why, the way out and its page', async () => {
    const report = refused()
    const { page, wrong } = await viewer.open(data({ builds: named(report) }))
    expect(await pageSays(page)).toEqual(reportSays(report))
    expect(await page.locator('.refusals > li').first().textContent()).toContain('common/domain.c:7')
    await page.getByRole('link', { name: 'More about changed-data' }).click()
    expect(await page.textContent('#finding-changed-data')).toContain('$ hotsplice assist <b>')
    expect(await page.getByText('$ hotsplice assist').isVisible()).toBe(true)
    expect(await deadLinks(page, none)).toEqual([])
    expect(await faultsOf(page)).toEqual([])
    expect(wrong).toEqual([])
  })

  test('hostile names are text and nothing else', async () => {
    const report = hostile()
    const { page, wrong } = await viewer.open(data({ builds: named(report) }))
    // Characters that act are spelled out; nothing else is another.
    expect(await pageSays(page)).toEqual(reportSays(readable(report)))
    for (const key of ['Home', ...HOSTILE.map(() => 'ArrowDown')]) {
      await page.getByRole('grid').press(key)
      await page.getByRole('grid').press('Enter')
    }
    expect(await page.evaluate('document.querySelectorAll("img, svg, script").length')).toBe(2)
    const text = (await page.textContent('#page')) ?? ''
    for (const character of ['\u202e', '\u001b', '\u0007']) expect(text).not.toContain(character)
    // Nothing runs off the page.
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0)
    expect(await faultsOf(page)).toEqual([])
    expect(wrong).toEqual([])
  })

  test('a program’s, and two objects', async () => {
    const program: RunReport = { ...built(3), target: { name: 'process', version: null, machine: 62 } }
    const objects: RunReport = { ...built(3), command: 'diff', outcome: 'differs', pieces: [], patches: [], units: [] }
    const one = await viewer.open(data({ builds: named(program) }))
    expect(await one.page.textContent('#outcome')).toContain('while a program runs on, it replaces 3 functions')
    expect(await pageSays(one.page)).toEqual(reportSays(program))
    expect(await faultsOf(one.page)).toEqual([])
    const two = await viewer.open(data({ builds: named(objects) }))
    expect(await two.page.textContent('#outcome')).toContain('The two objects differ: 3 functions, 0 data objects.')
    expect(await pageSays(two.page)).toEqual(reportSays(objects))
    expect(await faultsOf(two.page)).toEqual([])
    expect([...one.wrong, ...two.wrong]).toEqual([])
  })

  test('30 fixes for 40 systems: every cell has a word, and leads to its report', async () => {
    const outcomes = ['built', 'refused', 'nothing-to-do'] as const
    const reports = Array.from({ length: 1200 }, (_, at): RunReport => {
      const [fix, system] = [Math.floor(at / 40), at % 40]
      const outcome = outcomes[(fix + system) % 3] ?? 'built'
      const buildId = system.toString(16).padStart(40, '0').split('').reverse().join('')
      const { details: _details, ...small } = built(1)
      return {
        ...small,
        details: null,
        outcome,
        patches: [{ name: `${fix}.patch`, subject: `fix ${fix}` }],
        base: { buildId, depends: buildId },
      }
    })
    const { page, wrong } = await viewer.open(data({ builds: named(...reports) }))
    const words = { built: 'built', refused: 'refused', 'nothing-to-do': 'nothing to do' }
    expect(await page.locator('.matrix tbody td').allTextContents()).toEqual(
      reports.map(({ outcome }) => words[outcome as keyof typeof words]),
    )
    await page.getByLabel('Filter by fix').fill('fix 29')
    expect(await page.locator('.matrix tbody tr').count()).toBe(1)
    await page.locator('.matrix tbody td a').nth(39).click()
    await expect.poll(() => page.textContent('#title')).toBe('fix 29')
    expect(await page.evaluate('location.hash')).toBe('#build-1199')
    const small = await viewer.open(data({ builds: named(...reports.slice(0, 8)) }))
    expect(await faultsOf(small.page)).toEqual([])
    expect(await deadLinks(small.page, none)).toEqual([])
    expect([...wrong, ...small.wrong]).toEqual([])
  })

  test('a fleet of 30 fixes and 40 bases: every cell has a word, and leads to the page of its own', async () => {
    const { page, wrong } = await viewer.open(data({ fleet: fleet(30, 40) }))
    const view = pageData({ version: '', builds: [], findingOf: () => undefined, fleet: fleet(30, 40) }).fleet
    expect(view?.cells).toHaveLength(1200)
    expect(await page.locator('#fleet').textContent()).toBe(view?.headline)
    const told = await page.locator('tbody td').evaluateAll(cells =>
      cells.map(cell => ({
        word: cell.querySelector('.badge')?.textContent ?? '',
        href: cell.querySelector('a')?.getAttribute('href') ?? null,
      })),
    )
    expect(told).toEqual(
      view?.fixes.flatMap(({ name }) =>
        view.cells
          .filter(({ fix }) => fix === name)
          .map(({ word, tone, href }) => ({ word: tone === 'bad' ? `${word} (!)` : word, href })),
      ),
    )
    expect(await page.locator('#off + ul > li').count()).toBe(view?.cells.filter(cell => !cell.asExpected).length)
    await page.getByLabel('Filter by fix').fill('XSA-29')
    expect(await page.locator('tbody tr').count()).toBe(1)
    await page.getByLabel('Filter by fix').fill('')
    await page.getByLabel('With outcome').selectOption('refused')
    expect(await page.locator('tbody tr').count()).toBe(30)
    const small = await viewer.open(data({ fleet: withError(fleet(4, 5)) }))
    expect(await faultsOf(small.page)).toEqual([])
    expect(await small.page.locator('#off + ul > li').first().textContent()).toBe(
      'XSA-0 for base-0: failed: gcc-99 was not found [build/no-program]hint: install Debian’s package gcc-99',
    )
    expect([...wrong, ...small.wrong]).toEqual([])
  })

  test('on a phone nothing runs off the page; on paper every row is there', async () => {
    const phone = await viewer.open(data({ builds: named(built(40)) }), { viewport: { width: 360, height: 740 } })
    await phone.page.locator('[role=grid] [role=row]').first().click()
    await phone.page.waitForSelector('.pair')
    expect(await phone.page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360)
    const paper = await viewer.open(data({ builds: named(built(40)) }))
    await paper.page.evaluate('dispatchEvent(new Event("beforeprint"))')
    await paper.page.waitForFunction('document.querySelectorAll("#page [role=grid] [role=row]").length === 44')
    expect(await paper.page.locator('details:not([open])').count()).toBe(0)
    await paper.page.evaluate('dispatchEvent(new Event("afterprint"))')
    await paper.page.waitForFunction('document.querySelectorAll("#page [role=grid] [role=row]").length < 44')
    expect(await paper.page.locator('details:not([open])').count()).toBeGreaterThan(1)
    expect([...phone.wrong, ...paper.wrong]).toEqual([])
  })
})
