/** Every row of the deny-list names what the real tree has. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readElf } from '../../src/elf/index.ts'
import { XEN_DENIED } from '../../src/loaders/xen/denied.ts'
import { missingFor, toBuildXen, xenTree } from '../xen/tree.ts'

const missing = missingFor(...toBuildXen)

describe.skipIf(missing !== '')(`in Xen's tree ${missing}`, () => {
  /** Rows for another machine, and for what later versions have in another place. */
  const elsewhere = (unit: string) => unit.startsWith('arch/arm/') || unit === 'arch/x86/memcpy.o'
  test.for(XEN_DENIED.filter(({ unit }) => !elsewhere(unit)))('$unit has what its row names', ({ unit, functions }) => {
    const object = readElf(readFileSync(join(xenTree('release'), 'xen', unit)))
    const defined = object.symbols
      .filter(({ place, kind }) => place.in === 'section' && kind === 'function')
      .map(symbol => symbol.name)
    expect(defined).toEqual(expect.arrayContaining([...(functions ?? [])]))
    expect(defined.length).toBeGreaterThan(0)
  })
})
