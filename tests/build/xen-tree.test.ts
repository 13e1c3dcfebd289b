/** The build stage on the real Xen, as its own build left it. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readElf } from '../../src/elf/index.ts'
import { takeApart } from '../../src/trees/command.ts'
import { haveSameContent } from '../../src/trees/fresh.ts'
import {
  affectedUnits,
  buildPairs,
  compileUnits,
  originalObject,
  overlayOf,
  probe,
  quiet,
  type Tree,
  type Unit,
} from '../../src/trees/index.ts'
import { openTree } from '../support/opened.ts'
import { sampled } from '../support/sampled.ts'
import { missingFor, toBuildXen, xenTree } from '../xen/tree.ts'
import { changeOf, checksums, edit, open } from './support.ts'

const missing = missingFor(...toBuildXen)

/** One of each kind: plain, compiled twice, with a parent folder's header, from a linked source, copied for boot, a library's. */
const SAMPLE = [
  'common/livepatch.o',
  'common/compat/kernel.o',
  'drivers/passthrough/vtd/x86/ats.o',
  'arch/x86/efi/runtime.o',
  'arch/x86/dmi_scan.o',
  'common/libelf/libelf-dominfo.o',
  'lib/memcpy.o',
  'arch/x86/usercopy.o',
]

describe.skipIf(missing !== '')(`Debian's Xen, built (${missing || 'everything is here'})`, () => {
  let place = ''
  let cache = ''
  let before = ''
  let tree: Tree

  beforeAll(async () => {
    place = xenTree('release')
    cache = mkdtempSync(join(tmpdir(), 'hotsplice-xen-'))
    before = checksums(join(place, 'xen'))
    tree = await open(place, cache)
  })

  afterAll(() => {
    rmSync(cache, { recursive: true, force: true })
    expect(checksums(join(place, 'xen'))).toBe(before)
  })

  const unitOf = (name: string): Unit => {
    const unit = tree.units.find(each => each.unit === name)
    if (unit === undefined) throw new Error(`no unit ${name}`)
    return unit
  }

  test('the facts are those of the build', () => {
    expect(tree.facts).toMatchObject({
      kind: 'xen',
      version: '4.17',
      compiler: 'gcc',
      symbols: join(place, 'xen/xen-syms'),
    })
    expect(tree.facts.config.get('LIVEPATCH')).toBe('y')
    expect(tree.notices).toEqual([])
  })

  test('every unit’s command can be read, names its own source, and has an output', () => {
    expect(tree.units.length).toBeGreaterThan(350)
    for (const unit of tree.units) {
      const { compiler, options, output, launcher } = takeApart(unit.command)
      expect([compiler, launcher]).toEqual(['gcc', []])
      expect(options.at(-2)).toBe('-c')
      expect(output).toMatch(/\.o(\.tmp)?$/)
      expect(tree.reader.read(unit.dependencies[0] ?? '')).toBe(
        readFileSync(join(unit.folder, options.at(-1) ?? ''), 'latin1'),
      )
      expect(options.filter(option => /^-M/.test(option))).toEqual([])
    }
  })

  test('every object of the image comes from a known unit', () => {
    const files = execFileSync('nm', ['-a', 'prelink.o'], {
      cwd: join(place, 'xen'),
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    })
    const named = new Set([...files.matchAll(/ a (\S+\.c)$/gm)].map(([, name]) => name))
    const compiled = tree.units.filter(({ role, language }) => role !== 'embedded' && language === 'c')
    const sources = new Set(compiled.map(({ source }) => source))
    expect([...named].filter(name => name !== undefined && !sources.has(name))).toEqual([])
    const absent = compiled.filter(({ source }) => !named.has(source))
    expect(absent.map(({ role }) => role)).toEqual(absent.map(() => 'archived'))
    expect(absent.map(({ unit }) => unit)).toContain('lib/memcpy.o')
    const embedded = tree.units.filter(({ role }) => role === 'embedded').map(({ unit }) => unit)
    expect(embedded).toEqual([
      'arch/x86/boot/cmdline.o',
      'arch/x86/boot/reloc.o',
      'arch/x86/efi/relocs-dummy.o',
      'common/symbols-dummy.o',
    ])
  })

  test('unpatched texts give the tree’s own objects, but for the FILE symbol', async () => {
    const requests = SAMPLE.map(name => ({ unit: unitOf(name), overlay: new Map(), label: 'original' }))
    const compiled = await compileUnits(tree, requests)
    for (const { unit, object } of compiled) {
      const original = await originalObject(tree, unit)
      expect(haveSameContent(original, object), unit.unit).toBe(true)
    }
    // The comparison itself is not blind, and objcopy, as Xen's build runs it, makes one byte for byte from the other.
    const [first, second] = compiled
    expect(haveSameContent(first?.object ?? new Uint8Array(), second?.object ?? new Uint8Array())).toBe(false)
    const renamed = join(cache, 'renamed.o')
    writeFileSync(renamed, first?.object ?? '')
    execFileSync('objcopy', ['--redefine-sym', 'livepatch.c=common/livepatch.c', renamed])
    expect(Buffer.compare(readFileSync(renamed), readFileSync(join(place, 'xen/common/livepatch.o')))).toBe(0)
  })

  test('a source that is compiled twice concerns both units, and the patched text reaches both', async () => {
    const change = edit(tree, 'xen/common/multicall.c', 'int              rc = 0;', 'int              rc = 0x1234;')
    const affected = await affectedUnits(tree, change)
    expect(affected.affected.map(({ unit }) => unit.unit)).toEqual(['common/compat/multicall.o', 'common/multicall.o'])
    const pairs = await buildPairs(tree, affected.affected, overlayOf(change, affected))
    expect(pairs.map(({ fileSymbol }) => fileSymbol)).toEqual(['common/compat/multicall.c', 'common/multicall.c'])
    const again = await buildPairs(tree, affected.affected, overlayOf(change, affected))
    expect(again.map(({ cached, compileTime }) => [cached, compileTime])).toEqual([
      [true, 0],
      [true, 0],
    ])
    expect(again.map(({ patched }) => patched)).toEqual(pairs.map(({ patched }) => patched))
  })

  test('a member of lib.a that the linker did not want concerns nobody', async () => {
    const { affected, notices } = await affectedUnits(
      tree,
      edit(tree, 'xen/lib/memcpy.c', '#include', 'int more;\n#include'),
    )
    expect([affected, notices.map(({ code }) => code)]).toEqual([[], ['not-linked']])
    const wanted = await affectedUnits(tree, edit(tree, 'xen/lib/ctype.c', '#include', 'int more;\n#include'))
    expect(wanted.affected.map(({ unit }) => unit.unit)).toEqual(['lib/ctype.o'])
  })

  test('a header concerns exactly the units whose preprocessed text names it', async () => {
    const change = edit(tree, 'xen/include/xen/sched.h', '#ifndef', '\n#ifndef')
    const affected = await affectedUnits(tree, change)
    const found = execFileSync('grep', ['-rlE', '--include=.*.o.cmd', '^  (.*/)?include/xen/sched\\.h ', '.'], {
      cwd: join(place, 'xen'),
      encoding: 'utf8',
    })
    const oracle = found
      .trim()
      .split('\n')
      .map(path => path.replace(/^\.\//, '').replace(/\.([^/]+)\.cmd$/, '$1'))
    const dependents = await tree.dependents(new Set(['xen/include/xen/sched.h']), tree.run)
    expect(dependents.map(({ unit }) => unit.unit)).toEqual(oracle.sort())
    expect(affected.affected.length).toBeGreaterThan(200)
    expect(affected.refusals).toEqual([])
  })

  test('a macro that moves a member of struct vcpu changes asm-offsets.h, and with it assembly', async () => {
    const change = edit(
      tree,
      'xen/include/xen/sched.h',
      'struct vcpu\n{',
      'struct vcpu\n{\n    unsigned long hotsplice;',
    )
    const affected = await affectedUnits(tree, change)
    expect([...affected.generated.keys()]).toEqual(['xen/arch/x86/include/asm/asm-offsets.h'])
    const assembly = affected.affected.filter(({ unit }) => unit.language === 'assembly').map(({ unit }) => unit.unit)
    expect(assembly).toContain('arch/x86/x86_64/entry.o')
    const lines = edit(tree, 'xen/include/xen/sched.h', 'struct vcpu\n{', '\n\nstruct vcpu\n{')
    const moved = await affectedUnits(tree, lines)
    expect(moved.generated.size).toBe(0)
    expect(moved.affected.filter(({ unit }) => unit.language === 'assembly')).toEqual([])
  })

  test('a public structure changes its compat header, made as the build makes it', async () => {
    const change = edit(
      tree,
      'xen/include/public/nmi.h',
      'struct xennmi_callback {',
      'struct xennmi_callback {\n    unsigned long hotsplice;',
    )
    const affected = await affectedUnits(tree, change)
    expect(affected.refusals).toEqual([])
    expect(affected.generated.get('xen/include/compat/nmi.h')).toContain('unsigned int hotsplice;')
    const comment = edit(
      tree,
      'xen/include/public/nmi.h',
      'struct xennmi_callback {',
      '/* A comment. */\nstruct xennmi_callback {',
    )
    expect((await affectedUnits(tree, comment)).generated.size).toBe(0)
  })

  test.for([
    ...sampled([
      {
        name: 'boot code',
        path: 'xen/arch/x86/boot/cmdline.c',
        from: 'return',
        to: 'return 1 +',
        codes: ['boot-code'],
      },
      {
        name: 'the linker script',
        path: 'xen/arch/x86/xen.lds.S',
        from: '*(.text)',
        to: '*(.text) *(.hotsplice)',
        codes: ['linker-script', 'linker-script'],
      },
      {
        name: 'a script of the build',
        path: 'xen/tools/symbols.c',
        from: '#include',
        to: '#include "x.h"\n#include',
        codes: ['build-tool'],
      },
    ]),
  ])('a change of $name is refused by name', async ({ path, from, to, codes }) => {
    const { affected, refusals } = await affectedUnits(tree, edit(tree, path, from, to))
    expect(refusals.map(({ code }) => code)).toEqual(codes)
    expect(affected).toEqual([])
  })

  test.for([
    ...sampled([
      {
        name: 'nothing of it',
        from: 'VIDEO_RECALC        0x8000',
        to: 'VIDEO_RECALC        0x08000',
        left: [],
        refused: [],
      },
      {
        // But the trampoline in head.o is copied to where it stays.
        name: 'only what is gone by now, and what may stay',
        from: 'VIDEO_80x60         0x0f07',
        to: 'VIDEO_80x60         0x0f09',
        left: ['arch/x86/boot/cmdline.o'],
        refused: ['boot-code'],
      },
    ]),
  ])('a header that boot code reads, and that changes $name', async ({ from, to, left, refused }) => {
    const { affected, refusals, notices } = await affectedUnits(tree, edit(tree, 'xen/arch/x86/boot/video.h', from, to))
    expect(refusals.map(({ code }) => code)).toEqual(refused)
    expect(notices.map(({ code, text }) => [code, text.split(' ')[0]])).toEqual(
      left.map(unit => ['boot-code-left', unit]),
    )
    expect(affected.map(({ unit }) => unit.unit)).toEqual(['arch/x86/setup.o'])
  })

  const option = (name: string, lines: string) => `config ${name}\n\tbool "hotsplice"\n${lines}\nconfig GRANT_TABLE\n`
  test.for([
    ...sampled([
      { name: 'a help text', path: 'xen/common/Kconfig', from: '\thelp\n', to: '\thelp\n\t  A line more.\n\n' },
      {
        name: 'a new option that stays off',
        path: 'xen/common/Kconfig',
        from: 'config GRANT_TABLE\n',
        to: option('X', ''),
      },
      {
        name: 'the default of what is configured otherwise',
        path: 'xen/common/Kconfig',
        from: 'config LIVEPATCH\n',
        to: 'config LIVEPATCH\n\tdefault n\n',
      },
    ]),
  ])('$name in a Kconfig changes nothing, and that is said', async ({ path, from, to }) => {
    const { affected, notices, refusals } = await affectedUnits(tree, edit(tree, path, from, to))
    expect([affected, refusals]).toEqual([[], []])
    expect(notices).toEqual([{ code: 'kconfig-edit', text: expect.stringContaining('no value of this configuration') }])
  })

  test.for([
    ...sampled([
      { name: 'a new option that is on', to: option('X', '\tdefault y\n'), says: 'CONFIG_X is y where it is not set' },
      {
        name: 'an option that selects another',
        to: option('X', '\tdefault y\n\tselect COVERAGE\n'),
        says: 'CONFIG_COVERAGE is y',
      },
      { name: 'a mistake', to: 'configg\nconfig GRANT_TABLE\n', says: 'could not be asked: kconfig ended with 1' },
    ]),
  ])('$name in a Kconfig is refused, with what it does', async ({ to, says }) => {
    const { affected, refusals } = await affectedUnits(
      tree,
      edit(tree, 'xen/common/Kconfig', 'config GRANT_TABLE\n', to),
    )
    expect(affected).toEqual([])
    expect(refusals).toMatchObject([
      { code: 'kconfig-edit', file: 'xen/common/Kconfig', text: expect.stringContaining(says) },
    ])
  })

  test('a comment in boot code, and documents, are no part of what runs', async () => {
    const boot = await affectedUnits(
      tree,
      edit(tree, 'xen/arch/x86/boot/head.S', '#include', '/* A comment. */\n#include'),
    )
    expect([boot.affected, boot.refusals]).toEqual([[], []])
    const aside = await affectedUnits(tree, changeOf(tree, { 'docs/misc/new.md': 'x', 'xen/arch/arm/domain.c': 'x' }))
    expect([aside.affected, aside.refusals]).toEqual([[], []])
    expect(aside.notices.map(({ code }) => code).sort()).toEqual(['not-hypervisor', 'other-architecture'])
  })

  test('a new source in a Makefile’s list is compiled as its siblings are', async () => {
    const list = tree.reader.read('xen/common/Makefile') ?? ''
    const change = changeOf(tree, {
      'xen/common/Makefile': list.replace('obj-y += timer.o\n', 'obj-y += timer.o\nobj-y += hotsplice.o\n'),
      'xen/common/hotsplice.c': '#include <xen/lib.h>\nint hotsplice(void) { printk("new\\n"); return 1; }\n',
    })
    const affected = await affectedUnits(tree, change)
    expect(affected.refusals).toEqual([])
    const [pair] = await buildPairs(tree, affected.affected, overlayOf(change, affected))
    expect(pair).toMatchObject({ unit: 'common/hotsplice.o', fileSymbol: 'common/hotsplice.c', original: undefined })
    const built = execFileSync('sed', ['-n', 's/^cmd_.* := //p', 'common/.timer.o.cmd'], {
      cwd: join(place, 'xen'),
      encoding: 'utf8',
    })
    const words = takeApart(built.trim().replaceAll("'", '').replaceAll('timer', 'hotsplice').split(/\s+/))
    expect(takeApart(pair?.command ?? []).options).toEqual(words.options)
  })

  test('a probe answers with the unit’s own flags', async () => {
    const object = readElf(
      await probe(tree, unitOf('common/domain.o'), '#include <xen/sched.h>\nchar size[sizeof(struct domain)];\n'),
    )
    expect(object.symbols.find(({ name }) => name === 'size')?.size).toBeGreaterThan(256)
  })

  test('words of a failed compile are the compiler’s, with paths of the tree', async () => {
    const change = edit(tree, 'xen/common/time.c', '#include', '#error hotsplice\n#include')
    const affected = await affectedUnits(tree, change)
    const building = buildPairs(tree, affected.affected, overlayOf(change, affected))
    await expect(building).rejects.toMatchObject({
      code: 'build/compile-failed',
      message: expect.stringMatching(/^common\/time\.c:\d+:2: error: #error hotsplice$/m),
    })
  })

  test('stopping in the middle of 300 units leaves nothing behind', async () => {
    const stop = new AbortController()
    const stoppable = await openTree({
      tree: place,
      target: 'xen',
      jobs: 2,
      progress: quiet,
      cacheFolder: cache,
      signal: stop.signal,
    })
    const change = edit(stoppable, 'xen/include/xen/sched.h', '#ifndef', '\n\n\n#ifndef')
    const affected = await affectedUnits(stoppable, change)
    const building = buildPairs(stoppable, affected.affected, overlayOf(change, affected))
    setTimeout(() => stop.abort(), 2000)
    await expect(building).rejects.toMatchObject({ code: 'build/interrupted' })
    expect(execFileSync('ls', [join(cache, 'private')], { encoding: 'utf8' })).toBe('')
  })
})
