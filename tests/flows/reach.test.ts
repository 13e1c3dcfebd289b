/** Which units a build compiles, and what it says of the others, with and without --compile-all. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTwoFilesPatch } from 'diff'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { build } from '../../src/flows/build.ts'
import type { Way } from '../../src/lines/way.ts'
import { quiet } from '../../src/trees/index.ts'
import { compilesIn } from '../support/compiles.ts'
import { hasGcc, withoutGcc } from '../support/gcc.ts'

const HEADER = `/* What all read. */
#define LIMIT 10
struct item { int id, weight; };
int heavy(const struct item *item);
static inline int weight_of(const struct item *item) { return item->weight; }
`
const LINE = 'void report(int line);\n'
const FILES: Readonly<Record<string, string>> = {
  'item.h': HEADER,
  'one.c': '#include "item.h"\nint heavy(const struct item *item) { return weight_of(item) > 7; }\n',
  'two.c': '#include "item.h"\nint full(int n) { return n > LIMIT; }\n',
  'three.c': `#include "item.h"\n${LINE}int three(int n) { report(__LINE__); return n + 3; }\n`,
}

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-reach-'))
  for (const [file, text] of Object.entries(FILES)) writeFileSync(join(folder, file), text)
  const entries = ['one', 'two', 'three'].map(name => ({
    directory: folder,
    file: `${name}.c`,
    arguments: ['gcc', '-O2', '-fcf-protection=none', '-c', `${name}.c`, '-o', `${name}.o`],
  }))
  writeFileSync(join(folder, 'compile_commands.json'), JSON.stringify(entries))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Question {
  readonly from: string
  readonly to: string
  readonly lines?: Way
  readonly compileAll?: boolean
}

let count = 0

async function built({ from, to, lines = 'auto', compileAll = false }: Question) {
  const text = createTwoFilesPatch('a/item.h', 'b/item.h', HEADER, HEADER.replace(from, to))
  const cacheFolder = join(folder, `.cache-${count++}`)
  const { report, payload } = await build({
    tree: folder,
    target: 'process',
    lines,
    patches: [{ name: 'fix.patch', text }],
    output: 'fix.livepatch',
    version: '0',
    jobs: 2,
    progress: quiet,
    cacheFolder,
    compileAll,
  })
  const left = report.notCompared.filter(({ what }) => what === 'not-reached')
  const changed = report.functions.filter(({ verdict }) => verdict !== 'line-only').map(({ name }) => name)
  return { report, payload, left, changed, compiles: compilesIn(cacheFolder) }
}

const BODY = { from: 'return item->weight', to: 'return item->weight + 1' }

describe.skipIf(!hasGcc)(`units that cannot see what changes${withoutGcc}`, () => {
  test('the body of an inline function', async () => {
    const { report, payload, left, changed } = await built(BODY)
    expect(changed).toEqual(['heavy'])
    expect(left).toEqual([
      { unit: 'three.o', what: 'not-reached', text: 'does not use weight_of of item.h' },
      { unit: 'two.o', what: 'not-reached', text: 'does not use weight_of of item.h' },
    ])
    expect(report.notices.map(({ code }) => code)).toContain('not-reached')
    const all = await built({ ...BODY, compileAll: true })
    expect(all.left).toEqual([])
    expect(all.changed).toEqual(changed)
    expect(payload).toEqual(all.payload)
  })

  test('a macro', async () => {
    const { changed, left } = await built({ from: 'LIMIT 10', to: 'LIMIT 11' })
    expect(changed).toEqual(['full'])
    expect(left.map(({ unit }) => unit)).toEqual(['one.o', 'three.o'])
  })

  test('a type concerns everybody', async () => {
    const { left } = await built({ from: 'id, weight', to: 'weight, id' })
    expect(left).toEqual([])
  })

  test('a comment concerns nobody, and nothing is compiled', async () => {
    const { report, compiles, left } = await built({ from: 'What all read.', to: 'What everybody reads.' })
    expect(report.outcome).toBe('nothing-to-do')
    expect(left.map(({ unit }) => unit)).toEqual(['one.o', 'three.o', 'two.o'])
    expect(left[0]?.text).toBe('only comments and white space change in item.h')
    // What each unit reads, which no compiler was there to tell.
    expect(compiles).toBe(3)
  })

  test('lines that move are said not to have been looked at', async () => {
    const { left } = await built({ from: 'LIMIT 10\n', to: 'LIMIT 11\n\n' })
    expect(left.map(({ text }) => text)).toEqual([
      'does not use LIMIT of item.h; line numbers in it were not looked at',
      'does not use LIMIT of item.h; line numbers in it were not looked at',
    ])
  })

  test.for(['ignore', 'table'] as const)('nobody is left out where lines move, under %s', async lines => {
    const { left } = await built({ from: 'LIMIT 10\n', to: 'LIMIT 11\n\n', lines })
    expect(left).toEqual([])
  })
})
