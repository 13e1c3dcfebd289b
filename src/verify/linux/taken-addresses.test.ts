/** Whose addresses a module takes, by what gcc made of it. The kernel, and a module of it, have one sealed function each. */
import { expect, it } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../../tests/support/gcc.ts'
import type { KernelImage } from '../../loaders/linux/kernel-image.ts'
import { ModuleLoadContext } from './load-context.ts'
import { SEALED_TARGET } from './taken-addresses.ts'

const [OPEN, SEALED, INNER] = [0x1000n, 0x2000n, 0x3000n]

/** As far as it is asked. */
const KERNEL = {
  exportOf: (name: string) => ({ address: name === 'sealed' ? SEALED : OPEN }),
  isSealed: (address: bigint) => address === SEALED || address === INNER,
  modules: ['loaded'],
  namedIn: (name: string, module?: string) => (module === 'loaded' && name === 'inner' ? [INNER] : []),
} as unknown as KernelImage

const FLAGS = ['-O2', '-mcmodel=kernel', '-fno-pic', '-fcf-protection=none', '-fno-asynchronous-unwind-tables']
const LIVEPATCH = 0xff20

/** Two of the names that the live patching core looks up, and how C spells them here: as long as they are. */
const LATER = ['.klp.sym.loaded.inner,0', '.klp.sym.absent.inner,0']
const spelled = (name: string) => name.replace(/[.,]/g, '_')

/** What gcc makes of the text, where these names are given to the live patching core. */
function moduleOf(text: string): Uint8Array {
  const bytes = Buffer.from(compile(text, FLAGS))
  for (const name of LATER) {
    const at = bytes.indexOf(`\0${spelled(name)}\0`, 0, 'latin1')
    if (at >= 0) bytes.write(name, at + 1, 'latin1')
  }
  const { raw, symbols, symbolTable } = new ModuleLoadContext(bytes, KERNEL, false)
  expect(raw.size).toBe(bytes.length)
  for (const [index, { name }] of symbols.entries())
    if (LATER.includes(name)) bytes.writeUInt16LE(LIVEPATCH, Number(symbolTable.offset) + index * 24 + 6)
  return bytes
}

const KEY = `struct key { void *func; unsigned long type; };
extern void sealed(void);
struct key __SCK__x = { sealed, 1 };
extern void tramp(void);
asm(".pushsection .static_call_sites,\\"aw\\"\\n.long tramp - .\\n.long __SCK__x - .\\n.popsection");
`

const taken = (text: string, withoutIbt = false) =>
  SEALED_TARGET.check(new ModuleLoadContext(moduleOf(text), KERNEL, withoutIbt)).map(({ text: words }) => words)

it.skipIf(!hasGcc).each([
  ['a pointer to it', 'extern void sealed(void); void (*p)(void) = sealed;', 'sealed'],
  ['its address in code', 'extern void sealed(void), give(void *); void f(void) { give(sealed); }', 'sealed'],
  [
    'that of a module’s',
    `extern void ${spelled(LATER[0] ?? '')}(void); void (*p)(void) = ${spelled(LATER[0] ?? '')};`,
    'inner',
  ],
  ['a static call whose key code reads', `${KEY}void *f(void) { return __SCK__x.func; }`, 'sealed'],
  ['one whose key something points to', `${KEY}struct key *p = &__SCK__x;`, 'sealed'],
  ['one whose key code hands on', `${KEY}extern void give(void *); void f(void) { give(&__SCK__x); }`, 'sealed'],
  ['what only begins like a static call', 'extern void sealed(void); void *__SCK__x = sealed;', 'sealed'],
  [
    'a pointer behind a key',
    `${KEY.replace('type; }', 'type; void *more; }').replace('1 }', '1, sealed }')}`,
    'sealed',
  ],
] as const)(`%s is the address of what is sealed${withoutGcc}`, (_, text, name) => {
  expect(taken(text)).toContainEqual(expect.stringContaining(` takes the address of ${name} (`))
  expect(taken(text, true)).toEqual([])
})

it.skipIf(!hasGcc).each([
  ['a call', 'extern void sealed(void); void f(void) { sealed(); sealed(); }'],
  ['a pointer to what is not sealed', 'extern void open_(void); void (*p)(void) = open_;'],
  [
    'a module that is not known',
    `extern void ${spelled(LATER[1] ?? '')}(void); void (*p)(void) = ${spelled(LATER[1] ?? '')};`,
  ],
  ['a static call', KEY],
  [
    'one that is given another function',
    `${KEY}extern int __static_call_update(void *, void *, void *); static void other(void) {}
int f(void) { return __static_call_update(&__SCK__x, tramp, other); }`,
  ],
] as const)(`%s is not${withoutGcc}`, (_, text) => {
  expect(taken(text)).toEqual([])
})
