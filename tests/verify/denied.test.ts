/** The deny-list: each row names what the tree has, has its page, and `explain` tells its reason. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readElf } from '../../src/elf/index.ts'
import { explain } from '../../src/report/explain.ts'
import { emptyReport } from '../../src/report/model.ts'
import { XEN_DENIED } from '../../src/target/xen-denied.ts'
import { missingFor, toBuildXen, xenTree } from '../xen/tree.ts'

const missing = missingFor(...toBuildXen)
const named = XEN_DENIED.flatMap(row => (row.functions ?? ['anything']).map(name => ({ ...row, name })))

test.for(named)('explain says why $name of $unit cannot be replaced', ({ unit, name, code, why, hint }) => {
  const refusal = { code, unit, symbol: name, text: `${name} changed, but ${why}`, hint }
  const words = explain({ ...emptyReport('build', '0'), refusals: [refusal] }, name)
  expect(words).toContain(why)
  expect(words).toContain(hint)
  expect(existsSync(join(import.meta.dirname, '..', '..', 'docs', 'findings', `${code}.md`))).toBe(true)
})

describe.skipIf(missing !== '')(`in Xen's tree ${missing}`, () => {
  /** Rows for another machine, and for what later versions have in another place. */
  const elsewhere = (unit: string) => unit.startsWith('arch/arm/') || unit === 'arch/x86/memcpy.o'
  test.for(named.filter(({ unit }) => !elsewhere(unit)))('$unit has $name', ({ unit, functions, name }) => {
    const object = readElf(readFileSync(join(xenTree('release'), 'xen', unit)))
    const defined = object.symbols.filter(({ place }) => place.in === 'section').map(symbol => symbol.name)
    expect(functions === undefined || defined.includes(name)).toBe(true)
  })
})
