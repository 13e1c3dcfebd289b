/**
 * The docs as a small site: `npm run site`. Its pages are the files that the repository has, from the README on; a link that
 * leads nowhere ends the build. Nothing is fetched by those who read it.
 */
import { readdirSync } from 'node:fs'
import { defineConfig } from 'vitepress'

const WRITTEN = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'docs']
const top = new URL('../../', import.meta.url)
const page = (text: string, name: string) => ({ text, link: `/docs/${name}` })

export default defineConfig({
  title: 'hotsplice',
  description: 'Hotpatches for running systems software',
  srcDir: '..',
  srcExclude: readdirSync(top).flatMap(name => (WRITTEN.includes(name) ? [] : [name, `${name}/**`])),
  rewrites: {
    'README.md': 'index.md',
    'docs/README.md': 'docs/index.md',
    'docs/findings/README.md': 'docs/findings/index.md',
  },
  // A folder of JSON schemas, which are no pages.
  ignoreDeadLinks: ['./schema'],
  lastUpdated: false,
  markdown: {
    // Text is text: what stands in angle brackets is a placeholder, no element.
    html: false,
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: { level: [2, 3] },
    nav: [
      { text: 'Docs', link: '/docs/' },
      { text: 'Refusals and errors', link: '/docs/findings/' },
      { text: 'Changes', link: '/CHANGELOG' },
    ],
    sidebar: [
      { text: 'First minutes', link: '/' },
      page('Migrating from other tools', 'migrating'),
      page('Trust', 'trust'),
      page('Line numbers', 'lines'),
      page('Will the loader take it?', 'verify'),
      page('Rehearsal', 'rehearsal'),
      page('Ways out of a refusal', 'ways-out'),
      page('Hosts', 'hosts'),
      page('Linux', 'linux'),
      page('Fleets', 'fleet'),
      page('Publishing', 'publishing'),
      page('The library', 'library'),
      page('All pages', ''),
    ],
  },
})
