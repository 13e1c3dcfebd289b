/** Whole trees, small enough to have one for each question: what is accepted, what is refused by name, what is compiled. */
import { execFileSync } from 'node:child_process'
import { chmodSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { readElf } from '../../src/elf/index.ts'
import { affectedUnits, buildPairs, compileUnits, overlayOf, quiet, type Tree } from '../../src/trees/index.ts'
import { openTree } from '../support/opened.ts'
import { missingFor } from '../xen/tree.ts'
import { built, changeOf, checksums, edit, fail, inFolder, make, open, textOf, tinyXen, writeFiles } from './support.ts'

const missing = missingFor('gcc', 'make', 'objcopy', 'ld')

const functionsOf = (object: Uint8Array | undefined) =>
  readElf(object ?? new Uint8Array())
    .symbols.filter(({ kind }) => kind === 'function')
    .map(({ name }) => name)
    .sort()

describe.skipIf(missing !== '')(`a tiny Xen (${missing || 'gcc and make are here'})`, () => {
  test('a header concerns what reads it, however it is spelled; a source compiled twice concerns both units', () =>
    inFolder(async folder => {
      const tree = await built(folder)
      const header = await affectedUnits(tree, edit(tree, 'xen/include/shared.h', '3', '4'))
      expect(header.affected.map(({ unit, because }) => [unit.unit, ...because])).toEqual([
        ['common/compat/one.o', 'xen/include/shared.h'],
        ['common/one.o', 'xen/include/shared.h'],
        ['common/two.o', 'xen/include/shared.h'],
      ])
      const source = await affectedUnits(tree, edit(tree, 'xen/common/one.c', 'x + ', 'x - '))
      expect(source.affected.map(({ unit }) => unit.unit)).toEqual(['common/compat/one.o', 'common/one.o'])
      expect([...header.refusals, ...source.refusals, ...source.notices]).toEqual([])
    }))

  test('both units are compiled from the patched text, also by way of ../; the tree is not written to', () =>
    inFolder(async folder => {
      const tree = await built(folder)
      const before = checksums(join(folder, 'tree'))
      const change = edit(tree, 'xen/common/one.c', 'x + SHARED', 'x - 77 * SHARED')
      const affected = await affectedUnits(tree, change)
      const pairs = await buildPairs(tree, affected.affected, overlayOf(change, affected))
      for (const { original, patched, cached } of pairs) {
        expect(cached).toBe(false)
        expect(patched).not.toEqual(original)
        expect(functionsOf(patched)).toEqual(functionsOf(original))
      }
      expect(pairs.map(({ fileSymbol }) => fileSymbol)).toEqual(['common/compat/one.c', 'common/one.c'])
      const header = edit(tree, 'xen/include/shared.h', '3', '5')
      const two = await buildPairs(tree, (await affectedUnits(tree, header)).affected, overlayOf(header, affected))
      expect(two.every(({ original, patched }) => textOf(original) !== textOf(patched))).toBe(true)
      expect(checksums(join(folder, 'tree'))).toBe(before)
      expect(readdirSync(join(folder, 'cache/private'))).toEqual([])
    }))

  test('no text is compiled twice, and a text that was seen before is still known', () =>
    inFolder(async folder => {
      const first = await built(folder)
      const overlay = (tree: Tree, value: string) =>
        overlayOf(edit(tree, 'xen/include/shared.h', '3', value), { generated: new Map(), renamed: new Map() })
      const requests = (tree: Tree, value: string) =>
        tree.units.map(unit => ({ unit, overlay: overlay(tree, value), label: 'patched' }))
      const compiled = await compileUnits(first, [...requests(first, '4'), ...requests(first, '5')])
      expect(compiled.every(({ cached }) => !cached)).toBe(true)
      const again = await open(join(folder, 'tree'), join(folder, 'cache'))
      const known = await compileUnits(again, [...requests(again, '4'), ...requests(again, '5')])
      expect(known.every(({ cached }) => cached)).toBe(true)
      expect(known.map(({ object }) => object)).toEqual(compiled.map(({ object }) => object))
      const fresh = await compileUnits(again, requests(again, '6'))
      expect(fresh.every(({ cached }) => !cached)).toBe(true)
    }))

  test('a header that appears where another is looked for first is not answered from the cache', () =>
    inFolder(async folder => {
      const tree = await built(folder)
      const [, one] = tree.units
      if (one === undefined) throw new Error('no unit')
      const compile = async (opened: Tree) =>
        (await compileUnits(opened, [{ unit: one, overlay: new Map(), label: 'original' }]))[0]
      expect((await compile(tree))?.cached).toBe(false)
      expect((await compile(tree))?.cached).toBe(true)
      const again = async () => (await compile(await open(join(folder, 'tree'), join(folder, 'cache'))))?.cached
      writeFiles(join(folder, 'tree'), { 'xen/include/other.h': '' })
      expect(await again()).toBe(false)
      expect(await again()).toBe(true)
      // CPLUS_INCLUDE_PATH and its like show in no command.
      vi.stubEnv('CPLUS_INCLUDE_PATH', join(folder, 'elsewhere'))
      expect(await again()).toBe(false)
      vi.unstubAllEnvs()
      expect(await again()).toBe(true)
    }))

  test('a compile that fails says so in the compiler’s own words, for every unit, with the user’s paths', () =>
    inFolder(async folder => {
      const tree = await built(folder)
      const change = edit(tree, 'xen/common/one.c', 'x + SHARED', 'x + MISSING')
      const affected = await affectedUnits(tree, change)
      const error: unknown = await buildPairs(tree, affected.affected, overlayOf(change, affected)).catch(
        (thrown: unknown) => thrown,
      )
      expect(error).toMatchObject({ code: 'build/compile-failed' })
      const words = error instanceof Error ? error.message : ''
      expect(words).toMatch(/^2 units do not compile/)
      expect(words).toContain('common/one.c:5:16: error: ‘MISSING’ undeclared'.replaceAll(/[‘’]/g, "'"))
      expect(words).toContain('common/compat/../one.c:5:16')
      expect(words).not.toContain('/private/')
    }))

  test('units come and go with the lists of a Makefile', () =>
    inFolder(async folder => {
      const tree = await built(folder)
      const list = tree.reader.read('xen/common/Makefile') ?? ''
      const change = changeOf(tree, {
        'xen/common/Makefile': `${list.replace('obj-y += two.o\n', '')}obj-y += new.o\nobj-$(CONFIG_NEVER) += never.o\n`,
        'xen/common/new.c': '#include "helper.h"\nint fresh(int x) { return HELPER(x); }\n',
        'xen/common/helper.h': '#define HELPER(x) ((x) << 4)\n',
        'xen/common/two.c': null,
      })
      const affected = await affectedUnits(tree, change)
      expect(affected.refusals).toEqual([])
      expect(affected.affected.map(({ unit, kind }) => [unit.unit, kind])).toEqual([
        ['common/new.o', 'new'],
        ['common/two.o', 'removed'],
      ])
      const pairs = await buildPairs(tree, affected.affected, overlayOf(change, affected))
      expect(
        pairs.map(({ fileSymbol, original, patched }) => [fileSymbol, original === undefined, patched === undefined]),
      ).toEqual([
        ['common/new.c', true, false],
        ['common/two.c', false, true],
      ])
      expect(functionsOf(pairs[0]?.patched)).toEqual(['fresh'])
      expect(pairs[0]?.command.join(' ')).toContain('-DLABEL=common/new.o -c common/new.c')
    }))

  test('a renamed source stays the unit it was, and keeps its __FILE__', () =>
    inFolder(async folder => {
      const tree = await built(folder)
      const list = tree.reader.read('xen/common/Makefile') ?? ''
      const text = (tree.reader.read('xen/common/one.c') ?? '').replace('x + ', '9 * x + ')
      const renames = { 'xen/common/uno.c': 'xen/common/one.c' }
      const change = changeOf(
        tree,
        {
          'xen/common/Makefile': list.replace('+= one.o', '+= uno.o'),
          'xen/common/uno.c': text,
          'xen/common/compat/one.c': '#define one compat_one\n#define where compat_where\n#include "../uno.c"\n',
        },
        renames,
      )
      const affected = await affectedUnits(tree, change)
      expect(affected.refusals).toEqual([])
      expect(affected.affected.map(({ unit, kind }) => [unit.unit, kind])).toEqual([
        ['common/compat/one.o', 'changed'],
        ['common/one.o', 'changed'],
      ])
      const pairs = await buildPairs(tree, affected.affected, overlayOf(change, affected))
      expect(textOf(pairs[1]?.patched)).toContain('common/one.c\0')
      expect(textOf(pairs[1]?.patched)).not.toContain('common/uno.c')
    }))

  test('every other edit of the build is refused by name, and what is no part of the image is not', () =>
    inFolder(async folder => {
      const tree = await built(folder, {
        'xen/common/strange.dat': 'x',
        'docs/page.md': 'x',
        'xen/arch/arm/a.c': 'x',
        'xen/common/part.inc': '',
        'xen/common/two.c': '__asm__(".include \\"common/part.inc\\"");\n',
      })
      const list = tree.reader.read('xen/common/Makefile') ?? ''
      const change = changeOf(tree, {
        'xen/common/Makefile': `${list}CFLAGS-y += -DFIX\n`,
        'xen/common/Kconfig': 'config NEW\n',
        'xen/Makefile': 'x',
        'xen/common/strange.dat': 'y',
        'docs/page.md': 'y',
        'xen/arch/arm/a.c': 'y',
        'xen/common/unused.c': 'int unused;\n',
        'xen/common/part.inc': 'first = 1\n',
      })
      const { affected, refusals, notices } = await affectedUnits(tree, change)
      expect(affected).toEqual([])
      expect(refusals.map(({ code, file }) => [code, file]).sort()).toEqual([
        ['kconfig-edit', 'xen/common/Kconfig'],
        ['makefile-edit', 'xen/Makefile'],
        ['makefile-edit', 'xen/common/Makefile'],
        // No unit of this tree lies below arch/, so it may be of any architecture.
        ['unknown-file', 'xen/arch/arm/a.c'],
        ['unknown-file', 'xen/common/part.inc'],
        ['unknown-file', 'xen/common/strange.dat'],
      ])
      expect(refusals.every(({ hint, text }) => hint !== '' && text !== '')).toBe(true)
      expect(notices.map(({ code }) => code).sort()).toEqual(['not-compiled', 'not-hypervisor'])
    }))

  test('a new header that a unit would now find first concerns that unit', () =>
    inFolder(async folder => {
      const tree = await built(folder)
      const { affected } = await affectedUnits(tree, changeOf(tree, { 'xen/common/shared.h': '#define SHARED 8\n' }))
      expect(affected.map(({ unit }) => unit.unit)).toEqual(['common/compat/one.o', 'common/one.o', 'common/two.o'])
    }))

  test('a source that comes is found wherever the tree would find it', () =>
    inFolder(async folder => {
      const tree = await built(folder, {
        'xen/include/pull.h': '#ifdef PULL\n#include "../common/come.c"\n#endif\n',
        'xen/include/ask.h': '#if __has_include("../common/come.c")\n#define COME 0x5555\n#endif\n',
      })
      const one = tree.units.find(({ unit }) => unit === 'common/one.o') ?? fail()
      const compile = async (text: string) => {
        const overlay = new Map([
          ['xen/common/one.c', `${text}\nint come(void) { return COME; }\n`],
          ['xen/common/come.c', '#define COME 0x1111\n'],
        ])
        return textOf((await compileUnits(tree, [{ unit: one, overlay, label: 'patched' }]))[0]?.object)
      }
      expect(await compile('#include "come.c"')).toContain('\x11\x11')
      expect(await compile('#include "../common/come.c"')).toContain('\x11\x11')
      expect(await compile('#define PULL\n#include <pull.h>')).toContain('\x11\x11')
      expect(await compile('#include <ask.h>')).toContain('\x55\x55')
    }))

  test('an include that nobody made before finds the file that the tree would find', () =>
    inFolder(async folder => {
      const files = { 'xen/common/extra.c': '#define EXTRA 0x1111\n', 'xen/include/extra.c': '#define EXTRA 0x2222\n' }
      const tree = await built(folder, files)
      const one = tree.units.find(({ unit }) => unit === 'common/one.o') ?? fail()
      const compile = async (text: string) => {
        const overlay = new Map([['xen/common/one.c', `${text}\nint extra(void) { return EXTRA; }\n`]])
        return textOf((await compileUnits(tree, [{ unit: one, overlay, label: 'patched' }]))[0]?.object)
      }
      expect(await compile('#include "extra.c"')).toContain('\x11\x11')
      expect(await compile('#include <extra.c>')).toContain('\x22\x22')
      expect(
        await compile('#if __has_include("extra.c")\n#define EXTRA 0x3333\n#else\n#define EXTRA 0x4444\n#endif'),
      ).toContain('\x33\x33')
    }))

  test('a patched header is found by a way round a folder that nobody took before', () =>
    inFolder(async folder => {
      const tree = await built(folder, { 'xen/other/deep/file.h': '' })
      const one = tree.units.find(({ unit }) => unit === 'common/one.o') ?? fail()
      const overlay = new Map([
        ['xen/include/shared.h', '#define SHARED 0x5555\n'],
        ['xen/common/one.c', '#include "../other/deep/../../include/shared.h"\nint one(void) { return SHARED; }\n'],
      ])
      const [compiled] = await compileUnits(tree, [{ unit: one, overlay, label: 'patched' }])
      expect(textOf(compiled?.object)).toContain('\x55\x55')
    }))

  test('two folders give the same bytes', () =>
    inFolder(async folder => {
      const objects: (Uint8Array | undefined)[] = []
      for (const name of ['a', 'a/much/longer/b']) {
        const place = join(folder, name)
        make(tinyXen(join(place, 'tree')))
        const tree = await open(join(place, 'tree'), join(place, 'cache'))
        const change = edit(tree, 'xen/common/one.c', 'x + ', '3 * x + ')
        const affected = await affectedUnits(tree, change)
        for (const pair of await buildPairs(tree, affected.affected, overlayOf(change, affected)))
          objects.push(pair.patched)
      }
      expect(objects.slice(0, 2)).toEqual(objects.slice(2))
    }))

  test('a launcher in front of the compiler runs', () =>
    inFolder(async folder => {
      writeFiles(folder, { 'bin/ccache': `#!/bin/sh\necho ran >> ${folder}/log\nexec "$@"\n` })
      chmodSync(join(folder, 'bin/ccache'), 0o755)
      const tree = tinyXen(join(folder, 'tree'))
      make(tree, `CC=${folder}/bin/ccache gcc`)
      const opened = await open(tree, join(folder, 'cache'))
      expect(opened.facts.compiler).toBe('gcc')
      const runs = () => readFileSync(join(folder, 'log'), 'utf8').length
      const before = runs()
      await compileUnits(opened, [{ unit: opened.units[0] ?? fail(), overlay: new Map(), label: 'original' }])
      expect(runs()).toBeGreaterThan(before)
    }))

  test('what an assembler reads counts too; where it cannot be asked, such texts are compiled each time', () =>
    inFolder(async folder => {
      const reading = '__asm__(".include \\"common/part.inc\\"");\nint read_by_assembler;\n'
      const files = { 'xen/common/two.c': reading, 'xen/common/part.inc': '.globl first\nfirst = 1\n' }
      writeFiles(folder, { 'bin/cc': '#!/bin/sh\ncase "$*" in *-Wa,--MD*) exit 1 ;; esac\nexec gcc "$@"\n' })
      chmodSync(join(folder, 'bin/cc'), 0o755)
      const cachedWith = async (compiler: string) => {
        const place = tinyXen(join(folder, compiler.replaceAll('/', '_')), files)
        make(place, `CC=${compiler}`)
        const request = (tree: Tree, unit: string) => ({
          unit: tree.units.find(each => each.unit === unit) ?? fail(),
          overlay: new Map(),
          label: 'original',
        })
        const names = ['common/one.o', 'common/two.o']
        const tree = await open(place, join(folder, 'cache'))
        await compileUnits(
          tree,
          names.map(name => request(tree, name)),
        )
        const same = (
          await compileUnits(
            tree,
            names.map(name => request(tree, name)),
          )
        ).map(({ cached }) => cached)
        writeFileSync(join(place, 'xen/common/part.inc'), '.globl second\nsecond = 1\n')
        const later = await open(place, join(folder, 'cache'))
        const [, two] = await compileUnits(
          later,
          names.map(name => request(later, name)),
        )
        expect(textOf(two?.object)).toContain('second')
        return same
      }
      expect(await cachedWith('gcc')).toEqual([true, true])
      expect(await cachedWith(`${folder}/bin/cc`)).toEqual([true, false])
    }))

  test('texts that were changed after the build are found out; only younger ones are not', () =>
    inFolder(async folder => {
      const tree = await built(folder)
      const path = join(folder, 'tree/xen/include/shared.h')
      const later = new Date(Date.now() + 10_000)
      utimesSync(path, later, later)
      const change = edit(tree, 'xen/common/two.c', '*', '+')
      const affected = await affectedUnits(tree, change)
      await expect(buildPairs(tree, affected.affected, overlayOf(change, affected))).resolves.toHaveLength(1)
      writeFileSync(path, '#define SHARED 13\n')
      utimesSync(path, later, later)
      const again = await open(join(folder, 'tree'), join(folder, 'cache'))
      await expect(buildPairs(again, affected.affected, overlayOf(change, affected))).rejects.toMatchObject({
        code: 'build/stale-object',
      })
    }))

  test('stopping kills the compilers, leaves no private folder, and writes nothing', () =>
    inFolder(async folder => {
      writeFiles(folder, { 'bin/slow': '#!/bin/sh\ncase "$*" in *one.c*) sleep 60 ;; esac\nexec gcc "$@"\n' })
      chmodSync(join(folder, 'bin/slow'), 0o755)
      const place = tinyXen(join(folder, 'tree'))
      make(place)
      const path = join(place, 'xen/common/.one.o.cmd')
      writeFileSync(path, readFileSync(path, 'utf8').replace(':= gcc ', `:= ${folder}/bin/slow `))
      const before = checksums(place)
      const stop = new AbortController()
      const tree = await openTree({
        tree: place,
        target: 'xen',
        jobs: 2,
        progress: quiet,
        cacheFolder: join(folder, 'cache'),
        signal: stop.signal,
      })
      const running = compileUnits(
        tree,
        tree.units.map(unit => ({
          unit,
          overlay: new Map([['xen/include/shared.h', '#define SHARED 6\n']]),
          label: 'patched',
        })),
      )
      setTimeout(() => stop.abort(), 1500)
      await expect(running).rejects.toMatchObject({ code: 'build/interrupted' })
      expect(readdirSync(join(folder, 'cache/private'))).toEqual([])
      expect(checksums(place)).toBe(before)
      const left = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).split('\n')
      expect(left.filter(line => line.includes(`${folder}/bin/slow`))).toEqual([])
    }))
})
