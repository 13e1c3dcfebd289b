/**
 * Payloads made wrong on purpose: each is a right one with one thing changed. Most changes are tried at every place
 * where they can be; values are chosen from those that matter (0, 1, limits, one beyond) and a seeded random one.
 * Some changes do no harm, and that too must be told.
 */
import { ARM64_TYPES, arm64Mutations } from './arm64-mutations.ts'
import type { BaseName } from './base-payloads.ts'
import {
  Editor,
  RELOCATION_FIELD_NAMES,
  type RelocationField,
  SECTION_FIELD_NAMES,
  type SectionField,
  SYMBOL_FIELD_NAMES,
  type SymbolField,
} from './editor.ts'
import { functionMutations } from './function-mutations.ts'
import { hookMutations } from './hook-mutations.ts'
import { Random } from './random.ts'

export interface Mutation {
  /** Unique; names the category before the first slash. */
  readonly name: string
  readonly base: BaseName
  readonly edit: (editor: Editor, random: Random) => void
}

const FUNCS = '.livepatch.funcs'
const RELA_FUNCS = '.rela.livepatch.funcs'
const DEPENDS = '.livepatch.depends'
const XEN_DEPENDS = '.livepatch.xen_depends'
const BUILD_ID = '.note.gnu.build-id'
const SHF_ALLOC = 2n

type Edit = Mutation['edit']
const plain = (name: string, edit: Edit): Mutation => ({ name, base: 'plain', edit })
const rich = (name: string, edit: Edit): Mutation => ({ name, base: 'rich', edit })

const HEADER_FIELDS: readonly (readonly [name: string, at: number, size: number, values: readonly number[]])[] = [
  ['magic0', 0, 1, [0, 0x7e]],
  ['magic3', 3, 1, [0x47]],
  ['class', 4, 1, [0, 1, 3]],
  ['data', 5, 1, [0, 2]],
  ['ident-version', 6, 1, [0, 2]],
  ['osabi', 7, 1, [9, 3, 255]],
  ['abiversion', 8, 1, [1]],
  ['padding', 12, 1, [1]],
  ['type', 16, 2, [0, 2, 3]],
  ['machine', 18, 2, [3, 183, 0]],
  ['version', 20, 4, [0, 2]],
  ['entry', 24, 8, [0x1234]],
  ['phoff', 32, 8, [0x40]],
  ['shoff', 40, 8, [0, 1, 0x7fffffff]],
  ['flags', 48, 4, [1]],
  ['ehsize', 52, 2, [0, 63]],
  ['phentsize', 54, 2, [56]],
  ['phnum', 56, 2, [1]],
  ['shentsize', 58, 2, [0, 63, 65]],
  ['shnum', 60, 2, [0, 1, 1023, 1024, 0xffff]],
  ['shstrndx', 62, 2, [0, 1, 0xffff]],
]

function headerMutations(): Mutation[] {
  const fields = HEADER_FIELDS.flatMap(([name, at, size, values]) =>
    values.map(value => plain(`header/${name}-${value.toString(16)}`, e => e.write(at, size, value))),
  )
  return [
    ...fields,
    plain('header/shstrndx-count', e => e.write(62, 2, e.sectionCount)),
    plain('header/shstrndx-symtab', e => e.write(62, 2, e.sectionNamed('.symtab'))),
    plain('header/shstrndx-strtab', e => e.write(62, 2, e.sectionNamed('.strtab'))),
    plain('header/shnum-one-less', e => e.write(60, 2, e.sectionCount - 1)),
    plain('header/shnum-one-more', e => e.write(60, 2, e.sectionCount + 1)),
    plain('header/shoff-near-end', e => e.write(40, 8, e.bytes.length - 64)),
    plain('header/random', (e, random) => e.write(random.below(64), 1, random.next())),
  ]
}

function fileMutations(): Mutation[] {
  const cut = [0, 1, 63, 64, 128]
  return [
    ...cut.map(size => plain(`file/cut-to-${size}`, e => e.resize(size))),
    plain('file/cut-in-half', e => e.resize(e.bytes.length >> 1)),
    plain('file/cut-last-byte', e => e.resize(e.bytes.length - 1)),
    plain('file/cut-anywhere', (e, random) => e.resize(random.below(e.bytes.length))),
    plain('file/one-byte-more', e => e.resize(e.bytes.length + 1)),
    plain('file/2-MiB', e => e.resize(2 << 20)),
    plain('file/2-MiB-and-one', e => e.resize((2 << 20) + 1)),
  ]
}

const SECTION_VALUES: Readonly<Record<SectionField, readonly bigint[]>> = {
  name: [0n, 1n, 0xffff_ffffn],
  type: [0n, 2n, 3n, 4n, 8n, 9n],
  flags: [0n, 2n, 3n, 6n, 7n],
  address: [1n, 8n],
  offset: [0n, 63n, 64n, 0xffff_ffffn, 0xffff_ffff_ffff_ffffn],
  size: [0n, 1n, 4n, 0x20_0001n, 0xffff_ffff_ffff_fff0n],
  link: [0n, 1n, 0xffffn],
  info: [0n, 1n, 0xffffn],
  alignment: [0n, 1n, 3n, 0x1000n, 0x1_0000_0000n, 0x8000_0000_0000_0000n],
  entrySize: [0n, 1n, 23n, 25n, 48n],
}

/** Sections of the rich payload that are worth changing one by one. */
const WORTH: readonly string[] = [
  '.text',
  '.rela.text',
  '.data',
  '.bss',
  '.bug_frames.1',
  '.rodata.str1.1',
  '.altinstructions',
  '.rela.altinstructions',
  '.altinstr_replacement',
  '.modinfo',
  '.livepatch.hooks.load',
  '.livepatch.hooks.unload',
  FUNCS,
  RELA_FUNCS,
  '.livepatch.strings',
  DEPENDS,
  XEN_DEPENDS,
  BUILD_ID,
  '.symtab',
  '.strtab',
  '.shstrtab',
]

/** These are x86-64's alone. */
const WORTH_ON_X86: readonly string[] = ['.fixup', '.ex_table']

function sectionMutations(worth: readonly string[]): Mutation[] {
  const all = worth.flatMap(section =>
    SECTION_FIELD_NAMES.flatMap(field =>
      SECTION_VALUES[field].map(value =>
        rich(`section/${section}-${field}-${value.toString(16)}`, e => e.setSection(section, field, value)),
      ),
    ),
  )
  const random = Array.from({ length: 60 }, (_, index) =>
    rich(`section/random-${index}`, (e, source) => {
      const field = source.pick(SECTION_FIELD_NAMES)
      const value = source.pick([...SECTION_VALUES[field], BigInt(source.next()), BigInt(source.below(64))])
      e.setSection(1 + source.below(e.sectionCount - 1), field, value)
    }),
  )
  const notLoaded = worth.map(section =>
    rich(`not-loaded/${section}`, e => e.setSection(section, 'flags', e.section(section, 'flags') & ~SHF_ALLOC)),
  )
  const gone = worth
    .filter(name => !name.startsWith('.rela'))
    .map(section => rich(`gone/${section}`, e => e.rename(section, 'x')))
  return [...all, ...random, ...notLoaded, ...gone]
}

const SYMBOL_VALUES: Readonly<Record<SymbolField, readonly bigint[]>> = {
  name: [0n, 1n, 0xffffn, 0xffff_ffffn],
  info: [0n, 3n, 0x12n, 0x22n],
  other: [2n, 255n],
  section: [0n, 1n, 40n, 0xff00n, 0xfff1n, 0xfff2n, 0xfff3n, 0xffffn],
  value: [0n, 1n, 0x8000_0000n, 0xffff_ffff_ffff_ffffn],
  size: [0n, 1n, 0xffff_ffffn],
}

const NAMED: readonly string[] = [
  'xen_extra_version',
  'xen_changeset',
  'printk',
  'new_function_of_verify',
  'new_counter_of_verify',
  'on_load',
  'never',
  'modinfo',
]

function symbolMutations(): Mutation[] {
  const all = NAMED.flatMap(symbol =>
    SYMBOL_FIELD_NAMES.flatMap(field =>
      SYMBOL_VALUES[field].map(value =>
        rich(`symbol/${symbol}-${field}-${value.toString(16)}`, e => e.setSymbol(e.symbolNamed(symbol), field, value)),
      ),
    ),
  )
  const random = Array.from({ length: 40 }, (_, index) =>
    rich(`symbol/random-${index}`, (e, source) => {
      const field = source.pick(SYMBOL_FIELD_NAMES)
      e.setSymbol(
        1 + source.below(e.symbolCount - 1),
        field,
        source.pick([...SYMBOL_VALUES[field], BigInt(source.below(256))]),
      )
    }),
  )
  const renamed = (from: string, to: string) =>
    rich(`symbol/${from}-named-${to}`, e => {
      // The new name is written where a file's name was: nothing else asks for that.
      const at = Number(e.symbol(e.symbolNamed('new_function_of_verify'), 'name'))
      e.setSymbol(e.symbolNamed(from), 'name', at)
      for (let i = 0; i <= to.length; i++) e.put('.strtab', at + i, 1, to.charCodeAt(i) || 0)
    })
  return [
    ...all,
    ...random,
    renamed('xen_changeset', 'do_xen_version'),
    renamed('xen_changeset', 'no_such_symbol'),
    renamed('new_counter_of_verify', 'opt_cpu_info'),
    renamed('new_counter_of_verify', 'printk'),
    renamed('on_load', 'do_xen_version'),
    renamed('on_load', '.Llabel'),
    renamed('never', 'dom_cow'),
  ]
}

const RELOCATION_VALUES: Readonly<Record<RelocationField, readonly bigint[]>> = {
  offset: [0n, 0xfffn, 0xffff_ffffn, 0xffff_ffff_ffff_fffcn],
  type: [0n, 1n, 2n, 4n, 9n, 10n, 11n, 24n, 41n, 42n, 0xffn],
  symbol: [0n, 1n, 30n, 31n, 0xffff_ffffn],
  addend: [0n, 1n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffff_0000_0000n, 0x1_0000_0000n],
}

const RELOCATIONS: readonly (readonly [string, number])[] = [
  ['.rela.text', 0],
  [RELA_FUNCS, 0],
  [RELA_FUNCS, 1],
  [RELA_FUNCS, 4],
  ['.rela.livepatch.hooks.load', 0],
  ['.rela.livepatch.hooks.unload', 0],
  ['.rela.altinstructions', 0],
  ['.rela.altinstructions', 1],
  ['.rela.bug_frames.1', 0],
]
const RELOCATIONS_ON_X86: readonly (readonly [string, number])[] = [
  ['.rela.ex_table', 0],
  ['.rela.data.rel.ro.local', 0],
]

function relocationMutations(
  chosen: readonly (readonly [string, number])[],
  values: Readonly<Record<RelocationField, readonly bigint[]>>,
): Mutation[] {
  const all = chosen.flatMap(([section, index]) =>
    RELOCATION_FIELD_NAMES.flatMap(field =>
      values[field].map(value =>
        rich(`relocation/${section}-${index}-${field}-${value.toString(16)}`, e =>
          e.setRelocation(section, index, field, value),
        ),
      ),
    ),
  )
  const random = Array.from({ length: 60 }, (_, index) =>
    rich(`relocation/random-${index}`, (e, source) => {
      const section = source.pick(e.relocationSections)
      const field = source.pick(RELOCATION_FIELD_NAMES)
      const value = source.pick([...values[field], BigInt(source.below(64))])
      e.setRelocation(section, source.below(e.relocationCount(section)), field, value)
    }),
  )
  return [...all, ...random]
}

function noteMutations(): Mutation[] {
  const fields: readonly (readonly [name: string, at: number, values: readonly number[]])[] = [
    ['namesz', 0, [0, 3, 5, 8, 9, 0xffff_fffc, 0xffff_ffff]],
    ['descsz', 4, [0, 1, 16, 19, 21, 0xffff_fffc, 0xffff_ffff]],
    ['type', 8, [0, 1, 4]],
    ['owner', 12, [0, 0x00474e58, 0x20554e47]],
    ['id', 16, [0, 0xdead_beef]],
    ['last', 32, [0xdead_beef]],
  ]
  return [DEPENDS, XEN_DEPENDS, BUILD_ID].flatMap(section => [
    ...fields.flatMap(([name, at, values]) =>
      values.map(value => plain(`note/${section}-${name}-${value.toString(16)}`, e => e.put(section, at, 4, value))),
    ),
    ...[0, 11, 12, 13, 16, 17, 35].map(size =>
      plain(`note/${section}-size-${size}`, e => e.setSection(section, 'size', size)),
    ),
    plain(`note/${section}-longer`, e => e.move(section, 64)),
    plain(`note/${section}-longer-id`, e => e.move(section, 64).put(section, 4, 4, 32)),
  ])
}

function specialOnX86(): Mutation[] {
  const alternative: readonly (readonly [name: string, at: number, size: number, values: readonly number[]])[] = [
    ['feature', 8, 2, [0, 0x8000, 671, 672, 0x7fff, 0x83e8, 0xffff]],
    ['original-length', 10, 1, [0, 1, 4, 200, 255]],
    ['replacement-length', 11, 1, [0, 5, 6, 255]],
    ['padding', 12, 1, [0, 1, 2, 200, 255]],
    ['state', 13, 1, [1, 255]],
  ]
  return [
    ...[0, 1].flatMap(entry =>
      alternative.flatMap(([name, at, size, values]) =>
        values.map(value =>
          rich(`alternative/${entry}-${name}-${value.toString(16)}`, e =>
            e.put('.altinstructions', entry * 14 + at, size, value),
          ),
        ),
      ),
    ),
    ...[0, 1, 13, 14, 15, 27, 29].map(size =>
      rich(`alternative/size-${size}`, e => e.setSection('.altinstructions', 'size', size)),
    ),
    ...[0, 1, 2, 3, 4].map(size =>
      rich(`alternative/replacement-size-${size}`, e => e.setSection('.altinstr_replacement', 'size', size)),
    ),
    rich('alternative/no-code', e => {
      for (const name of ['.text', '.fixup', '.altinstr_replacement']) e.setSection(name, 'flags', 2)
    }),
    ...[0, 4, 7, 9, 12, 15].map(size => rich(`exception/size-${size}`, e => e.setSection('.ex_table', 'size', size))),
    ...[0, 4, 7, 9].map(size => rich(`bug-frame/size-${size}`, e => e.setSection('.bug_frames.1', 'size', size))),
    ...[0, 2, 3].map(kind =>
      rich(`bug-frame/kind-${kind}-cut`, e => {
        const name = Number(e.section('.bug_frames.1', 'name') + e.section('.shstrtab', 'offset'))
        e.write(name + '.bug_frames.'.length, 1, 0x30 + kind)
        e.setSection(`.bug_frames.${kind}`, 'size', 4)
      }),
    ),
  ]
}

function metadataMutations(): Mutation[] {
  return [
    ...[0, 1, 5, 21, 23].map(size => rich(`metadata/size-${size}`, e => e.setSection('.modinfo', 'size', size))),
    rich('metadata/no-nul', e => e.put('.modinfo', 21, 1, 0x41)),
    rich('metadata/only-nul', e => e.setSection('.modinfo', 'size', 1).put('.modinfo', 0, 1, 0)),
  ]
}

/** All of them, spread over every kind of rule. */
export function allMutations(): readonly Mutation[] {
  return named([
    ...headerMutations(),
    ...fileMutations(),
    ...sectionMutations([...WORTH, ...WORTH_ON_X86]),
    ...symbolMutations(),
    ...relocationMutations([...RELOCATIONS, ...RELOCATIONS_ON_X86], RELOCATION_VALUES),
    ...noteMutations(),
    ...functionMutations(),
    ...specialOnX86(),
    ...metadataMutations(),
    ...hookMutations(),
  ])
}

/** The same of a payload for AArch64. */
export function allArm64Mutations(): readonly Mutation[] {
  return named([
    ...headerMutations(),
    ...fileMutations(),
    ...sectionMutations(WORTH),
    ...symbolMutations(),
    ...relocationMutations(RELOCATIONS, { ...RELOCATION_VALUES, type: ARM64_TYPES }),
    ...noteMutations(),
    ...functionMutations(),
    ...arm64Mutations(),
    ...metadataMutations(),
    ...hookMutations(),
  ])
}

function named(all: readonly Mutation[]): readonly Mutation[] {
  const names = new Set(all.map(({ name }) => name))
  if (names.size !== all.length) throw new Error('two mutations have the same name')
  return all
}

/** The payload of one mutation; the same seed gives the same bytes. */
export function mutate(mutation: Mutation, base: Uint8Array, seed: number): Uint8Array {
  const editor = new Editor(base)
  let hash = seed
  for (const character of mutation.name) hash = (Math.imul(hash, 31) + character.charCodeAt(0)) | 0
  mutation.edit(editor, new Random(hash))
  return editor.bytes
}
