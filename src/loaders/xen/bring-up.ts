/**
 * Functions of Xen that run when a processor comes up, and not again: they can be replaced, but the processors that run do
 * not get what a new version sets. Sources: arch/x86/smpboot.c (start_secondary, smp_callin), arch/x86/cpu/common.c and
 * the cpu_dev tables of arch/x86/cpu of Xen 4.17 to 4.22. A resume from sleep brings processors up anew, too.
 */
interface Row {
  /** The object file below the build folder, or a folder with its slash. */
  readonly unit: string
  readonly functions: RegExp
}

const ROWS: readonly Row[] = [
  { unit: 'arch/x86/smpboot.o', functions: /^(?:start_secondary|smp_callin|smp_store_cpu_info|set_cpu_sibling_map)$/ },
  {
    unit: 'arch/x86/cpu/common.o',
    functions: /^(?:identify_cpu|generic_identify|default_init|cpu_init|load_system_tables)$/,
  },
  // c_init and c_early_init of each maker.
  { unit: 'arch/x86/cpu/', functions: /^(?:early_)?init_[a-z0-9]+$/ },
  { unit: 'arch/x86/x86_64/traps.o', functions: /^(?:percpu_traps_init|subarch_percpu_traps_init)$/ },
  { unit: 'arch/x86/tsx.o', functions: /^tsx_init$/ },
  { unit: 'arch/x86/hvm/', functions: /^(?:vmx|svm|hvm)_cpu_up$/ },
]

/** Whether `name` of `unit` runs only while a processor comes up. */
export function xenBringsUp(unit: string, name: string): boolean {
  return ROWS.some(
    row => (row.unit.endsWith('/') ? unit.startsWith(row.unit) : unit === row.unit) && row.functions.test(name),
  )
}
