/** A hint is a way that exists: where `hotsplice assist` writes nothing, and no hook runs on load, none speaks of it. */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { RULES, selectFrom } from '../../tests/support/judge.ts'
import { LINUX } from '../loaders/linux/linux.ts'
import { targetOf } from '../loaders/loaders.ts'
import { XEN } from '../loaders/xen/xen.ts'
import { X86_64 } from '../machines/x86-64/x86-64.ts'

const FLAGS = ['-O2', '-mcmodel=kernel', '-fno-pic', '-ffunction-sections', '-fdata-sections', '-fcf-protection=none']
const IN = (section: string) => `__attribute__((used, noinline, section("${section}")))`
const text = (more: string) => `extern int out(const void *); extern int limit; ${more}`

const ROWS = [
  ['changed-data', 'int v = 4; int f(void) { return out(&v); }', 'int v = 5; int f(void) { return out(&v); }', []],
  [
    'percpu-data',
    'int f(void) { return out(0); }',
    `static int v ${IN('PERCPU')}; int f(void) { return out(&v); }`,
    [],
  ],
  [
    'init-code',
    `${IN('.init.text')} void f(void) { limit = 4; }`,
    `${IN('.init.text')} void f(void) { limit = 5; }`,
    [],
  ],
  [
    'init-left-needed',
    `${IN('.init.text')} void g(void) { limit = 4; } int f(void) { return out(&limit); }`,
    `${IN('.init.text')} void g(void) { limit = 5; } int f(void) { return out(&limit) + 1; }`,
    ['g'],
  ],
  ['assembly-code', `${IN('ENTRY')} int f(void) { return 4; }`, `${IN('ENTRY')} int f(void) { return 5; }`, []],
] as const

/** What each calls them. */
const SECTIONS = new Map([
  [XEN, { PERCPU: '.bss.percpu', ENTRY: '.text.entry' }],
  [LINUX, { PERCPU: '.data..percpu', ENTRY: '.entry.text' }],
])

test.skipIf(!hasGcc).for(ROWS)(`%s${withoutGcc}`, ([code, before, after, leave]) => {
  const hintFor = (loader: typeof XEN) => {
    const rules = { ...RULES, target: targetOf(loader, X86_64.number), leaveInit: new Set(leave) }
    const { PERCPU = '', ENTRY = '' } = SECTIONS.get(loader) ?? {}
    const object = (body: string) => compile(text(body).replaceAll('PERCPU', PERCPU).replaceAll('ENTRY', ENTRY), FLAGS)
    const { refusals } = selectFrom(object(before), object(after), rules)
    return refusals.find(each => each.code === code)?.hint ?? 'no such refusal'
  }
  expect(hintFor(XEN)).toMatch(/hotsplice assist|load hook|apply hook/)
  expect(hintFor(LINUX)).not.toMatch(/no such refusal|hotsplice assist|load hook|apply hook/)
})
