/** The docs as a site: each file of them is a page, no link leads nowhere, and whoever reads them fetches nothing else. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'

const top = fileURLToPath(new URL('../../', import.meta.url))
const out = mkdtempSync(join(tmpdir(), 'hotsplice-site-'))
afterAll(() => rmSync(out, { recursive: true }))

const below = (folder: string, ending: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith(ending))

/** README.md is what a folder begins with. */
const pageOf = (file: string) =>
  join(dirname(file), basename(file) === 'README.md' ? 'index.html' : `${basename(file, '.md')}.html`)

test('the site builds, with a page for each file', () => {
  const builder = join(top, 'node_modules/vitepress/bin/vitepress.js')
  const { status, stderr, stdout } = spawnSync(process.execPath, [builder, 'build', 'site', '--outDir', out], {
    cwd: top,
    encoding: 'utf8',
  })
  expect([status, `${stdout}${stderr}`]).toEqual([0, expect.not.stringContaining('dead link')])
  const files = [
    'README.md',
    'CHANGELOG.md',
    'CONTRIBUTING.md',
    ...below(join(top, 'docs'), '.md').map(file => join('docs', file)),
  ]
  expect(files.length).toBeGreaterThan(80)
  const pages = below(out, '.html').filter(page => page !== '404.html')
  expect(pages.sort()).toEqual(files.map(pageOf).sort())
  for (const page of pages) {
    const html = readFileSync(join(out, page), 'utf8')
    expect(html.match(/<(?:script|link|img)\b[^>]*(?:src|href)="(?:https?:)?\/\/[^"]*"/g), page).toBeNull()
  }
})
