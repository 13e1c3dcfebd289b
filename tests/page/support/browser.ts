/** Debian's chromium with pages from a folder, and all that goes wrong in them. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import type { PageData } from '../../../src/report/page/model.ts'
import { pageText } from '../../../src/report/page/page.ts'

const PROGRAM = '/usr/bin/chromium'
export const hasChromium = existsSync(PROGRAM)
export const withoutChromium = hasChromium ? '' : ' (skipped: chromium is missing; scripts/setup.sh installs it)'

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export const shell = () => readFileSync(fileURLToPath(new URL('../../../dist/page.html', import.meta.url)), 'utf8')

export interface OpenedPage {
  readonly page: Page
  /** Errors of the console and of scripts, dialogs, and whatever was asked of a network or a disk beside the page. */
  readonly wrong: readonly string[]
}

type Options = Parameters<Browser['newContext']>[0]

export interface Viewer {
  readonly open: (data: PageData, options?: Options) => Promise<OpenedPage>
  /** A page that is written already. */
  readonly show: (file: string, options?: Options) => Promise<OpenedPage>
  readonly close: () => Promise<void>
}

export async function startViewer(): Promise<Viewer> {
  const browser = await chromium.launch({ executablePath: PROGRAM, args: ARGUMENTS })
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-page-'))
  let count = 0
  async function show(file: string, options: Options = {}): Promise<OpenedPage> {
    const address = pathToFileURL(file).href
    const page = await (await browser.newContext(options)).newPage()
    const wrong: string[] = []
    page.on('console', message => message.type() === 'error' && wrong.push(message.text()))
    page.on('pageerror', error => wrong.push(String(error)))
    page.on('dialog', dialog => {
      wrong.push(`dialog: ${dialog.message()}`)
      void dialog.dismiss()
    })
    page.on('request', request => {
      if (!request.url().startsWith(address)) wrong.push(`asked for ${request.url()}`)
    })
    await page.goto(address)
    await page.waitForSelector('footer', { timeout: 10_000 }).catch(error => wrong.push(String(error)))
    return { page, wrong }
  }
  return {
    show,
    open(data, options) {
      const file = join(folder, `${++count}.html`)
      writeFileSync(file, pageText(shell(), data))
      return show(file, options)
    },
    async close() {
      await browser.close()
      rmSync(folder, { recursive: true })
    },
  }
}
