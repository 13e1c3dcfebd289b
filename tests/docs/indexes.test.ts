/** Indexes have everything: each page of docs in docs/README.md, each code in docs/findings/README.md. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { findingsIndex } from '../../scripts/findings/index-text.ts'
import { trackedFiles } from '../tidy/sources.ts'

const house = fileURLToPath(new URL('../../', import.meta.url))
const read = (file: string) => readFileSync(`${house}${file}`, 'utf8')
const pages = (folder: string) =>
  trackedFiles
    .filter(
      file => file.startsWith(folder) && /^[^/]+\.md$/.test(file.slice(folder.length)) && !file.endsWith('README.md'),
    )
    .map(file => file.slice(folder.length))

test('docs/README.md names every page of docs', () => {
  const index = read('docs/README.md')
  expect(pages('docs/').length).toBeGreaterThan(15)
  expect(pages('docs/').filter(page => !index.includes(`](${page})`))).toEqual([])
})

test('docs/findings/README.md is what `npm run findings` writes', () => {
  const texts = pages('docs/findings/').map(name => ({ name, text: read(`docs/findings/${name}`) }))
  expect(texts.length).toBeGreaterThan(60)
  expect(read('docs/findings/README.md')).toBe(findingsIndex(texts))
})

test('the index has refusals with a sentence, errors and checks with their place', () => {
  const index = findingsIndex([
    { name: 'too-small.md', text: '# too-small\n\nA function is [small](x.md), e.g. by\none byte. More.\n' },
    { name: 'errors-elf.md', text: '# Errors in ELF\n\nText.\n\n## elf/truncated\n\nCut.\n' },
    { name: 'verify-file.md', text: '# verify: files\n\n## file-size\n' },
  ])
  expect(index).toContain('- [too-small](too-small.md): A function is small, e.g. by one byte.\n')
  expect(index).toContain('### [Errors in ELF](errors-elf.md)\n\n[elf/truncated](errors-elf.md#elftruncated)\n')
  expect(index).toContain('[file-size](verify-file.md#file-size)')
})
