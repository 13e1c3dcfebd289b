/**
 * Our reader, dump and writer on every object of Xen's tree, judged by readelf and objdump.
 * A wrong field anywhere shows as a line that differs.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildIdOf, type ElfObject, readElf, toNewObject, writeElf } from '../../src/elf/index.ts'
import { XEN } from '../../src/loaders/xen/xen.ts'
import { pieceMap } from '../../src/pieces/pieces.ts'
import { missingFor, toBuildXen, xenTree } from '../xen/tree.ts'
import { elfFiles, firstDifference, objdumpBytes, objdumpSections, ourSections, readelf, run } from './binutils.ts'
import { notPadding } from './padding.ts'

const missing = missingFor(...toBuildXen)
const MINUTES = 60_000

describe.skipIf(missing !== '')(`every object of Xen's tree${missing && ` (skipped: ${missing})`}`, () => {
  let folder = ''
  let files: readonly string[] = []
  let objects: ReadonlyMap<string, ElfObject<'original'>> = new Map()

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplice-oracle-'))
    const tree = join(xenTree('release'), 'xen')
    files = elfFiles(tree, '.o')
    objects = new Map(files.map(file => [file, readElf<'original'>(readFileSync(file))]))
  }, 20 * MINUTES)

  afterAll(() => rmSync(folder, { recursive: true, force: true }), MINUTES)

  test('there are hundreds of them', () => {
    expect(files.length).toBeGreaterThan(400)
  })

  test('header, sections, groups, relocations and symbols are what readelf prints', { timeout: 2 * MINUTES }, () => {
    const { text } = readelf(files)
    expect(wrong(files, file => firstDifference(read(objects, file), text.get(file) ?? ''))).toEqual([])
  })

  test('sections are where objdump sees them', { timeout: 2 * MINUTES }, () => {
    const theirs = objdumpSections(files)
    expect(theirs.size).toBe(files.length)
    const differs = (file: string) => !isDeepStrictEqual(ourSections(read(objects, file)), theirs.get(file))
    expect(files.filter(differs)).toEqual([])
  })

  test('the bytes of common/domain.o are those that objdump prints', () => {
    const file = files.find(name => name.endsWith('/common/domain.o')) ?? ''
    const theirs = objdumpBytes(file)
    expect(theirs.size).toBeGreaterThan(50)
    for (const { name, bytes, type } of read(objects, file).sections) {
      // objdump leaves the tables of the format out, and prints nothing for what is empty.
      if ([2, 3, 4].includes(type) || bytes.length === 0) continue
      expect([name, theirs.get(name)]).toEqual([name, Buffer.from(bytes).toString('hex')])
    }
  })

  test('what is called padding is nop, int3 or zero to objdump, and has no relocation', {
    timeout: 5 * MINUTES,
  }, () => {
    const claims = new Map(
      files.flatMap(file => {
        const map = pieceMap(read(objects, file), { loader: XEN })
        const ranges = map.padding.map(({ section, offset, size }) => ({
          section: map.object.sections[section]?.name ?? '',
          offset,
          size,
        }))
        return ranges.length === 0 ? [] : [[file, ranges] as const]
      }),
    )
    expect(claims.size).toBeGreaterThan(100)
    expect([...claims.values()].flat().length).toBeGreaterThan(500)
    expect(notPadding(claims).slice(0, 5)).toEqual([])
  })

  test('read and written again, each has the same parts', { timeout: 2 * MINUTES }, () => {
    const changed = files.filter(file => {
      const before = toNewObject(read(objects, file))
      const bytes = writeElf(before)
      writeFileSync(rewritten(folder, files, file), bytes)
      return !isDeepStrictEqual(toNewObject(readElf(bytes)), before)
    })
    expect(changed).toEqual([])
  })

  test('readelf reads what was written without a warning, and prints what we print', { timeout: 2 * MINUTES }, () => {
    const written = files.map(file => rewritten(folder, files, file))
    const { text, stderr } = readelf(written)
    expect(stderr).toBe('')
    expect(run('readelf', ['-nuVW', ...written]).stderr).toBe('')
    expect(wrong(written, file => firstDifference(readElf(readFileSync(file)), text.get(file) ?? ''))).toEqual([])
  })

  test('the hypervisor itself, linked, is what readelf prints', () => {
    const file = join(xenTree('release'), 'xen', 'xen-syms')
    const elf = readElf(readFileSync(file))
    const { text } = readelf([file])
    expect(firstDifference(elf, text.get(file) ?? '')).toBeUndefined()
    expect(run('readelf', ['-n', file]).stdout).toContain(Buffer.from(buildIdOf(elf) ?? []).toString('hex'))
    expect(buildIdOf(elf)).toHaveLength(20)
  })

  test('the linker makes the same of what was written', { timeout: MINUTES }, () => {
    const file = files.find(name => name.endsWith('/common/domain.o')) ?? ''
    const [before, after] = [file, rewritten(folder, files, file)].map((input, index) => {
      const output = join(folder, `linked${index}.o`)
      expect(run('ld', ['-r', input, '-o', output]).stderr).toBe('')
      return run('objdump', ['-drw', output]).stdout.replace(output, '')
    })
    expect(before?.length).toBeGreaterThan(10_000)
    expect(after).toBe(before)
  })
})

function rewritten(folder: string, files: readonly string[], file: string): string {
  return join(folder, `${files.indexOf(file)}.o`)
}

function read(objects: ReadonlyMap<string, ElfObject<'original'>>, file: string): ElfObject<'original'> {
  const object = objects.get(file)
  if (object === undefined) throw new Error(`${file} was not read`)
  return object
}

/** The first few files for which `judge` finds something, with what it found. */
function wrong(files: readonly string[], judge: (file: string) => string | undefined): string[] {
  return files
    .flatMap(file => {
      const difference = judge(file)
      return difference === undefined ? [] : [`${file}: ${difference}`]
    })
    .slice(0, 5)
}
