/** Sources that a tree reaches through links, as Xen's build makes them below arch/x86/efi: what is compiled is the patched text. */
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { affectedUnits, buildPairs, overlayOf } from '../../src/trees/index.ts'
import { missingFor } from '../xen/tree.ts'
import { changeOf, edit, inFolder, make, open, textOf, tinyXen } from './support.ts'

const missing = missingFor('gcc', 'make', 'objcopy', 'ld')

describe.skipIf(missing !== '')(`a tiny Xen (${missing || 'gcc and make are here'})`, () => {
  test('a source that is reached through a link of the tree is patched all the same', () =>
    inFolder(async folder => {
      tinyXen(join(folder, 'tree'), { 'xen/efi/real.c': 'int linked(void) { return 1; }\n' })
      const list = join(folder, 'tree/xen/common/Makefile')
      writeFileSync(list, `${readFileSync(list, 'utf8')}obj-y += alias.o\n`)
      symlinkSync('.', join(folder, 'tree/xen/source'))
      symlinkSync('../source/efi/real.c', join(folder, 'tree/xen/common/alias.c'))
      make(join(folder, 'tree'))
      const tree = await open(join(folder, 'tree'), join(folder, 'cache'))
      const change = edit(tree, 'xen/efi/real.c', 'return 1', 'return 4711')
      const affected = await affectedUnits(tree, change)
      expect(affected.affected.map(({ unit }) => [unit.unit, unit.source])).toEqual([['common/alias.o', 'efi/real.c']])
      const [pair] = await buildPairs(tree, affected.affected, overlayOf(change, affected))
      expect(pair?.patched).toBeDefined()
      expect(textOf(pair?.patched)).toContain('\x67\x12')
      expect(textOf(pair?.original)).not.toContain('\x67\x12')
    }))

  test('such a source is patched, too, where it does not compile with the rest of the patch alone', () =>
    inFolder(async folder => {
      const text = '#include <called.h>\nint linked(void) { return called(1); }\n'
      const header = 'static inline int called(int a) { return a; }\n'
      tinyXen(join(folder, 'tree'), { 'xen/efi/real.c': text, 'xen/include/called.h': header })
      const list = join(folder, 'tree/xen/common/Makefile')
      writeFileSync(list, `${readFileSync(list, 'utf8')}obj-y += alias.o\n`)
      symlinkSync('../efi/real.c', join(folder, 'tree/xen/common/alias.c'))
      make(join(folder, 'tree'))
      const tree = await open(join(folder, 'tree'), join(folder, 'cache'))
      const change = changeOf(tree, {
        'xen/efi/real.c': text.replace('called(1)', 'called(1, 4710)'),
        'xen/include/called.h': header.replace('int a', 'int a, int b').replace('return a', 'return a + b'),
      })
      const affected = await affectedUnits(tree, change)
      const [pair] = await buildPairs(tree, affected.affected, overlayOf(change, affected))
      expect(textOf(pair?.patched)).toContain('\x67\x12')
    }))
})
