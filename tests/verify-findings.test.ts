/** Each code of a check has its section in docs/findings/verify-*.md, and each section its code. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { RULE_CODES } from '../src/verify/xen/table.ts'

const folder = join(import.meta.dirname, '..', 'docs', 'findings')

test('every check is explained, and nothing else', () => {
  const pages = readdirSync(folder).filter(name => name.startsWith('verify-'))
  const sections = pages.flatMap(page =>
    [...readFileSync(join(folder, page), 'utf8').matchAll(/^## (.+)$/gm)].map(([, code = '']) => code),
  )
  expect(sections.toSorted()).toEqual([...RULE_CODES, 'understood'].toSorted())
})
