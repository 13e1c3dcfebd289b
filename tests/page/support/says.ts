/**
 * What a page says, taken off it in a browser, and what the JSON says: the two must be equal. Nothing here asks the code that
 * makes pages; what is expected is made of the reports as they were written.
 */
import type { Locator, Page } from 'playwright-core'
import type { Entry, RunReport } from '../../../src/report/model.ts'

/** Of a report of a build or a comparison, in the words that a reader meets. */
export interface Said {
  /** The kind of the badge, which is the outcome. */
  readonly outcome: string
  readonly functions: readonly (readonly string[])[]
  readonly data: readonly (readonly string[])[]
  readonly refusals: readonly (readonly string[])[]
  readonly warnings: readonly string[]
  readonly notices: readonly string[]
  /** Of what is said beside names: build-ids, the payload's file and digest, patches, the compiler. */
  readonly facts: Readonly<Record<string, string>>
  readonly files: readonly (readonly string[])[]
  readonly units: readonly string[]
  readonly pieces: readonly (readonly string[])[]
  /** Whatever stands behind the links that lead to hunks. */
  readonly hunks: number
}

/** Lists are cut there; the rest is counted. */
const MOST_UNITS = 1000
const ROW = 34

export async function pageSays(page: Page): Promise<Said> {
  const facts = await page
    .locator('.facts > div')
    .evaluateAll(rows => rows.map(row => [...row.children].map(cell => cell.textContent ?? '')))
  return {
    outcome: (await page.locator('#outcome .badge').getAttribute('class'))?.replace('badge ', '') ?? '',
    functions: await rowsOf(page, /^Functions/),
    data: await rowsOf(page, /^Data/),
    refusals: await page
      .locator('.refusals > li')
      .evaluateAll(items =>
        items.map(item => [...item.children].slice(0, 3).map(part => (part.textContent ?? '').trim())),
      ),
    warnings: await listUnder(page, 'Warnings: what could go wrong'),
    notices: await listUnder(page, 'Worth knowing'),
    facts: Object.fromEntries(facts.filter(([name = '']) => name in FACTS)),
    files: await cellsOf(page.locator('#lines ~ .wide').first()),
    units: await page.locator('#units ~ details li > .mono:first-child').allTextContents(),
    pieces: (await cellsOf(page.locator('.bars'))).map(cells => cells.slice(0, 3)),
    hunks: await page.locator('.hunks > li').count(),
  }
}

/** What the same must be by the JSON. */
export function reportSays(report: RunReport): Said {
  const { outcome, functions, data, refusals, warnings, notices, lines, units, pieces, details } = report
  return {
    outcome,
    functions: functions.map(entry => rowOf(entry, report)),
    data: data.map(entry => rowOf(entry, report)),
    refusals: refusals.map(({ code, symbol, unit, place, text, hint }) => [
      `${code} ${symbol} ${unit}${place === undefined ? '' : ` (${place.file}:${place.line})`}`,
      text,
      `Way out: ${hint}`,
    ]),
    warnings: warnings.map(({ text }) => text),
    notices: notices.map(({ text }) => text),
    facts: factsOf(report),
    files: lines.files.map(({ file, way, insertions, unsafe, reason }) => [
      file,
      WAYS[way],
      String(insertions),
      unsafe.length === 0 ? 'none' : unsafe.join(', '),
      reason,
    ]),
    units: units.slice(0, MOST_UNITS).map(({ unit }) => unit),
    pieces: sums(pieces),
    hunks: details?.patches.reduce((sum, text) => sum + hunksIn(text), 0) ?? 0,
  }
}

const WAYS: Readonly<Record<RunReport['lines']['way'], string>> = {
  auto: 'auto',
  neutral: 'kept: the text was rewritten',
  mask: 'told apart and left out',
  table: 'set by a table',
  ignore: 'taken as changes',
}

function rowOf({ name, unit, verdict, included, reasons }: Entry, { command, outcome }: RunReport): readonly string[] {
  const place = included ? (outcome === 'built' ? 'in it' : 'would be') : 'left out'
  return [name, unit, verdict, ...(command === 'build' ? [place] : []), reasons[0]?.text ?? '']
}

/** How a fact is called, and what the report has of it. */
const FACTS: Readonly<Record<string, (report: RunReport) => string | null | undefined>> = {
  'Build-id of what runs': ({ base }) => base?.buildId,
  'Goes on top of': ({ base }) => (base?.depends === base?.buildId ? null : base?.depends),
  'Build-id of the payload': ({ payload }) => payload?.buildId,
  'SHA-256 of the payload': ({ payload }) => payload?.sha256,
  Compiler: ({ compiler }) => compiler,
}

function factsOf(report: RunReport): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(FACTS).flatMap(([name, of]) => {
      const value = of(report)
      return typeof value === 'string' ? [[name, value] as const] : []
    }),
  )
}

/** By kind, the most bytes first. */
function sums(pieces: RunReport['pieces']): readonly (readonly string[])[] {
  const roles = [...new Set(pieces.map(({ role }) => role))]
  const all = roles.map(role => {
    const own = pieces.filter(piece => piece.role === role)
    return { role, count: own.length, size: own.reduce((sum, { size }) => sum + size, 0) }
  })
  return all.sort((a, b) => b.size - a.size).map(({ role, count, size }) => [role, String(count), String(size)])
}

/** Heads of hunks, as patch(1) would count them: those within a hunk are lines of it. */
function hunksIn(patch: string): number {
  let [count, old, now] = [0, 0, 0]
  for (const line of patch.split('\n')) {
    if (old > 0 || now > 0) {
      if (line.startsWith('\\')) continue
      if (!line.startsWith('+')) old--
      if (!line.startsWith('-')) now--
      continue
    }
    const head = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(line)
    if (head === null) continue
    count++
    ;[old, now] = [Number(head[1] ?? 1), Number(head[2] ?? 1)]
  }
  return count
}

/** Every row of a list, though only those are made that are seen. */
export async function rowsOf(page: Page, label: RegExp): Promise<readonly (readonly string[])[]> {
  const grid = page.getByRole('grid', { name: label })
  if ((await grid.count()) === 0) return []
  const total = Number(await grid.getAttribute('aria-rowcount'))
  const rows = new Map<number, readonly string[]>()
  for (let top = 0; rows.size < total && top < total * ROW; top += 300) {
    await grid.evaluate((element, to) => element.scrollTo(0, to), top)
    await page.evaluate('new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))')
    const seen = await grid.locator('[role=row]').evaluateAll(elements =>
      elements.map(element => ({
        at: Number(element.getAttribute('aria-rowindex')),
        cells: [...element.children].map(cell => cell.textContent ?? ''),
      })),
    )
    for (const { at, cells } of seen) rows.set(at, cells)
  }
  return [...rows].sort(([a], [b]) => a - b).map(([, cells]) => cells)
}

function listUnder(page: Page, heading: string): Promise<readonly string[]> {
  return page.locator(`h2:text-is("${heading}") + ul > li`).allTextContents()
}

async function cellsOf(table: Locator): Promise<readonly (readonly string[])[]> {
  if ((await table.count()) === 0) return []
  return table
    .locator('tbody tr')
    .evaluateAll(rows => rows.map(row => [...row.children].map(cell => cell.textContent ?? '')))
}

/** Of a link within the page, what it leads to; of one to a file, that file: those that lead nowhere. */
export async function deadLinks(page: Page, isThere: (file: string) => boolean): Promise<readonly string[]> {
  const links: readonly (readonly [href: string, isWithin: boolean, isLed: boolean])[] = await page.evaluate(
    `[...document.querySelectorAll('a[href]')].map(link => {
      const href = link.getAttribute('href')
      return [href, href.startsWith('#'), /^#build-\\d+$/.test(href) || document.getElementById(href.slice(1)) !== null]
    })`,
  )
  return links.flatMap(([href, isWithin, isLed]) =>
    (isWithin ? isLed : isThere(decodeURIComponent(href))) ? [] : [href],
  )
}
