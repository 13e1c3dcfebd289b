/** What the writer makes that no compiler made for us: readelf reads it without a warning, and prints what we print. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type NewObject, type NewSymbol, readElf, writeElf } from '../../src/elf/index.ts'
import { firstDifference, missingTool, readelf, run } from './binutils.ts'

const title = missingTool === undefined ? '' : ` (skipped: ${missingTool} is missing)`

describe.skipIf(missingTool !== undefined)(`readelf on what we wrote${title}`, () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplice-written-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test.for<{ name: string; object: NewObject }>([
    { name: 'nothing', object: { header: { machine: 62 }, sections: [], symbols: [] } },
    { name: 'an object for AArch64', object: arm() },
    { name: 'a group without relocations', object: grouped() },
    { name: 'more sections than 16 bits count', object: crowded(0xff10) },
    { name: 'just as many as 16 bits count', object: crowded(0xff00 - 5) },
    { name: 'one more', object: crowded(0xff00 - 4) },
  ])('$name', ({ object }) => {
    const file = join(folder, 'written.o')
    const bytes = writeElf(object)
    writeFileSync(file, bytes)
    const { text, stderr } = readelf([file])
    expect(stderr).toBe('')
    expect(run('readelf', ['-nuVW', file]).stderr).toBe('')
    expect(firstDifference(readElf(bytes), text.get(file) ?? '')).toBeUndefined()
  })
})

function arm(): NewObject {
  const bytes = Uint8Array.of(0, 0, 0, 0x94, 0xc0, 3, 0x5f, 0xd6)
  const relocations = [{ offset: 0, type: 283, symbol: 0, addend: 0n }]
  return {
    header: { machine: 183 },
    sections: [{ name: '.text.f', type: 1, flags: 6, alignment: 4, bytes, relocations }],
    symbols: [
      { name: 'g', kind: 'untyped', binding: 'global', place: { in: 'nowhere' }, size: 0 },
      { name: 'f', kind: 'function', binding: 'global', place: { in: 'section', section: 0, offset: 0 }, size: 8 },
      { name: '$x', kind: 'untyped', binding: 'local', place: { in: 'section', section: 0, offset: 0 }, size: 0 },
    ],
  }
}

function grouped(): NewObject {
  const text = { name: '.text.k', type: 1, flags: 6, alignment: 1, bytes: Uint8Array.of(0xc3) }
  const key: NewSymbol = {
    name: 'k',
    kind: 'function',
    binding: 'weak',
    place: { in: 'section', section: 0, offset: 0 },
    size: 1,
  }
  return {
    header: { machine: 62 },
    sections: [text],
    symbols: [key],
    groups: [{ signature: 0, flags: 1, members: [0] }],
  }
}

/** `count` sections, some with a symbol; the file has four more, or five with extended indices. */
function crowded(count: number): NewObject {
  const bytes = Uint8Array.of(0xc3)
  const indices = Array.from({ length: count }, (_, index) => index)
  return {
    header: { machine: 62 },
    sections: indices.map(index => ({ name: `.text.f${index % 100}`, type: 1, flags: 6, alignment: 1, bytes })),
    symbols: indices
      .filter(index => index % 100 === 0 || index > count - 20)
      .map(section => {
        const place = { in: 'section', section, offset: 0 } as const
        return { name: `f${section}`, kind: 'function', binding: 'global', place, size: 1 }
      }),
  }
}
