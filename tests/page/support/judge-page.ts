/** Everything that can be asked of a page that somebody wrote, whatever it shows: what is wrong with it, in words. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Page } from 'playwright-core'
import type { RunReport } from '../../../src/report/model.ts'
import { readable } from '../../../src/report/readable.ts'
import { faultsOf } from './axe.ts'
import type { Viewer } from './browser.ts'
import { deadLinks, pageSays, reportSays } from './says.ts'

/** `json` is the report that the page must say the same as; without one, it is not of one build. */
export async function judgePage(viewer: Viewer, file: string, json?: string): Promise<readonly string[]> {
  const { page, wrong } = await viewer.show(file)
  try {
    return [
      ...(json === undefined ? [] : await lies(page, JSON.parse(readFileSync(json, 'utf8')))),
      ...(await deadLinks(page, name => existsSync(resolve(dirname(file), name)))).map(href => `dead link: ${href}`),
      ...(await codeFaults(page)),
      ...(await faultsOf(page)),
      ...(await paperFaults(page)),
      ...(await phoneFaults(page)),
      ...wrong,
    ]
  } finally {
    await page.context().close()
  }
}

async function lies(page: Page, report: RunReport): Promise<readonly string[]> {
  const [said, wanted] = [Object.entries(await pageSays(page)), reportSays(readable(report))]
  return said.flatMap(([name, value]) => {
    const own = wanted[name as keyof typeof wanted]
    if (JSON.stringify(value) === JSON.stringify(own)) return []
    return [
      `${name}: the page says ${JSON.stringify(value).slice(0, 300)}, the JSON ${JSON.stringify(own).slice(0, 300)}`,
    ]
  })
}

/** Of the first function, which has to open by the keyboard. */
async function codeFaults(page: Page): Promise<readonly string[]> {
  const grid = page.getByRole('grid', { name: /^Functions/ })
  if ((await grid.count()) === 0) return []
  for (const key of ['End', 'Home', 'Enter']) await grid.press(key)
  const name = await grid.locator('[aria-rowindex="1"] .name').textContent()
  const heading = await page.locator('.detail h3 .mono').first().textContent()
  const hidden = await page.evaluate(`[...document.querySelectorAll('.detail .code')].filter(code =>
    /^[1-9]\\d* of /.test((code.previousElementSibling?.textContent ?? '').split('. ')[1] ?? '') &&
    ![...code.querySelectorAll('.pair.differs')].some(row => {
      const [own, list] = [row, code.querySelector('.virtual')].map(each => each.getBoundingClientRect())
      return own.top >= list.top - 1 && own.bottom <= list.bottom + 1
    })).length`)
  return [
    ...(name === heading ? [] : [`${name} opens ${heading}`]),
    ...(hidden === 0 ? [] : [`of ${name}, what differs is not in sight`]),
  ]
}

async function paperFaults(page: Page): Promise<readonly string[]> {
  await page.evaluate('dispatchEvent(new Event("beforeprint"))')
  const folded = await page.locator('details:not([open])').count()
  await page.evaluate('dispatchEvent(new Event("afterprint"))')
  return folded === 0 ? [] : [`${folded} parts are folded on paper`]
}

const PHONE = { width: 360, height: 740 }

async function phoneFaults(page: Page): Promise<readonly string[]> {
  await page.setViewportSize(PHONE)
  const width: number = await page.evaluate('document.documentElement.scrollWidth')
  return width <= PHONE.width ? [] : [`on a phone it is ${width} pixels wide`]
}
