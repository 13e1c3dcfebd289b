/** What axe-core finds wrong with a page: in both colour schemes, and as wide as a phone. */
import axe from 'axe-core'
import type { Page } from 'playwright-core'

const PHONE = { width: 360, height: 740 }

export async function faultsOf(page: Page): Promise<readonly string[]> {
  const faults: string[] = []
  const look = async (how: string) => {
    // By the debugger, which the page's policy does not bind.
    await page.evaluate(axe.source)
    const found: string[] = await page.evaluate(`axe.run().then(({ violations }) =>
      violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + ' ' + target + failureSummary)))`)
    faults.push(...found.map(text => `${how}: ${text}`))
  }
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await look(colorScheme)
  }
  const size = page.viewportSize()
  await page.setViewportSize(PHONE)
  await look('dark, on a phone')
  if (size !== null) await page.setViewportSize(size)
  return faults
}
