/**
 * How soon a page with 50,000 functions is there, from a disk, and how soon its filter answers; against a page with one.
 * And how large the page is without data.
 *
 *   npx tsx bench/page.ts [RUNS]     after `make build`
 */
import type { RunReport } from '../src/report/model.ts'
import type { PageData } from '../src/report/page/model.ts'
import { pageData } from '../src/report/page/page.ts'
import { hasChromium, shell, startViewer, withoutChromium } from '../tests/page/support/browser.ts'
import { built } from '../tests/page/support/reports.ts'
import { median } from './clock.ts'

const runs = Number(process.argv[2] ?? 5)
const FUNCTIONS = 50_000

console.log(`the page without data: ${(shell().length / 1000).toFixed(1)} KB    aim: 60 KB at most`)
if (hasChromium) await measured()
else console.log(`a page in a browser: not measured${withoutChromium}`)

async function measured(): Promise<void> {
  const viewer = await startViewer()
  const one = dataOf(built(1))
  const report = built(1)
  const [entry] = report.functions
  const functions = Array.from({ length: FUNCTIONS }, (_, at) => ({
    ...(entry ?? never()),
    name: `function_${at}`,
    unit: `common/unit_${at % 900}.o`,
  }))
  const many = dataOf({ ...report, functions })
  try {
    const [small, large, filter]: [number[], number[], number[]] = [[], [], []]
    for (let run = 0; run <= runs; run++) {
      // The first of each fills caches.
      const [a, b] = [await opened(one), await opened(many)]
      if (run === 0) continue
      small.push(a.opening)
      large.push(b.opening)
      filter.push(b.filtering)
    }
    const [least, most] = [median(small), median(large)]
    console.log(
      `a page opens from disk: ${said(most)} with ${FUNCTIONS} functions, ${said(least)} with one    aim: under 1 s`,
    )
    console.log(`its filter answers in ${said(median(filter))}    aim: under 150 ms`)
  } finally {
    await viewer.close()
  }

  /** From the start of its loading to its first frame; and from a key to the frame after it. */
  async function opened(data: PageData): Promise<{ readonly opening: number; readonly filtering: number }> {
    const { page } = await viewer.open(data)
    await page.waitForFunction('performance.getEntriesByName("shown").length > 0')
    const opening: number = await page.evaluate('performance.getEntriesByName("shown")[0].startTime')
    const filtering: number = await page.evaluate(`new Promise(done => {
      const input = document.getElementById('functions-filter')
      const start = performance.now()
      input.value = 'function_4999'
      input.dispatchEvent(new Event('input', { bubbles: true }))
      requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)))
    })`)
    await page.context().close()
    return { opening, filtering }
  }
}

function dataOf(report: RunReport): PageData {
  return pageData({ version: '', builds: [{ name: 'bench.json', report }], findingOf: () => undefined })
}

function said(time: number): string {
  return `${Math.round(time)} ms`
}

function never(): never {
  throw new Error('the report has no function')
}
