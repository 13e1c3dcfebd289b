/** Each code of a check has its section in docs/findings/verify-*.md, and each section its code. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { LINUX_RULE_CODES } from '../src/verify/linux/verify.ts'
import { RULE_CODES } from '../src/verify/xen/table.ts'

const folder = join(import.meta.dirname, '..', 'docs', 'findings')

const LINUX = 'verify-linux.md'

const sectionsOf = (pages: readonly string[]) =>
  pages.flatMap(page =>
    [...readFileSync(join(folder, page), 'utf8').matchAll(/^## (.+)$/gm)].map(([, code = '']) => code),
  )

test('every check is explained, and nothing else', () => {
  const pages = readdirSync(folder).filter(name => name.startsWith('verify-') && name !== LINUX)
  expect(sectionsOf(pages).toSorted()).toEqual([...RULE_CODES, 'understood'].toSorted())
})

test('every check of a module of Linux, too', () => {
  expect(sectionsOf([LINUX]).toSorted()).toEqual(LINUX_RULE_CODES.toSorted())
})
