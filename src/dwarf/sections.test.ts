/** Debug information that is compressed says what it says otherwise. */
import { describe, expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { type ElfObject, readElf } from '../elf/index.ts'
import { readLineSequences } from './line-rows.ts'
import { readDebugUnit } from './read.ts'
import { debugSections } from './sections.ts'

const functions = Array.from({ length: 40 }, (_, at) => `int f${at}(int x) { return x * ${at} + g; }\n`).join('')
const SOURCE = `int g;\n${functions}`
const FLAGS = ['-O2', '-g', '-gdwarf-5']
/** Each as the driver asks for it, and as the assembler is told: it knows one that gcc 12 does not pass on. */
const WAYS = ['-gz=zlib', '-gz=zlib-gnu', '-Wa,--compress-debug-sections=zlib', '-Wa,--compress-debug-sections=zstd']

/** A symbol and a relocation behind the end of what is left of its section. */
const MARKED = `${SOURCE}
__asm__(".pushsection .debug_more,\\"\\",@progbits\\n.fill 500, 1, 7\\nmark: .quad f1\\n.fill 100, 1, 7\\n.popsection");`

const read = (source: string, way: string) => readElf<'original'>(compile(source, [...FLAGS, way]))
const sectionOf = (object: ElfObject<'original'>, name: string) => {
  const found = object.sections.find(section => section.name === name || section.name === name.replace('.d', '.zd'))
  if (found === undefined) throw new Error(`no ${name}`)
  return found
}

const unit = (object: ElfObject<'original'>) => {
  const sections = debugSections(object)
  if (sections === undefined) throw new Error('no debug information')
  return readDebugUnit(sections)
}

describe.skipIf(!hasGcc)(`with gcc${withoutGcc}`, () => {
  test.for(WAYS)('%s: offsets count in the content', way => {
    const [plain, packed] = [read(MARKED, '-gz=none'), read(MARKED, way)]
    for (const name of ['.debug_info', '.debug_more']) {
      const [one, other] = [sectionOf(plain, name), sectionOf(packed, name)]
      expect(other.size).toBeLessThan(one.size)
      const offsets = (object: typeof plain, { id }: typeof one) => object.relocations[id]?.map(({ offset }) => offset)
      expect(offsets(packed, other)).toEqual(offsets(plain, one))
    }
    const place = packed.symbols.find(({ name }) => name === 'mark')?.place
    expect(place).toEqual({ in: 'section', section: sectionOf(packed, '.debug_more').id, offset: 500 })
  })

  test.for(WAYS.filter(way => !way.endsWith('zstd')))('%s: types and lines', way => {
    const [plain, packed] = [read(SOURCE, '-gz=none'), read(SOURCE, way)]
    expect(unit(packed)).toEqual(unit(plain))
    expect(unit(packed).functions).toHaveLength(40)
    const rows = (object: typeof plain) => readLineSequences(object).map(sequence => sequence.rows)
    expect(rows(packed)).toEqual(rows(plain))
    expect(rows(packed).flat()).not.toEqual([])
  })

  test('what this machine cannot unpack is told', () => {
    expect(() => debugSections(read(SOURCE, '-Wa,--compress-debug-sections=zstd'))).toThrow(
      /\.debug_info is compressed by method 2/,
    )
  })

  test('so is what does not unpack, or to another size than it says', () => {
    const object = read(SOURCE, '-gz=zlib')
    const { bytes } = sectionOf(object, '.debug_info')
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    const size = view.getBigUint64(8, true)
    for (const wrong of [size - 1n, size + 1n, 0n, 1n << 40n, (1n << 64n) - 1n]) {
      view.setBigUint64(8, wrong, true)
      expect(() => debugSections(object)).toThrow(/\.debug_info (?:is compressed, and|would have)/)
    }
    view.setBigUint64(8, size, true)
    bytes.fill(0xff, 40, 60)
    expect(() => debugSections(object)).toThrow(/\.debug_info is compressed, and damaged/)
  })

  test('an offset behind the content is an error as before', () => {
    const file = compile(MARKED, [...FLAGS, '-gz=zlib'])
    const { fileOffset } = sectionOf(readElf(file), '.debug_more')
    new DataView(file.buffer).setBigUint64(fileOffset + 8, 400n, true)
    expect(() => readElf(file)).toThrow(/500 to 500 of section .* which has 400 bytes/)
    const cut = compile(SOURCE, [...FLAGS, '-gz=zlib'])
    new DataView(cut.buffer).setBigUint64(sectionOf(readElf(cut), '.debug_info').fileOffset + 8, 12n, true)
    expect(() => readElf(cut)).toThrow(/a relocation at offset .* which has 12 bytes/)
  })
})
