/** What `relocating.ts` found, rule by rule, and the tables that the kernel goes through after it. */
import { linuxEntryLayout } from '../../loaders/linux/entries.ts'
import type { LinuxRules } from '../../loaders/linux/kernel-facts.ts'
import { type LinkedKernel, sectionEntries } from '../../loaders/linux/linked-tables.ts'
import { finding, hex, when } from '../finding.ts'
import { EXECUTE } from '../xen/raw.ts'
import type { ModuleLoadContext } from './load-context.ts'
import { relocatedOf } from './relocating.ts'
import type { ModuleRule } from './rule.ts'

const apply = 'arch/x86/kernel/module.c __apply_relocate_add'
const klp = 'kernel/livepatch/core.c klp_resolve_symbols'

const row = (code: string, source: string, title: string): ModuleRule => ({
  code,
  step: 'relocations',
  source,
  title,
  check: loading =>
    relocatedOf(loading)
      .findings.filter(each => each.code === code)
      .map(each => each.finding),
})

const TABLES = [
  '.altinstructions',
  '__bug_table',
  '__ex_table',
  '__jump_table',
  '.static_call_sites',
  '.smp_locks',
  '.retpoline_sites',
  '.return_sites',
]

/** What the module loader of one version goes through besides. */
const OF_VERSION: Readonly<Record<LinuxRules, readonly string[]>> = {
  '6.1': ['.parainstructions'],
  '6.12': ['.call_sites'],
}

/** As this kernel has it. */
const entrySizeOf = (name: string, { kernel, header }: ModuleLoadContext): number =>
  kernel.facts.entrySize(name) ?? linuxEntryLayout(name, header.machine)?.size ?? 1

/** Alternatives as they stand after relocation. */
function alternatives(loading: ModuleLoadContext) {
  const section = loading.find('.altinstructions')
  const bytes = section && relocatedOf(loading).contents.get(section.index)
  if (section === undefined || bytes === undefined) return []
  const start = loading.placed.addresses[section.index] ?? 0n
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const size = entrySizeOf('.altinstructions', loading)
  return Array.from({ length: Math.floor(bytes.length / size) }, (_, index) => {
    const at = index * size
    return {
      index,
      instruction: start + BigInt(at + view.getInt32(at, true)),
      length: view.getUint8(at + size - 2),
      replacement: view.getUint8(at + size - 1),
    }
  })
}

function isCode(address: bigint, { sections, placed }: ModuleLoadContext): boolean {
  return sections.some(({ flags, index, size }) => {
    const start = placed.addresses[index] ?? 0n
    return (flags & EXECUTE) !== 0 && address >= start && address < start + size
  })
}

/** The table as it stands after relocation, where an entry of it is about anything but the module's own code. */
function strayTable(name: string, loading: ModuleLoadContext): boolean {
  const section = loading.find(name)
  const bytes = section && relocatedOf(loading).contents.get(section.index)
  if (section === undefined || bytes === undefined || bytes.length % entrySizeOf(name, loading) !== 0) return false
  const { kernel, header, placed } = loading
  const own: LinkedKernel = {
    machine: header.machine,
    addressOf: () => undefined,
    bytesAt: () => undefined,
    entrySize: table => kernel.facts.entrySize(table),
    isCode: address => isCode(address, loading),
  }
  return sectionEntries(name, { address: placed.addresses[section.index] ?? 0n, bytes }, own) === undefined
}

/** Where ftrace's calls are: kernel/trace/ftrace.c, ftrace_module_init(). */
const CALLS = '__mcount_loc'

export const RELOCATION_RULES: readonly ModuleRule[] = [
  row('relocation-rel', 'kernel/module/main.c apply_relocations', 'relocations have addends'),
  row(
    'klp-section-name',
    'kernel/livepatch/core.c klp_apply_section_relocs',
    'relocations of the live patching core say whose they are',
  ),
  row('klp-symbol', klp, 'they are by symbols that are marked for it'),
  row('klp-symbol-name', klp, 'these say whose they are, which, and the how many-th'),
  row('klp-symbol-object', klp, 'those of the kernel itself do not wait for a module, nor the other way round'),
  row(
    'klp-symbol-found',
    'kernel/livepatch/core.c klp_find_object_symbol',
    'the kernel has each of them at that position',
  ),
  row('klp-symbol-elsewhere', apply, 'no other relocation is by such a symbol'),
  row('relocation-symbol', apply, 'relocations name symbols that are there'),
  row('relocation-type', apply, 'the kernel knows their types'),
  row('relocation-offset', apply, 'their fields lie in their sections'),
  row('relocation-nonzero', apply, 'their fields hold 0 before'),
  row('relocation-overflow', apply, 'their values fit'),
  row('relocation-cut', apply, 'no distance is cut off'),
  {
    code: 'table-size',
    step: 'finalize',
    source: 'arch/x86/kernel/module.c module_finalize; kernel/module/main.c find_module_sections',
    title: 'tables beside code have whole entries',
    check: loading =>
      [...TABLES, ...OF_VERSION[loading.kernel.facts.version]].flatMap(name => {
        const size = loading.find(name)?.size ?? 0n
        const entry = BigInt(entrySizeOf(name, loading))
        return when(size % entry !== 0n, () =>
          finding('wrong', `${name} has ${size} bytes, entries have ${entry}: the kernel reads on behind it`, name),
        )
      }),
  },
  {
    code: 'table-places',
    step: 'finalize',
    source:
      'arch/x86/kernel/alternative.c apply_returns, apply_retpolines; kernel/jump_label.c jump_label_add_module; kernel/trace/ftrace.c ftrace_process_locs',
    title: 'entries of tables beside code are about the module’s own code',
    check: loading =>
      [...TABLES, CALLS, ...OF_VERSION[loading.kernel.facts.version]].flatMap(name =>
        when(strayTable(name, loading), () =>
          finding(
            'wrong',
            `${name} has an entry about a place where the module has no code: the kernel goes there`,
            name,
          ),
        ),
      ),
  },
  {
    code: 'alternatives',
    step: 'finalize',
    source: 'arch/x86/kernel/alternative.c apply_alternatives',
    title: 'alternatives are about the module’s code, and no longer than what they replace',
    check: loading =>
      alternatives(loading).flatMap(({ index, instruction, length, replacement }) => [
        ...when(!isCode(instruction, loading), () =>
          finding(
            'crash',
            `entry ${index} is about ${hex(instruction)}, where the module has no code`,
            '.altinstructions',
            index,
          ),
        ),
        ...when(replacement > length, () =>
          finding(
            'wrong',
            `entry ${index} puts ${replacement} bytes in the place of ${length}: what follows is overwritten`,
            '.altinstructions',
            index,
          ),
        ),
      ]),
  },
  {
    code: 'unwinding',
    step: 'run',
    source: 'arch/x86/kernel/unwind_orc.c; kernel/livepatch/transition.c klp_check_stack',
    title:
      'stacks with the module’s code on them can be read: tasks in it can change over when the patch is taken back',
    check: loading => {
      const { facts } = loading.kernel
      const has = ['.orc_unwind', '.orc_unwind_ip'].every(name => (loading.find(name)?.size ?? 0n) > 0n)
      return [
        ...when(!facts.hasOrc, () =>
          finding(
            'warning',
            'the kernel has no table to unwind stacks by (CONFIG_UNWINDER_ORC): a task that sleeps in old code holds the transition up',
          ),
        ),
        ...when(facts.hasOrc && !has, () =>
          finding(
            'warning',
            'the module has no table to unwind its code by: a task that sleeps in it holds every later transition up',
          ),
        ),
      ]
    },
  },
]
