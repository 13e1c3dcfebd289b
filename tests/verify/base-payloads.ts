/**
 * Right payloads to start from: compiled by gcc, put together by our writer, taken by the real Xen 4.17.
 *
 * `plain` replaces one function. `rich` has all that a payload may have: two functions, hooks, data, strings, bug frames,
 * alternatives, an exception table, metadata, an expectation. `hooks` replaces nothing and has all eight hooks.
 */
import { createHash } from 'node:crypto'
import {
  type NewObject,
  type NewRelocation,
  type NewSection,
  type NewSymbol,
  readElf,
  toNewObject,
  writeElf,
} from '../../src/elf/index.ts'
import { buildIdNote } from '../../src/loaders/build-id-note.ts'
import { FUNC_FIELDS, FUNC_SIZE, funcBytes } from '../../src/loaders/func-entry.ts'
import { BUILD_ID, DEPENDS, FUNCS, STRINGS, XEN_DEPENDS } from '../../src/loaders/payload-sections.ts'
import type { HypervisorSymbols } from '../../src/loaders/xen/symbols.ts'
import { R_AARCH64_ABS64 } from '../../src/machines/aarch64/relocation-numbers.ts'
import { compileArm64 } from '../support/arm64.ts'
import { compile } from '../support/gcc.ts'
import { ARM64_CODE, ARM64_FLAGS } from './arm64-code.ts'

const FLAGS = [
  '-O2',
  '-ffreestanding',
  '-fpic',
  '-fvisibility=hidden',
  '-fno-common',
  '-fno-asynchronous-unwind-tables',
  '-fno-stack-protector',
  '-fno-jump-tables',
  '-mno-red-zone',
  '-mgeneral-regs-only',
  '-fcf-protection=branch',
  '-mmanual-endbr',
  '-fno-stack-clash-protection',
]

/** How payloads are made for a machine. */
interface Making {
  readonly compile: (source: string) => Uint8Array
  /** R_* of an address of eight bytes. */
  readonly address: number
}

const prologue = (called: string) => `
#pragma GCC visibility push(hidden)
extern int printk(const char *fmt, ...);
extern const char *xen_changeset(void);
#define HOOK(name, fn, type) \\
  __attribute__((used, section(".livepatch.hooks." name))) type *const hook_##fn = fn;
#define CALLED __attribute__((${called}noinline, used))
`

const FOR_X86: Making = {
  compile: source => compile(prologue('cf_check, ') + source, FLAGS, 'payload.c'),
  address: 1,
}
const FOR_ARM64: Making = {
  compile: source => compileArm64(prologue('') + source, ARM64_FLAGS, 'payload.c'),
  address: R_AARCH64_ABS64,
}

const PLAIN = `
const char *xen_extra_version(void) { return ".verify"; }
`

/** `own` is the machine's: functions `frames`, `alternatives` and `exceptions`. */
const rich = (own: string) => `
static int times = 1;
static int zeros[10];
int new_counter_of_verify = 7;
__attribute__((noinline)) int new_function_of_verify(int x) { return x + new_counter_of_verify + zeros[x & 7]++; }
volatile int never;
${own}
const char *xen_extra_version(void)
{
  static const char *const names[] = { ".rich", ".richer" };
  times++;
  if (never) frames();
  return names[(alternatives() + new_function_of_verify(times) + exceptions((const long *)&never)) & 1];
}
unsigned int xen_minor_version(void) { return 17; }
CALLED void on_load(void) { printk("verify: loaded %d, %s\\n", times, xen_changeset()); }
CALLED void on_unload(void) { printk("verify: unloaded %d\\n", times); }
typedef void hook_t(void);
HOOK("load", on_load, hook_t)
HOOK("unload", on_unload, hook_t)
__attribute__((used, section(".modinfo"))) const char modinfo[] = "name=rich\\0license=MIT";
`

const X86_CODE = `
__attribute__((noinline)) static void frames(void)
{
  asm volatile("1: ud2\\n"
               ".pushsection .bug_frames.1, \\"a\\"\\n2: .long 1b - 2b, .Lfile - 2b + 4 * 0 + (5 << 24)\\n.popsection\\n"
               ".pushsection .rodata.str1.1, \\"aMS\\", @progbits, 1\\n.Lfile: .asciz \\"verify.c\\"\\n.popsection");
}
__attribute__((noinline)) static long alternatives(void)
{
  long x = 1;
  asm volatile("1: nop; nop; nop; nop; nop\\n2:\\n"
               ".pushsection .altinstructions, \\"a\\"\\n.long 1b - ., 3f - .\\n.word 93\\n.byte 2b - 1b, 4f - 3f, 0, 0\\n.popsection\\n"
               ".pushsection .altinstr_replacement, \\"ax\\"\\n3: xor %%eax, %%eax\\n4:\\n.popsection\\n"
               "5: nop\\n6: nop; nop; nop\\n7:\\n"
               ".pushsection .altinstructions, \\"a\\"\\n.long 5b - ., 8f - .\\n.word 93\\n.byte 6b - 5b, 9f - 8f, 7b - 6b, 0\\n.popsection\\n"
               ".pushsection .altinstr_replacement, \\"ax\\"\\n8: xor %%edx, %%edx; nop\\n9:\\n.popsection\\n" : "+a"(x) : : "rdx");
  return x;
}
__attribute__((noinline)) static long exceptions(const long *from)
{
  long x = 0;
  asm volatile("1: mov (%1), %0\\n2:\\n"
               ".pushsection .fixup, \\"ax\\"\\n3: mov $-14, %0\\n jmp 2b\\n.popsection\\n"
               ".pushsection .ex_table, \\"a\\"\\n.long 1b - ., 3b - .\\n.long 2b - ., 3b - .\\n.popsection" : "+r"(x) : "r"(from));
  return x;
}
`

const HOOKS = `
typedef void list_t(void);
typedef int pre_t(void *payload);
typedef void post_t(void *payload);
CALLED void on_load(void) { printk("verify: load\\n"); }
CALLED void on_unload(void) { printk("verify: unload\\n"); }
CALLED int on_preapply(void *p) { printk("verify: preapply\\n"); return 0; }
CALLED int on_apply(void *p) { printk("verify: apply\\n"); return 0; }
CALLED void on_postapply(void *p) { printk("verify: postapply\\n"); }
CALLED int on_prerevert(void *p) { printk("verify: prerevert\\n"); return 0; }
CALLED int on_revert(void *p) { printk("verify: revert\\n"); return 0; }
CALLED void on_postrevert(void *p) { printk("verify: postrevert\\n"); }
HOOK("load", on_load, list_t)
HOOK("unload", on_unload, list_t)
HOOK("preapply", on_preapply, pre_t)
HOOK("apply", on_apply, pre_t)
HOOK("postapply", on_postapply, post_t)
HOOK("prerevert", on_prerevert, pre_t)
HOOK("revert", on_revert, pre_t)
HOOK("postrevert", on_postrevert, post_t)
`

/** A function of the hypervisor that the payload replaces. */
interface Replaced {
  readonly name: string
  /** Through its name, looked up by Xen, or through a relocated address. */
  readonly by: 'name' | 'address'
  /** Bytes of old code that the payload expects. */
  readonly expects?: number
}

export interface Recipe {
  readonly source: string
  /** For x86-64 where it is absent. */
  readonly making?: Making
  readonly replaces: readonly Replaced[]
}

export const RECIPES = {
  plain: { source: PLAIN, replaces: [{ name: 'xen_extra_version', by: 'name' }] },
  rich: {
    source: rich(X86_CODE),
    replaces: [
      { name: 'xen_extra_version', by: 'name', expects: 12 },
      { name: 'xen_minor_version', by: 'address' },
    ],
  },
  hooks: { source: HOOKS, replaces: [] },
} as const satisfies Record<string, Recipe>

export type BaseName = keyof typeof RECIPES

export const ARM64_RECIPES: Readonly<Record<BaseName, Recipe>> = {
  plain: { ...RECIPES.plain, making: FOR_ARM64 },
  rich: { ...RECIPES.rich, source: rich(ARM64_CODE), making: FOR_ARM64 },
  hooks: { ...RECIPES.hooks, making: FOR_ARM64 },
}

export interface Target {
  readonly symbols: HypervisorSymbols
  /** The build-id below; the hypervisor's own where absent. */
  readonly depends?: Uint8Array
}

/** Compiles a base payload for `target`. The same input gives the same bytes. */
export function basePayload(recipe: Recipe, target: Target): Uint8Array {
  const id = createHash('sha1')
    .update(recipe.source)
    .update(target.depends ?? '')
    .digest()
  return writeElf(payloadObject(recipe, target, id))
}

const NOT_LOADED = /^\.(comment|note\.GNU-stack|note\.gnu\.property|eh_frame)$/
const SHF_ALLOC = 2
const SHF_WRITE = 1
const PROGBITS = 1
const NOTE = 7

function payloadObject(recipe: Recipe, target: Target, id: Uint8Array): NewObject {
  const compiled = toNewObject(readElf((recipe.making ?? FOR_X86).compile(recipe.source)))
  const kept = compiled.sections.flatMap((section, index) => {
    const empty = (section.bytes?.length ?? section.size ?? 0) === 0
    return NOT_LOADED.test(section.name) || empty ? [] : [{ section, index }]
  })
  const place = new Map(kept.map(({ index }, position) => [index, position]))
  const symbols = compiled.symbols.map((symbol): NewSymbol => {
    if (symbol.place.in !== 'section') return symbol
    const section = place.get(symbol.place.section)
    // A section symbol of a dropped section; nothing refers to it.
    return section === undefined
      ? { ...symbol, name: '', place: { in: 'absolute', value: 0n } }
      : { ...symbol, place: { ...symbol.place, section } }
  })
  const sections = kept.map(({ section }): NewSection => section)
  const table = functionTable(recipe, { symbols, sections, target })
  const note = (name: string, content: Uint8Array): NewSection => {
    return { name, type: NOTE, flags: SHF_ALLOC, alignment: 4, bytes: buildIdNote(content) }
  }
  const hypervisor = target.symbols.buildId ?? new Uint8Array(20)
  const notes = [note(DEPENDS, target.depends ?? hypervisor), note(XEN_DEPENDS, hypervisor), note(BUILD_ID, id)]
  return { ...compiled, sections: [...sections, ...table.sections, ...notes], symbols: [...symbols, ...table.symbols] }
}

interface TableContext {
  readonly symbols: readonly NewSymbol[]
  readonly sections: readonly NewSection[]
  readonly target: Target
}

/** .livepatch.funcs and the names it points to; nothing where nothing is replaced. */
function functionTable({ replaces, making = FOR_X86 }: Recipe, { symbols, sections, target }: TableContext) {
  if (replaces.length === 0) return { sections: [], symbols: [] }
  const text = Buffer.from(replaces.map(({ name }) => `${name}\0`).join(''))
  const added: NewSymbol[] = []
  const names = symbols.length
  added.push({
    name: '',
    kind: 'section',
    binding: 'local',
    place: { in: 'section', section: sections.length + 1, offset: 0 },
    size: 0,
  })
  const relocations: NewRelocation[] = []
  const bytes = new Uint8Array(replaces.length * FUNC_SIZE)
  replaces.forEach(({ name, by, expects }, index) => {
    const at = index * FUNC_SIZE
    const address = target.symbols.lookup(name) ?? 0n
    const oldSize = target.symbols.symbolsAt(address)[0]?.size ?? 0
    const defined = symbols.findIndex(symbol => symbol.name === name && symbol.place.in === 'section')
    const expectation = expects === undefined ? undefined : target.symbols.bytesAt(address, Math.min(expects, oldSize))
    bytes.set(funcBytes({ newSize: symbols[defined]?.size ?? 0, oldSize, expectation }), at)
    const relocate = (field: number, symbol: number, addend: bigint) =>
      relocations.push({ offset: at + field, type: making.address, symbol, addend })
    relocate(FUNC_FIELDS.name, names, BigInt(text.indexOf(`${name}\0`)))
    relocate(FUNC_FIELDS.newAddress, defined, 0n)
    if (by === 'address') {
      // The old function cannot be named here, where its name is the new one's: its neighbour can.
      const anchor = target.symbols.lookup('xen_changeset') ?? 0n
      relocate(
        FUNC_FIELDS.oldAddress,
        symbols.findIndex(symbol => symbol.name === 'xen_changeset'),
        address - anchor,
      )
    }
  })
  // Loaders that keep their state there write into it.
  const flags = target.symbols.tableUse === 'writes' ? SHF_ALLOC | SHF_WRITE : SHF_ALLOC
  const table: NewSection = { name: FUNCS, type: PROGBITS, flags, alignment: 8, bytes, relocations }
  const strings: NewSection = {
    name: STRINGS,
    type: PROGBITS,
    flags: SHF_ALLOC,
    alignment: 1,
    bytes: new Uint8Array(text),
  }
  return { sections: [table, strings], symbols: added }
}
