/** Who still calls a function whose parameters changed: what stays at work counts, what was only there to boot does not. */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc, XEN_LIKE } from '../../../tests/support/gcc.ts'
import { judge, RULES } from '../../../tests/support/judge.ts'
import { debugSections, packSections, readDebugUnit, unpackSections } from '../../dwarf/index.ts'
import { readElf } from '../../elf/index.ts'
import type { Loader } from '../../loaders/loader.ts'
import { targetOf } from '../../loaders/loaders.ts'
import { PROCESS } from '../../loaders/process/process.ts'
import { XEN } from '../../loaders/xen/xen.ts'
import { select } from '../../select/select.ts'
import type { Declarations, Tree, Unit } from '../../trees/index.ts'
import { checkShapes } from './types.ts'

interface Row {
  readonly name: string
  readonly section: string
  /** Whether what lies there still calls or holds `weigh` after the patch. */
  readonly counts: boolean
  readonly loader?: Loader
}

const FUNCTIONS: readonly Row[] = [
  { name: 'code', section: '.text.user', counts: true },
  { name: 'code that runs at boot only', section: '.init.text', counts: false },
  { name: 'code that runs at boot only, in a section of its own', section: '.init.text.user', counts: false },
  { name: 'code before main', section: '.text.startup', counts: false, loader: PROCESS },
  { name: 'destructors, whose turn comes at the end', section: '.text.exit', counts: true, loader: PROCESS },
]

const DATA: readonly Row[] = [
  { name: 'a table', section: '.data.rel.ro.user', counts: true },
  { name: 'a table that is freed after boot', section: '.init.data', counts: false },
  { name: "a constructor's table", section: '.init_array', counts: false, loader: PROCESS },
]

/** `weigh` takes more than before; `user` is the same in both texts, so that the patch leaves it as it is. */
const text = (more: string, user: string) =>
  `__attribute__((noinline, noclone)) int weigh(int amount${more}) { return amount * ${more === '' ? 9 : 'more'}; }\n${user}`

test.skipIf(!hasGcc).for(FUNCTIONS)(`$name ($section): $counts${withoutGcc}`, async ({ section, counts, loader }) => {
  const user = `__attribute__((section("${section}"))) int user(void) { return ((int (*)(int))weigh)(3); }`
  expect(await callersOf(user, loader)).toEqual(counts ? ['user'] : [])
})

test.skipIf(!hasGcc).for(DATA)(`$name ($section): $counts${withoutGcc}`, async ({ section, counts, loader }) => {
  const user = `__attribute__((section("${section}"))) const void *user[] = { weigh };`
  expect(await callersOf(user, loader)).toEqual(counts ? ['user'] : [])
})

/** Who is named as the reason why `weigh` cannot take more. */
async function callersOf(user: string, loader: Loader = XEN): Promise<readonly string[]> {
  const flags = [...XEN_LIKE, '-g', '-gdwarf-5', '-w']
  const [original, patched] = [compile(text('', user), flags), compile(text(', int more', user), flags)]
  const units = [{ unit: 'unit.o', fileSymbol: 'unit.c', verdicts: judge(original, patched, loader) }]
  const selection = select(units, { ...RULES, target: targetOf(loader, RULES.target.machine.number) })
  expect(selection.replacements.map(({ runningName }) => runningName)).toEqual(['weigh'])
  const compared = [
    { unit: UNIT, original: debugOf(original), patched: debugOf(patched), pathOf: (path: string) => path },
  ]
  const declarations: Declarations = { compared, same: [], unknown: [], statics: new Map() }
  const affected = { affected: [], refusals: [], notices: [], generated: new Map(), renamed: new Map() }
  const verdict = await checkShapes({ tree: TREE, affected, declarations, units, selection, accepted: [] })
  expect(verdict.refusals.map(({ code }) => code)).toEqual(verdict.refusals.map(() => 'prototype-changed'))
  return verdict.refusals.flatMap(({ text }) => (/\buser\b/.test(text) ? ['user'] : [text]))
}

const UNIT: Unit = {
  unit: 'unit.o',
  source: 'unit.c',
  command: [],
  folder: '/',
  dependencies: [],
  language: 'c',
  role: 'linked',
  object: undefined,
  original: 'tree',
  objcopy: [],
}

/** Nothing else refers to the function, and no text is asked for. */
const TREE = { target: 'xen', units: [], run: { progress: { step: () => undefined } } } as unknown as Tree

function debugOf(object: Uint8Array) {
  const sections = debugSections(readElf<'original'>(object))
  if (sections === undefined) throw new Error('there is debug information')
  return readDebugUnit(unpackSections(packSections(sections)))
}
