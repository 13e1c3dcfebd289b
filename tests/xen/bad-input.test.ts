/** Bad input ends with exit 1, its code, and no payload; the JSON that was asked for is there. */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sampled } from '../support/sampled.ts'
import { allCases } from './cases/all.ts'
import { buildPayload, hotsplice } from './command.ts'
import { patchText } from './edits.ts'
import { readObject } from './oracle/binutils.ts'
import { copyTree, missingFor, toBuildXen, xenTree } from './tree.ts'

const missing = missingFor(...toBuildXen)

describe.skipIf(missing !== '')(`bad input ${missing}`, () => {
  let folder = ''
  let patch = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplice-bad-'))
    patch = join(folder, 'fix.patch')
    writeFileSync(
      patch,
      patchText(xenTree('source'), allCases.find(one => one.name === 'cold-part')?.edits ?? []),
      'latin1',
    )
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  /** A copy of the built tree in which one file's text is another. */
  const changedTree = (name: string, file: string, change: (text: string) => string): string => {
    const tree = join(folder, name)
    copyTree(xenTree('release'), tree)
    const text = readFileSync(join(tree, file), 'utf8')
    expect(change(text)).not.toBe(text)
    writeFileSync(join(tree, file), change(text))
    return tree
  }

  /** A PATH with every program of the machine's but `gcc`, which is `script` or nothing. */
  const pathWithGcc = (name: string, script: string | undefined): string => {
    const place = join(folder, name)
    mkdirSync(place)
    for (const from of ['/usr/bin', '/bin']) {
      for (const program of readdirSync(from)) {
        if (!/gcc|^cc$/.test(program) && !existsSync(join(place, program)))
          symlinkSync(join(from, program), join(place, program))
      }
    }
    if (script !== undefined) {
      writeFileSync(join(place, 'gcc'), script)
      chmodSync(join(place, 'gcc'), 0o755)
    }
    return place
  }

  async function fails(code: string, request: { tree?: string; patch?: string; path?: string; more?: string[] }) {
    const place = mkdtempSync(join(folder, 'run-'))
    const env = {
      ...process.env,
      HOTSPLICE_CACHE: join(place, 'cache'),
      ...(request.path ? { PATH: request.path } : {}),
    }
    const { status, report, payload, stderr } = await buildPayload({
      tree: request.tree ?? xenTree('release'),
      patch: request.patch ?? patch,
      folder: place,
      env,
      ...(request.more ? { more: request.more } : {}),
    })
    expect(report, stderr).toMatchObject({ outcome: 'error', error: { code } })
    expect(status).toBe(1)
    expect(payload).toBeUndefined()
    expect(stderr).toContain(`[${code}]`)
    expect(stderr).toMatch(/\n {2}(hint|while): |\n {2}while /)
    return stderr
  }

  test('a patch that does not apply is named with its hunk and file', async () => {
    const other = join(folder, 'other.patch')
    writeFileSync(other, readFileSync(patch, 'latin1').replaceAll('\n ', '\n not there '), 'latin1')
    expect(await fails('source/hunk-failed', { patch: other })).toContain('xen/common/rangeset.c')
  })

  test('a patch that is none', async () => {
    const other = join(folder, 'none.patch')
    writeFileSync(other, 'hello\n')
    await fails('source/no-diff', { patch: other })
  })

  test('a tree without CONFIG_LIVEPATCH', async () => {
    const without = (text: string) => text.replace('CONFIG_LIVEPATCH=y\n', '')
    await fails('build/no-livepatch', { tree: changedTree('without', 'xen/include/config/auto.conf', without) })
  })

  test('an older Xen', async () => {
    const older = (text: string) => text.replace(/(XEN_SUBVERSION\s*=\s*)17/, '$116')
    expect(await fails('build/xen-too-old', { tree: changedTree('older', 'xen/Makefile', older) })).toContain('4.16')
  })

  test('a folder without a tree', async () => {
    await fails('build/no-tree', { tree: folder })
  })

  test('a tree that was not built', async () => {
    await fails('build/not-built', { tree: xenTree('source') })
  })

  test('a compiler that is not there', async () => {
    await fails('build/no-compiler', { path: pathWithGcc('no-gcc', undefined) })
  })

  test('another compiler than the tree’s', async () => {
    const real = spawnSync('which', ['gcc'], { encoding: 'utf8' }).stdout.trim()
    const header = join(folder, 'ident.h')
    writeFileSync(header, '__asm__(".ident \\"GCC: (Other) 11.2.0\\"");\n')
    const named = `#!/bin/sh\nexec ${real} -fno-ident -include ${header} "$@"\n`
    const words = await fails('build/other-compiler', { path: pathWithGcc('other-gcc', named) })
    expect(words).toContain('GCC: (Other) 11.2.0')
    const nameless = `#!/bin/sh\nexec ${real} -fno-ident "$@"\n`
    await fails('build/other-compiler', { path: pathWithGcc('nameless-gcc', nameless) })
  })

  test('a compile error shows the compiler’s own words', async () => {
    const broken = join(folder, 'broken.patch')
    const edit = { file: 'xen/common/version.c', find: 'return XEN_EXTRAVERSION;', put: 'return no_such_thing;' }
    writeFileSync(broken, patchText(xenTree('source'), [edit]), 'latin1')
    const words = await fails('build/compile-failed', { patch: broken })
    expect(words).toMatch(/common\/version\.c:\d+:\d+: error: .*no_such_thing/)
  })

  test('symbols that are no ELF file', async () => {
    expect(await fails('elf/not-elf', { more: ['--symbols', patch] })).toContain('fix.patch')
  })

  test('an object cut at every structure', { timeout: 300_000 }, async () => {
    const whole = readFileSync(join(xenTree('release'), 'xen/common/rangeset.o'))
    const cuts = cutsOf(join(xenTree('release'), 'xen/common/rangeset.o'), whole.length)
    expect(cuts.length).toBeGreaterThan(20)
    const cut = join(folder, 'cut.o')
    const good = join(folder, 'whole.o')
    writeFileSync(good, whole)
    for (const length of sampled(cuts)) {
      writeFileSync(cut, whole.subarray(0, length))
      const { status, stderr } = await hotsplice(['diff', good, cut])
      expect({ length, status, stderr }).toMatchObject({ status: 1, stderr: expect.stringMatching(/\[elf\/[a-z-]+\]/) })
    }
  })
})

/** Inside the header, at and inside the first and last sections of each type, and inside the table of sections. */
function cutsOf(file: string, length: number): number[] {
  const { sections } = readObject(file)
  const tableStart = Math.max(...sections.map(({ start, bytes }) => start + bytes.length))
  const ofType = [...new Set(sections.map(({ type }) => type))].flatMap(type => {
    const some = sections.filter(section => section.type === type && section.bytes.length > 0)
    return [some[0], some.at(-1)].flatMap(section =>
      section ? [section.start, section.start + 1, section.start + section.bytes.length - 1] : [],
    )
  })
  const inTable = [
    tableStart,
    tableStart + 63,
    tableStart + 64,
    Math.floor((tableStart + length) / 2),
    length - 64,
    length - 1,
  ]
  return [...new Set([0, 3, 4, 16, 40, 63, 64, ...ofType, ...inTable])].sort((a, b) => a - b)
}
