/** Entries of the function table made wrong: each field, the addresses, the names. */
import type { Editor } from './editor.ts'
import type { Mutation } from './mutations.ts'

const FUNCS = '.livepatch.funcs'
const RELA_FUNCS = '.rela.livepatch.funcs'

const rich = (name: string, edit: Mutation['edit']): Mutation => ({ name, base: 'rich', edit })

const FIELDS: readonly (readonly [name: string, at: number, size: number, values: readonly bigint[]])[] = [
  ['new-size', 24, 4, [0n, 31n, 32n, 0xffff_ffffn]],
  ['old-size', 28, 4, [0n, 1n, 4n, 5n, 8n, 0xffff_ffffn]],
  ['version', 32, 1, [0n, 1n, 3n]],
  ['padding', 33, 1, [1n]],
  ['expect', 72, 1, [0n, 1n, 0x3fn, 0x41n, 0x81n, 0x0bn, 0x19n]],
  ['expected-byte', 73, 1, [0n]],
  ['expected-tail', 85, 1, [7n]],
]

const ADDRESSES = [0x10n, 0xffff_82d0_4000_0000n, 0xffff_82d0_4030_0000n, 0x7fff_ffff_ffffn, 0x8000_0000_0000_0000n]

/** Writes an address of our own where the loader would have put one. */
const fixed = (offset: number, value: bigint) => (e: Editor) => {
  if (e.sectionNames.includes(RELA_FUNCS)) {
    for (let i = 0; i < e.relocationCount(RELA_FUNCS); i++) {
      if (e.relocation(RELA_FUNCS, i, 'offset') === BigInt(offset)) e.setRelocation(RELA_FUNCS, i, 'type', 0n)
    }
  }
  e.put(FUNCS, offset, 8, value)
}

export function functionMutations(): Mutation[] {
  return [...fieldMutations(), ...addressMutations(), ...nameMutations()]
}

function fieldMutations(): Mutation[] {
  return [
    ...[0, 1].flatMap(entry =>
      FIELDS.flatMap(([name, at, size, values]) =>
        values.map(value =>
          rich(`function/${entry}-${name}-${value.toString(16)}`, e => e.put(FUNCS, entry * 104 + at, size, value)),
        ),
      ),
    ),
  ]
}

function addressMutations(): Mutation[] {
  return [
    ...ADDRESSES.map(value => rich(`function/old-address-${value.toString(16)}`, fixed(104 + 16, value))),
    ...ADDRESSES.map(value => rich(`function/new-address-${value.toString(16)}`, fixed(8, value))),
    ...ADDRESSES.map(value => rich(`function/name-address-${value.toString(16)}`, fixed(0, value))),
    rich('function/name-null', fixed(0, 0n)),
    rich('function/old-null', fixed(104 + 16, 0n)),
    ...[0n, 1n, 5n, 10n, 31n, 32n].map(size =>
      rich(`function/switched-off-${size}`, e => {
        fixed(104 + 8, 0n)(e)
        e.put(FUNCS, 104 + 24, 4, size)
      }),
    ),
    ...[0, 1, 103, 104, 105, 207, 209].map(size =>
      rich(`function/table-size-${size}`, e => e.setSection(FUNCS, 'size', size)),
    ),
    rich('function/twice', e => {
      const addend = e.relocation(RELA_FUNCS, e.relocationAt(RELA_FUNCS, 0), 'addend')
      fixed(104 + 16, 0n)(e)
      e.setRelocation(RELA_FUNCS, e.relocationAt(RELA_FUNCS, 104), 'addend', addend)
    }),
  ]
}

function nameMutations(): Mutation[] {
  return [
    ...[
      'do_xen_versio',
      'printk',
      'do_iret',
      'opt_cpu_info',
      'start_secondary',
      'reset_stack',
      '__init_begin',
      'acpi_boot_init',
      '',
      'domain.c#nothing',
    ].map(name =>
      rich(`function/named-${name || 'nothing'}`, e => {
        for (let i = 0; i < 18; i++) e.put('.livepatch.strings', i, 1, name.charCodeAt(i) || 0)
      }),
    ),
  ]
}
