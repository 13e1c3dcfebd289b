/** Every function of a payload has a symbol, so that a crash trace names it and not a neighbour. As readelf sees it. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readElf } from '../../src/elf/index.ts'
import { hasGcc, withoutGcc } from '../support/gcc.ts'
import { factLines, hasReadelf, optionsFor, payloadOf, type Source, selectSources, withoutReadelf } from './support.ts'

const HEAD = 'extern int out(int); extern void fail(int) __attribute__((cold));\n'
/** The call of what is cold goes to a part of its own, f.cold. */
const f = (first: string) => `int f(int x) { ${first} if (x == 7) fail(x); return x * 11 + out(x); }\n`
const g = (first: string) => `int g(int x) { ${first} if (x == 9) fail(x); return x * 13 + out(x); }\n`
/** Of a function of which gcc makes a clone: only one argument is ever given. */
const helper = `static __attribute__((noinline)) int helper(int a, int b) { return out(a + b) ^ out(a) ^ out(b * 3); }\n`

interface Code {
  readonly name: string
  readonly value: number
  readonly size: number
}

/** What lies in .text by readelf, in the order of the addresses, marks of the payload taken off. */
function codeOf(sources: readonly Source[], below: readonly string[] = []): { code: readonly Code[]; marks: string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-names-'))
  try {
    const file = join(folder, 'payload')
    writeFileSync(file, payloadOf(selectSources(sources, {}), { ...optionsFor(), taken: new Set(below) }).bytes)
    const text = execFileSync('readelf', ['-sSW', file], { encoding: 'utf8' })
    const section = /\[ *(\d+)\] \.text /.exec(text)?.[1]
    const row = /^ *\d+: ([0-9a-f]+) +(\d+) FUNC +(\w+) +\w+ +(\d+) (\S+)/gm
    const found = [...text.matchAll(row)].filter(match => match[4] === section)
    const code = found.map(([, value = '', size, , , name = '']) => ({
      name: name.replace(MARK, '#*'),
      value: Number.parseInt(value, 16),
      size: Number(size),
    }))
    const marks = found.flatMap(([, , , , , name = '']) => MARK.exec(name)?.[0] ?? [])
    return { code: code.toSorted((a, b) => a.value - b.value), marks }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const MARK = /#[0-9a-f]{8}$/
const names = (code: readonly Code[]) => code.map(({ name }) => name).toSorted()
const source = (before: string, after: string): Source => ({ before: HEAD + before, after: HEAD + after })
const isReady = hasGcc && hasReadelf
const without = `${withoutGcc}${withoutReadelf}`

test.skipIf(!isReady).for<{ name: string; sources: readonly Source[]; below?: string[]; has: readonly string[] }>([
  { name: 'a cold part', sources: [source(f(''), f('x++;'))], has: ['f', 'unit0.c#f.cold#*'] },
  {
    name: 'cold parts of two units',
    sources: [source(f(''), f('x++;')), source(g(''), g('x++;'))],
    has: ['f', 'g', 'unit0.c#f.cold#*', 'unit1.c#g.cold#*'],
  },
  {
    name: 'a new static function',
    sources: [source(f(''), helper + f('x = helper(x, x + 1);'))],
    has: ['f', 'unit0.c#f.cold#*', 'unit0.c#helper'],
  },
  {
    name: 'a clone of a new static function',
    sources: [source(f(''), helper + f('x = helper(x, 5) + helper(x + 1, 5);'))],
    has: ['f', 'unit0.c#f.cold#*', 'unit0.c#helper.constprop.0#*'],
  },
  {
    name: 'a new function whose name a payload below has',
    sources: [source(f(''), helper + f('x = helper(x, x + 1);'))],
    below: ['unit0.c#helper'],
    has: ['f', 'unit0.c#f.cold#*', 'unit0.c#helper#*'],
  },
])(`$name${without}`, ({ sources, below, has }) => {
  const { code, marks } = codeOf(sources, below)
  expect(names(code)).toEqual(has)
  // One mark for the payload, and no byte of code that a trace would give to a neighbour.
  expect(new Set(marks).size).toBe(1)
  code.forEach(({ value, size }, index) => {
    expect(size).toBeGreaterThan(0)
    const next = code[index + 1]?.value ?? value + size
    expect(next).toBeGreaterThanOrEqual(value + size)
  })
})

test.skipIf(!isReady)(
  `two payloads with the same part have other names for it, one payload always the same${without}`,
  () => {
    const one = source(f(''), f('x++;'))
    const other = source(f(''), f('x += 2;'))
    const marks = [one, one, other].map(each => codeOf([each]).marks.join())
    expect(marks[0]).toBe(marks[1])
    expect(marks[2]).not.toBe(marks[0])
  },
)

test.skipIf(!isReady)(`what is too long for the loader loses its file first${without}`, () => {
  const long = (name: string) => f('').replace('int f(', `int ${name}(`)
  const [fits, tooLong] = ['f'.repeat(105), 'f'.repeat(118)]
  const changed = (name: string) => source(long(name), long(name).replace('{ ', '{ x++; '))
  expect(names(codeOf([changed(fits)]).code)).toEqual([fits, `${fits}.cold#*`].toSorted())
  expect(names(codeOf([changed(tooLong)]).code)).toEqual([tooLong])
})

test.skipIf(!hasGcc)(`two new functions of one name have names that nobody asks for${withoutGcc}`, () => {
  const both = [source(f(''), helper + f('x = helper(x, x + 1);')), source(g(''), helper + g('x = helper(x, x + 1);'))]
  const selection = selectSources(both, {})
  const units = selection.units.map(unit => ({ ...unit, fileSymbol: 'same.c' }))
  const facts = factLines({ ...selection, units }, optionsFor())
  expect(facts.filter(fact => fact.includes('helper'))).toEqual(both.map(() => 'brings same.c#helper#MARK'))
})

test.skipIf(!isReady)(
  `a constant inside a function has no name: the running system has another one by it${without}`,
  () => {
    const table = (name: string, value: number) =>
      `static const int _ZZ1fvE1t${name}[4] = { ${value}, ${value}, 3, 7 };\n`
    const use = (...tables: readonly string[]) =>
      `int f(int x) { return ${tables.map(each => `_ZZ1fvE1t${each}[x & 3]`).join(' * ')}; }\n`
    const before = table('', 11) + table('_0', 12) + use('', '_0')
    const after = table('', 11) + table('_0', 13) + table('_1', 12) + use('', '_0', '_1')
    const { symbols } = readElf<'payload'>(payloadOf(selectSources([source(before, after)], {})).bytes)
    const defined = symbols.filter(({ name, place }) => place.in === 'section' && name.includes('_ZZ'))
    expect(defined.map(({ name }) => name)).toEqual([])
  },
)

test.skipIf(!isReady)(
  `a new variable that C++ has once has its name, so that a payload on top finds it${without}`,
  () => {
    const unique = 'int one = 7;\n__asm__(".type one, @gnu_unique_object");\n'
    const changed = source(f(''), unique + f('x += one++;'))
    const { symbols } = readElf<'payload'>(payloadOf(selectSources([changed], {})).bytes)
    const found = symbols.filter(({ name }) => name === 'one')
    expect(found.map(({ kind, binding, place }) => `${kind} ${binding} ${place.in}`)).toEqual(['object global section'])
  },
)
