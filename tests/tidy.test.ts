/** The rules of the house. Each failure names the file, what is so, and what to do. */

import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { fileBreaches, functionBreaches, typeBreaches } from './tidy/budgets.ts'
import { circleBreaches, circlesIn } from './tidy/circles.ts'
import { documentBreaches, folderBreaches, type House, spanBreaches, termBreaches } from './tidy/documents.ts'
import { exportBreaches, exportsOf, unneeded } from './tidy/exports.ts'
import { findingBreaches } from './tidy/findings.ts'
import { headerBreaches, ruleBreaches } from './tidy/headers.ts'
import { importBreaches, placeBreaches, processBreaches, wrongImport } from './tidy/imports.ts'
import { kindBreaches, matches } from './tidy/kinds.ts'
import { machineBreaches } from './tidy/machine.ts'
import { seamBreaches, seamsIn } from './tidy/seams.ts'
import { type Breach, product, words } from './tidy/sources.ts'
import { breachesIn, wordingBreaches } from './tidy/wording.ts'

const rules: readonly { name: string; breaches: () => readonly Breach[] }[] = [
  { name: 'data flows one way: imports follow the order of the stages', breaches: importBreaches },
  { name: 'every folder has its place', breaches: placeBreaches },
  { name: 'imports make no circle', breaches: circleBreaches },
  { name: 'which loader and machine it is, is asked of values', breaches: seamBreaches },
  { name: 'the outside world is touched in trees, hosts and cli only', breaches: processBreaches },
  { name: 'what a file exports, another one imports', breaches: exportBreaches },
  { name: 'no file is longer than 400 lines', breaches: fileBreaches },
  { name: 'no function is longer than 60 lines or takes more than 4 parameters', breaches: functionBreaches },
  { name: 'no any, no !, no casts', breaches: typeBreaches },
  { name: 'main files say what they are for', breaches: headerBreaches },
  { name: 'files of rules say where the rules come from', breaches: ruleBreaches },
  { name: 'each code has its page, each page its code', breaches: findingBreaches },
  { name: 'the pages about the house say what there is', breaches: documentBreaches },
  { name: 'tests are what their place says, and draw from seeds', breaches: kindBreaches },
  { name: 'words that were mended do not come back', breaches: wordingBreaches },
  { name: 'nothing of one machine, no registry, no binaries', breaches: machineBreaches },
]

describe('the house', () => {
  test('has something in it', () => {
    expect(product.length).toBeGreaterThan(50)
  })

  test.for(rules)('$name', ({ breaches }) => {
    expect(breaches().map(words)).toEqual([])
  })
})

describe('the import rule itself', () => {
  test.for([
    { from: 'src/elf/a.ts', target: 'src/base/errors.ts', types: false, allowed: true },
    { from: 'src/elf/a.ts', target: 'src/machines/relocations.ts', types: true, allowed: false },
    { from: 'src/machines/a.ts', target: 'src/elf/model.ts', types: false, allowed: true },
    { from: 'src/base/a.ts', target: 'src/elf/model.ts', types: true, allowed: false },
    { from: 'src/select/a.ts', target: 'src/compare/model.ts', types: true, allowed: true },
    { from: 'src/select/a.ts', target: 'src/compare/content.ts', types: false, allowed: false },
    { from: 'src/compare/a.ts', target: 'src/select/model.ts', types: true, allowed: false },
    { from: 'src/select/a.ts', target: 'src/flows/hotpatch/hotpatch.ts', types: true, allowed: false },
    { from: 'page/a.tsx', target: 'src/report/model.ts', types: true, allowed: true },
    { from: 'page/a.tsx', target: 'src/report/text.ts', types: false, allowed: false },
    { from: 'page/a.tsx', target: 'src/verify/model.ts', types: true, allowed: false },
    { from: 'page/a.tsx', target: 'preact/hooks', types: false, allowed: true },
    { from: 'src/select/a.ts', target: 'src/index.ts', types: true, allowed: false },
    { from: 'src/select/a.ts', target: 'node:fs', types: false, allowed: false },
    { from: 'src/trees/a.ts', target: 'node:fs', types: false, allowed: true },
    { from: 'src/trees/a.ts', target: 'src/system/cache.ts', types: false, allowed: true },
    { from: 'src/select/a.ts', target: 'src/system/cache.ts', types: true, allowed: false },
    { from: 'src/system/a.ts', target: 'src/trees/model.ts', types: true, allowed: false },
    { from: 'src/hosts/a.ts', target: 'src/loaders/loader.ts', types: false, allowed: true },
    { from: 'src/hosts/a.ts', target: 'src/select/model.ts', types: true, allowed: false },
    { from: 'src/flows/a.ts', target: 'src/select/select.ts', types: false, allowed: true },
    { from: 'src/flows/a.ts', target: 'src/flows/hotpatch/hotpatch.ts', types: false, allowed: true },
    { from: 'src/flows/a.ts', target: 'src/flows/b.ts', types: true, allowed: false },
    { from: 'src/flows/a.ts', target: 'src/hosts/host.ts', types: true, allowed: false },
    { from: 'src/flows/a.ts', target: 'src/cli/run.ts', types: false, allowed: false },
    { from: 'src/cli/a.ts', target: 'src/select/model.ts', types: true, allowed: true },
    { from: 'src/cli/a.ts', target: 'src/select/select.ts', types: false, allowed: false },
    { from: 'src/cli/a.ts', target: 'src/report/text.ts', types: false, allowed: true },
    { from: 'src/library/a.ts', target: 'src/flows/b.ts', types: false, allowed: true },
    { from: 'src/library/a.ts', target: 'src/select/model.ts', types: true, allowed: true },
    { from: 'src/library/a.ts', target: 'src/select/select.ts', types: false, allowed: false },
    { from: 'src/library/a.ts', target: 'src/cli/run.ts', types: true, allowed: false },
    { from: 'src/flows/a.ts', target: 'src/library/build.ts', types: true, allowed: false },
    { from: 'src/index.ts', target: 'src/select/select.ts', types: false, allowed: true },
    { from: 'src/index.ts', target: 'src/cli/run.ts', types: false, allowed: false },
  ])('$from may import $target (types only: $types): $allowed', ({ from, target, types, allowed }) => {
    expect(wrongImport(from, target, types) === undefined).toBe(allowed)
  })
})

describe('the rule of seams itself', () => {
  const BREACHES: readonly (readonly [path: string, text: string, fact: string])[] = [
    ['src/select/a.ts', "export const f = (kind: string) => kind === 'xen'", 'asks which loader it is'],
    ['src/select/a.ts', "export const f = (kind: string) => (kind !== 'process' ? 1 : 2)", 'asks which loader it is'],
    ['src/report/a.ts', "switch (target.name) { case 'xen': break }", 'asks which loader it is'],
    ['src/assemble/a.ts', 'export const f = (loader: Loader) => loader === XEN', 'asks which loader it is'],
    ['src/flows/a.ts', 'if (target.loader.name === XEN.name) stop()', 'asks which loader it is'],
    ['src/compare/a.ts', 'if (machine.number === X86_64.number) stop()', 'asks which machine it is'],
    ['src/loaders/xen/a.ts', 'const known = machine === AARCH64', 'asks which machine it is'],
    ['src/hosts/process/a.ts', 'const OURS = EM_X86_64', 'names a machine by its ELF number'],
    [
      'src/verify/xen/machines/a.ts',
      "import { EM_AARCH64 } from '../../../elf/spec/constants.ts'",
      'names a machine by its ELF number',
    ],
    [
      'src/pieces/a.ts',
      'export const f = (bytes: Uint8Array, at: number) => bytes[at - 5] === 0xe9',
      'has an opcode in it',
    ],
    ['src/verify/xen/checks/a.ts', 'const ENDBR64 = 0xFA1E0FF3', 'has an opcode in it'],
    ['src/hosts/process/a.ts', 'const NOPS = [[0x90], [0x66, 0x90]]', 'has an opcode in it'],
    ['src/flows/a.ts', "import { Decoder } from 'iced-x86'", 'decodes instructions'],
    ['src/cli/commands/a.ts', "const json = { schema: 1, command: 'a' }", 'puts a report together'],
    [
      'src/loaders/xen/a.ts',
      "import { callsTo } from '../../machines/x86-64/calls.ts'",
      'takes the answers of one machine',
    ],
  ]
  const ALLOWED: readonly (readonly [path: string, text: string])[] = [
    ['src/hosts/a.ts', "if (text === 'xen') open()"],
    ['src/flows/a.ts', "const report = { schema: 1, command: 'a' }"],
    ['src/cli/schemas.ts', 'const form = v.object({ schema: v.literal(1) })'],
    ['src/trees/xen/a.ts', "if (options.target === 'xen') open()"],
    ['src/select/a.ts', "const WORDS = { xen: 'of Xen', process: 'of a program' }; const TARGETS = ['xen', 'process']"],
    ['src/flows/a.ts', 'const cut = { loader: XEN }; const rows = new Map([[X86_64.number, 5]])'],
    ['src/machines/x86-64/a.ts', "import { EM_X86_64 } from '../../elf/spec/constants.ts'; const CALL = 0xe8"],
    ['src/verify/code/a.ts', 'const JUMP = 0xe9'],
    ['src/report/a.ts', 'const low = value & 0xff; const MAGIC = [0x1f, 0x8b]; const many = 144'],
  ]
  const parsed = (path: string, text: string) => {
    return { path, text, tree: ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true) }
  }

  test.for(BREACHES)('%s: %s', ([path, text, fact]) => {
    expect(new Set(seamsIn(parsed(path, text)).map(breach => breach.fact))).toEqual(new Set([fact]))
  })

  test.for(ALLOWED)('%s may: %s', ([path, text]) => {
    expect(seamsIn(parsed(path, text))).toEqual([])
  })
})

test.for([
  { graph: { a: ['b'], b: ['c'], c: [] }, circles: [] },
  { graph: { a: ['b'], b: ['a'], c: ['a'] }, circles: [['a', 'b']] },
  {
    graph: { a: ['b'], b: ['c'], c: ['a', 'd'], d: ['e'], e: ['d'] },
    circles: [
      ['d', 'e'],
      ['a', 'b', 'c'],
    ],
  },
  { graph: { a: ['elsewhere'], b: ['b'] }, circles: [] },
])('circles of $graph', ({ graph, circles }) => {
  expect(circlesIn(new Map(Object.entries(graph)))).toEqual(circles)
})

describe('the rule of pages itself', () => {
  const house: House = {
    files: ['src/elf/read/reader.ts', 'src/cli/main.ts', 'scripts/fetch.sh', 'docs/lines.md', 'Makefile'],
    code: 'export function openBase(): Base {} // the line map',
    scripts: new Set(['api']),
    targets: new Set(['fuzz']),
  }
  const facts = (breaches: ReturnType<typeof spanBreaches>) => breaches.map(({ fact }) => fact)

  test.for(['elf', 'src/elf', 'cli/main.ts', 'read', 'reader.ts', 'lines.md', 'npm run api', 'make fuzz', 'openBase'])(
    'there is %s',
    span => {
      expect(facts(spanBreaches(`so \`${span}\` is`, house))).toEqual([])
    },
  )

  test.for(['dwarf', 'elf/write', 'cli/main.js', 'writer.ts', 'npm run docs', 'make all', 'closeBase', 'openB'])(
    'there is no %s',
    span => {
      expect(facts(spanBreaches(`so \`${span}\` is`, house))).toEqual([`there is no \`${span}\``])
    },
  )

  test('folders that a page leaves out, and words that nobody uses', () => {
    const missing = ['elf', 'src', 'scripts'].map(folder => `says nothing of the folder ${folder}`)
    expect(facts(folderBreaches('`cli` and `docs/lines.md`', house)).toSorted()).toEqual(missing.toSorted())
    expect(facts(termBreaches('**line map**: a\n**Base**: b\n**line chart, base**: c', house))).toEqual([
      'nothing in src/ is called line chart',
    ])
  })
})

describe('the rule of words itself', () => {
  // Each as it was once said to users.
  test.for([
    'shows why they hold what they hold',
    'It replaces the code that runs, or nothing',
    'Types that live are guarded',
    '`ignore` takes them in, as here',
    'holds one way against another',
    'Any tree of Xen will do that was built with CONFIG_LIVEPATCH=y',
    'Would the hypervisor take it?',
    'see it on the real thing',
    'a mistake of hotsplice, not of yours',
    'a mistake of hotsplice',
    'bring a payload to a host',
    'tell the state of a payload',
    'put a payload to work',
    'how long everything may take to come to a stand',
    'let a type change although it lives across the patch',
    'let a function change although it lives across the patch',
    'a member more in a structure of which, as you know, no object exists yet',
    'what is still off is told on standard error',
    'f is called otherwise, but these stay as they are',
    'f has another number of entries',
    'f is cut in another way when lines are shifted',
    'in the payload’s eyes',
    'whether they match hangs on the CPU',
    'the fewest obstacles has mask',
    '--tree, the tree that it was built from, would tell',
    'process 12 is another one by now',
    'reset without a word',
    'gets its way',
    'A patch that changes how often gives later uses other values',
    'until all processors come to a stand',
    'the farm of links',
  ])('%s', text => expect(breachesIn(text, 'README.md')).not.toEqual([]))

  test.for([
    ['puts a payload to work', 1],
    ['whether they match hangs on the CPU', 1],
    ['f is cut in another way, and has another number of entries', 2],
    ['another tool is at work', 0],
  ] as const)('%s: %i', ([text, number]) => {
    expect(breachesIn(text, 'README.md')).toHaveLength(number)
  })
})

describe('the patterns of vitest.config.ts', () => {
  test.for([
    ['tests/xen/**/*.test.ts', 'tests/xen/edits.test.ts', true],
    ['tests/xen/**/*.test.ts', 'tests/xen/deep/er/edits.test.ts', true],
    ['tests/xen/**/*.test.ts', 'tests/xen2/edits.test.ts', false],
    ['tests/lines/*-on-xen.test.ts', 'tests/lines/lexer-on-xen.test.ts', true],
    ['tests/lines/*-on-xen.test.ts', 'tests/lines/deep/lexer-on-xen.test.ts', false],
    ['tests/lines/*-on-xen.test.ts', 'tests/lines/lexer.test.ts', false],
  ] as const)('%s has %s: %s', ([pattern, path, does]) => {
    expect(matches(pattern, path)).toBe(does)
  })
})

describe('the rule of exports itself', () => {
  const text = `
    export interface Options { readonly deep: Deep }
    export interface Deep { readonly one: number }
    export interface Unused { readonly one: number }
    export type Inside = number
    export type Alone = Unused | Deep
    export function taken(options: Options): void { const inside: Inside = 3 }
    export function dead(): Alone { return { one: 1 } }
    export const value: Listed[] = []
    export interface Listed { readonly one: 1 }
  `
  const tree = ts.createSourceFile('src/x.ts', text, ts.ScriptTarget.ES2023, true)

  test.for([
    { taken: ['taken', 'value'], unneeded: ['Unused', 'Inside', 'Alone', 'dead'] },
    { taken: ['taken', 'value', 'dead'], unneeded: ['Inside'] },
    { taken: ['Alone'], unneeded: ['Options', 'Inside', 'taken', 'dead', 'value', 'Listed'] },
    { taken: [], unneeded: ['Options', 'Deep', 'Unused', 'Inside', 'Alone', 'taken', 'dead', 'value', 'Listed'] },
  ])('where $taken is taken: $unneeded', ({ taken, unneeded: expected }) => {
    const found = unneeded(exportsOf({ path: 'src/x.ts', text, tree }), name => taken.includes(name))
    expect(found.map(({ name }) => name)).toEqual(expected)
  })
})
