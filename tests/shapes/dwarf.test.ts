/** Our reader of debug information against readelf, and against the compiler's own arithmetic. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { InputError } from '../../src/base/errors.ts'
import { type DebugUnit, debugSections, packSections, readDebugUnit, unpackSections } from '../../src/dwarf/index.ts'
import { readElf } from '../../src/elf/index.ts'
import { hasGcc } from '../support/gcc.ts'
import { FILES } from './support.ts'

const hasReadelf = spawnSync('readelf', ['--version']).status === 0
const title = hasGcc && hasReadelf ? '' : ' (gcc or readelf is missing)'

const MORE = `
struct bits { unsigned a : 3, b : 7; signed c : 5; long long d : 40; char e; unsigned f : 1; };
union both { long l; struct bits bits; char text[3][5]; };
struct __attribute__((packed)) tight { char c; long l; short s[2]; };
struct __attribute__((aligned(64))) wide { char c; };
enum big { SMALL = -1, LARGE = 1LL << 40 };
struct bits bits; union both both; struct tight tight; struct wide wide; enum big big;
int sizes[] = { sizeof(struct bits), sizeof(union both), sizeof(struct tight), sizeof(struct wide), sizeof(enum big),
  __builtin_offsetof(struct tight, l), __builtin_offsetof(struct tight, s), __builtin_offsetof(struct bits, e) };
`

describe.skipIf(title !== '')(`debug information${title}`, () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplice-dwarf-'))
    for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text)
    writeFileSync(join(folder, 'more.c'), `${FILES['one.c']}${MORE}`)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  function compiled(file: string, ...flags: string[]): Uint8Array {
    execFileSync('gcc', ['-O2', '-g', '-gdwarf-5', ...flags, '-c', file, '-o', 'out.o'], { cwd: folder })
    return new Uint8Array(readFileSync(join(folder, 'out.o')))
  }

  function read(object: Uint8Array): DebugUnit {
    const sections = debugSections(readElf<'original'>(object))
    if (sections === undefined) throw new Error('there is debug information')
    return readDebugUnit(unpackSections(packSections(sections)))
  }

  const shaped = (unit: DebugUnit) =>
    [...unit.types.values()].flatMap(type =>
      (type.kind === 'struct' || type.kind === 'union' || type.kind === 'enum') && !type.declared
        ? [`${type.kind} ${type.name ?? ''} ${type.size} ${type.place?.line}`]
        : [],
    )

  test.for(['one.c', 'two.c', 'more.c'])('%s: types, sizes and lines as readelf has them', file => {
    const unit = read(compiled(file))
    const text = execFileSync('readelf', ['--debug-dump=info', 'out.o'], { cwd: folder, encoding: 'utf8' })
    const entries = text.split(/^ <\d+><[0-9a-f]+>: /m).slice(1)
    const theirs = entries.flatMap(entry => {
      const kind = /DW_TAG_(structure|union|enumeration)_type/.exec(entry)?.[1]
      if (kind === undefined || entry.includes('DW_AT_declaration')) return []
      const value = (name: string) => new RegExp(`DW_AT_${name}\\s*: (?:\\(.*?\\): )?(\\w+)`).exec(entry)?.[1] ?? ''
      const word = { structure: 'struct', union: 'union', enumeration: 'enum' }[kind]
      return [`${word} ${value('name')} ${value('byte_size')} ${value('decl_line')}`]
    })
    expect(theirs.length).toBeGreaterThan(5)
    expect(shaped(unit).sort()).toEqual(theirs.sort())
  })

  test('what is written before optimisation says the same of every type', () => {
    const [plain, early] = [read(compiled('more.c')), read(compiled('more.c', '-flto', '-fno-fat-lto-objects'))]
    const names = (unit: DebugUnit) => unit.functions.filter(({ declared }) => !declared).map(({ name }) => name)
    expect([shaped(early).sort(), names(early).sort()]).toEqual([shaped(plain).sort(), names(plain).sort()])
  })

  test('bit-fields, packed and aligned structures lie where the compiler puts them', () => {
    const { types } = read(compiled('more.c'))
    const find = (name: string) => [...types.values()].find(type => 'name' in type && type.name === name)
    const placesOf = (name: string) => {
      const type = find(name)
      if (type?.kind !== 'struct') throw new Error(`${name} is a structure`)
      return type.members.map(({ name: member, bitOffset, bitSize }) => [member, bitOffset, bitSize])
    }
    expect(placesOf('tight')).toEqual([
      ['c', 0, undefined],
      ['l', 8, undefined],
      ['s', 72, undefined],
    ])
    expect(placesOf('bits').slice(0, 3)).toEqual([
      ['a', 0, 3],
      ['b', 3, 7],
      ['c', 10, 5],
    ])
    expect(find('wide')).toMatchObject({ size: 64, alignment: 64 })
    expect(find('big')).toMatchObject({
      signed: true,
      values: new Map([
        ['SMALL', -1n],
        ['LARGE', 1n << 40n],
      ]),
    })
  })

  test('whatever is damaged, the answer is a model or an input error', () => {
    const sections = debugSections(readElf<'original'>(compiled('more.c')))
    if (sections === undefined) throw new Error('there is debug information')
    fc.assert(
      fc.property(fc.constantFrom('info', 'abbrev', 'line'), fc.nat(), fc.nat(255), (name, at, value) => {
        const bytes = sections[name].slice()
        bytes[at % bytes.length] = value
        try {
          readDebugUnit({ ...sections, [name]: bytes })
        } catch (error) {
          if (!(error instanceof InputError)) throw error
        }
      }),
      { numRuns: 500, seed: 4 },
    )
  })
})
