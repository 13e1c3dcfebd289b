/** Which trees are opened, which are built first, and which are refused by name. */
import { execFileSync } from 'node:child_process'
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readElf } from '../../src/elf/index.ts'
import { affectedUnits, buildPairs, compileUnits, overlayOf } from '../../src/trees/index.ts'
import { missingFor } from '../xen/tree.ts'
import { built, checksums, edit, fail, inFolder, make, open, textOf, tinyXen, writeFiles } from './support.ts'

const missing = missingFor('gcc', 'make', 'objcopy', 'ld')

describe.skipIf(missing !== '')(`opening a tiny Xen (${missing || 'gcc and make are here'})`, () => {
  test('the folder that holds xen/ and xen/ itself are the same tree', () =>
    inFolder(async folder => {
      const outer = await built(folder)
      const inner = await open(join(folder, 'tree/xen'), join(folder, 'cache'))
      expect(inner.facts).toEqual(outer.facts)
      expect(outer.facts).toMatchObject({ kind: 'xen', version: '4.17', compiler: 'gcc' })
      expect(outer.units.map(({ unit }) => unit)).toEqual(['common/compat/one.o', 'common/one.o', 'common/two.o'])
      expect(outer.reader.read('xen/include/shared.h')).toContain('SHARED 3')
      expect(outer.reader.read('xen/include/nothing.h')).toBeUndefined()
    }))

  test.for([
    { name: 'older than 4.17', file: 'xen/Makefile', from: '= 17', to: '= 16', code: 'build/xen-too-old' },
    {
      name: 'without CONFIG_LIVEPATCH',
      file: 'xen/.config',
      from: 'CONFIG_LIVEPATCH=y\n',
      to: '',
      code: 'build/no-livepatch',
    },
    {
      name: 'with CONFIG_LTO',
      file: 'xen/.config',
      from: 'LIVEPATCH=y',
      to: 'LIVEPATCH=y\nCONFIG_LTO=y',
      code: 'build/unsupported-config',
    },
    { name: 'by another name', file: 'xen/Makefile', from: 'XEN_VERSION', to: 'VERSION', code: 'build/no-tree' },
  ])('a tree $name is $code', ({ file, from, to, code }) =>
    inFolder(async folder => {
      tinyXen(folder)
      const text = readFileSync(join(folder, file), 'utf8')
      writeFileSync(join(folder, file), text.replace(from, to))
      make(folder)
      await expect(open(folder, join(folder, 'cache'))).rejects.toMatchObject({ code })
    }),
  )

  test('debug information and __FILE__ of a build with O= name the user’s folders, not ours', () =>
    inFolder(async folder => {
      tinyXen(join(folder, 'tree'))
      writeFiles(folder, { 'out/.config': readFileSync(join(folder, 'tree/xen/.config'), 'utf8') })
      make(join(folder, 'tree'), `O=${folder}/out`, 'CFLAGS=-g', '--environment-overrides')
      const tree = await open(join(folder, 'tree'), join(folder, 'cache'), { buildDir: join(folder, 'out') })
      expect(tree.units.map(({ unit, source }) => [unit, source])).toContainEqual(['common/one.o', 'common/one.c'])
      const change = edit(tree, 'xen/common/one.c', 'x + ', '3 * x + ')
      const affected = await affectedUnits(tree, change)
      const pairs = await buildPairs(tree, affected.affected, overlayOf(change, affected))
      for (const { patched, original } of pairs) {
        expect(textOf(patched)).toContain(`${folder}/tree/xen/common/`)
        expect(textOf(patched)).not.toContain('/private/')
        expect(textOf(patched)).not.toEqual(textOf(original))
      }
      const [unpatched] = await compileUnits(tree, [
        { unit: affected.affected[1]?.unit ?? fail(), overlay: new Map(), label: 'original' },
      ])
      expect(sectionsOf(unpatched?.object)).toEqual(sectionsOf(pairs[1]?.original))
    }))

  test('a tree that was not built is built once, in a copy, and the user’s stays as it is', () =>
    inFolder(async folder => {
      const place = join(folder, 'tree')
      tinyXen(place)
      const before = checksums(place)
      const steps: string[] = []
      const progress = { step: (text: string) => steps.push(text), tick: () => undefined }
      const tree = await open(place, join(folder, 'cache'), { progress, makeArgs: ['CC=gcc'] })
      expect(tree.notices.map(({ code }) => code)).toEqual(['built-copy'])
      expect(steps.some(text => text.startsWith('building Xen once'))).toBe(true)
      expect(tree.facts.base.startsWith(join(folder, 'cache'))).toBe(true)
      expect((await affectedUnits(tree, edit(tree, 'xen/common/two.c', '*', '+'))).affected).toHaveLength(1)
      steps.length = 0
      await open(place, join(folder, 'cache'), { progress, makeArgs: ['CC=gcc'] })
      expect(steps).toEqual([])
      expect(checksums(place)).toBe(before)
      writeFiles(place, { 'xen/include/shared.h': '#define SHARED 12\n' })
      await open(place, join(folder, 'cache'), { progress, makeArgs: ['CC=gcc'] })
      expect(steps.some(text => text.startsWith('building Xen once'))).toBe(true)
    }))

  test('a build of a copy that fails says what make said, and leaves no half of a tree', () =>
    inFolder(async folder => {
      tinyXen(join(folder, 'tree'), { 'xen/common/two.c': 'int broken(' })
      const failing = open(join(folder, 'tree'), join(folder, 'cache'))
      await expect(failing).rejects.toMatchObject({
        code: 'build/make-failed',
        message: expect.stringContaining('common/two.c:1'),
      })
      expect(readdirSync(join(folder, 'cache/trees'))).toEqual([])
    }))

  test('a tree without a configuration says where one could come from', () =>
    inFolder(async folder => {
      tinyXen(folder)
      execFileSync('rm', [join(folder, 'xen/.config')])
      await expect(open(folder, join(folder, 'cache'))).rejects.toMatchObject({
        code: 'build/not-built',
        hint: expect.stringContaining('--config'),
      })
      writeFiles(folder, { given: 'CONFIG_LIVEPATCH=y\n', wrong: 'CONFIG_X=y\n' })
      const tree = await open(folder, join(folder, 'cache'), { config: join(folder, 'given') })
      expect(tree.facts.config.get('LIVEPATCH')).toBe('y')
      await expect(open(folder, join(folder, 'cache'), { config: join(folder, 'wrong') })).rejects.toMatchObject({
        code: 'build/no-livepatch',
      })
    }))

  test('another compiler than the tree’s is found before anything is compared, and named', () =>
    inFolder(async folder => {
      make(tinyXen(join(folder, 'tree')), `CC=${otherCompiler(folder)}`)
      chmodSync(join(folder, 'bin/cc-here'), 0o755)
      writeFiles(folder, { 'bin/cc-here': '#!/bin/sh\nexec gcc "$@"\n' })
      const opening = open(join(folder, 'tree'), join(folder, 'cache'))
      await expect(opening).rejects.toMatchObject({
        code: 'build/other-compiler',
        message: expect.stringMatching(/GCC: \(Other\) 99.*GCC: \(/s),
      })
    }))

  test('a compiler that is not here is named, with the package that has it', () =>
    inFolder(async folder => {
      const tree = tinyXen(join(folder, 'tree'))
      make(tree)
      for (const name of ['.one.o.cmd', '.two.o.cmd', 'compat/.one.o.cmd']) {
        const path = join(tree, 'xen/common', name)
        writeFileSync(path, readFileSync(path, 'utf8').replace(':= gcc ', ':= gcc-99 '))
      }
      await expect(open(tree, join(folder, 'cache'))).rejects.toMatchObject({
        code: 'build/no-compiler',
        hint: expect.stringContaining('package gcc-99'),
      })
    }))
})

function sectionsOf(object: Uint8Array | undefined) {
  return readElf(object ?? new Uint8Array())
    .sections.filter(({ flags }) => (flags & 2) !== 0)
    .map(({ name, bytes }) => [name, Buffer.from(bytes).toString('hex')])
}

/** A compiler whose objects say that another one made them. */
function otherCompiler(folder: string): string {
  writeFiles(folder, {
    'bin/cc-here':
      '#!/bin/sh\ngcc "$@" || exit\nfor last; do case $last in *.tmp) o=$last ;; esac; done\n[ -z "$o" ] || { printf "\\0GCC: (Other) 99\\0" > "$o.c" && objcopy --update-section .comment="$o.c" "$o" && rm "$o.c"; }\n',
  })
  chmodSync(join(folder, 'bin/cc-here'), 0o755)
  return join(folder, 'bin/cc-here')
}
