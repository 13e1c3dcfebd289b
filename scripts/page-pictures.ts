/**
 * What pages look like: in light and dark, on a desk and on a phone, the first function of each opened.
 *
 *     npx tsx scripts/page-pictures.ts FOLDER [PAGE.html ...]     after `make build`
 *
 * Without pages, that of the README's example, which is built first. Exits 1 where a browser finds something wrong.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { hasChromium, startViewer, withoutChromium } from '../tests/page/support/browser.ts'

const WIDTHS = { desk: 1100, phone: 390 }
/** Of a picture: enough for the first screen and one function. */
const HEIGHT = 1800

const [folder, ...pages] = process.argv.slice(2)
if (folder === undefined || !hasChromium) {
  console.error(
    folder === undefined ? 'usage: page-pictures.ts FOLDER [PAGE.html ...]' : `no pictures${withoutChromium}`,
  )
  process.exit(1)
}
mkdirSync(folder, { recursive: true })
const work = mkdtempSync(join(tmpdir(), 'hotsplice-pictures-'))
try {
  process.exitCode = (await takePictures(folder, pages.length > 0 ? pages : [examplePage()])) ? 0 : 1
} finally {
  rmSync(work, { recursive: true })
}

async function takePictures(into: string, files: readonly string[]): Promise<boolean> {
  const viewer = await startViewer()
  let isFine = true
  try {
    for (const file of files) {
      for (const colorScheme of ['light', 'dark'] as const) {
        for (const [name, width] of Object.entries(WIDTHS)) {
          const shown = await viewer.show(resolve(file), { colorScheme, viewport: { width, height: HEIGHT } })
          const rows = shown.page.locator('[role=grid] [role=row]')
          if ((await rows.count()) > 0) await rows.first().click()
          const path = join(into, `${basename(file, '.html')}-${colorScheme}-${name}.png`)
          await shown.page.screenshot({ path })
          console.log([path, ...shown.wrong].join('\n  wrong: '))
          if (shown.wrong.length > 0) isFine = false
          await shown.page.context().close()
        }
      }
    }
  } finally {
    await viewer.close()
  }
  return isFine
}

function examplePage(): string {
  const checkout = fileURLToPath(new URL('../', import.meta.url))
  for (const name of ['file1.c', 'fix.patch']) cpSync(join(checkout, 'examples/demo', name), join(work, name))
  const compile = {
    directory: work,
    file: 'file1.c',
    arguments: ['gcc', '-O2', '-g', '-c', 'file1.c', '-o', 'file1.o'],
  }
  writeFileSync(join(work, 'compile_commands.json'), JSON.stringify([compile]))
  const args = ['build', '--target', 'process', '--tree', '.', '--patch', 'fix.patch', '--html', 'example.html']
  execFileSync(join(checkout, 'bin/hotsplice'), args, { cwd: work, stdio: ['ignore', 'ignore', 'inherit'] })
  return join(work, 'example.html')
}
