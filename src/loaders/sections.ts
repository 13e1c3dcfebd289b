/**
 * What each section is to a hotpatch, as a table: the first row that matches a section's name decides.
 *
 * Sources: Xen 4.17 arch/x86/xen.lds.S (what the linker script gathers and what is freed after boot) and
 * common/livepatch.c (what the loader takes); for programs, the gABI and the toolchain's conventions.
 * To add a section: a row, above the more general ones. An allocated section without a row is `unknown`, and a payload
 * that would need it is refused: a section that the loader does not know would be loaded and never looked at.
 */

export type SectionClass =
  /** Functions that run after boot. */
  | 'code'
  /** Functions whose memory is freed, or which never run again, once the system is up. */
  | 'init-code'
  | 'init-data'
  /** Variables. */
  | 'data'
  | 'read-only'
  /** Addressed relative to each CPU's own block; a payload cannot bring new ones. */
  | 'percpu'
  /** Thread-local storage. */
  | 'tls'
  /** A table of fixed-size entries that belong to functions; `entries.ts` has the layout. */
  | 'entries'
  /** Code that only special entries reach. */
  | 'chunks'
  /** Pointers to functions that run when the payload is applied or reverted. */
  | 'hooks'
  /** Lists for this tool, consumed. */
  | 'directive'
  /** Entry points and the like: position or layout matters, a jump cannot be written there. */
  | 'fixed-code'
  /** Loaded, and yet no part of what runs: each row says why. What is not loaded at all is left out anyhow. */
  | 'dropped'
  | 'unknown'

interface Row {
  /** A whole name, or a prefix where it ends in `*`. */
  readonly match: string
  readonly class: SectionClass
}

const rows = (sectionClass: SectionClass, ...matches: readonly string[]): readonly Row[] =>
  matches.map(match => ({ match, class: sectionClass }))

/** Sections that only Xen has. */
const XEN: readonly Row[] = [
  ...rows('hooks', '.livepatch.hooks.*'),
  ...rows('directive', '.livepatch.ignore.*', '.modinfo'),
  ...rows('entries', '.bug_frames.*', '.altinstructions', '.alt_call_sites', '.ex_table'),
  ...rows('chunks', '.fixup', '.altinstr_replacement'),
  // The early exception table is walked for entry code only; the loader has no place for it.
  ...rows('unknown', '.ex_table.pre'),
  ...rows('init-code', '.init.text', '.init.text.*'),
  ...rows('init-data', '.init.*', '.initcall*', '.initcallpresmp.init', '.trampoline_rel', '.trampoline_seg'),
  ...rows('fixed-code', '.text.entry', '.text.entry.*', '.text.header', '.text.kexec', '.text.page_aligned'),
  ...rows('percpu', '.bss.percpu', '.bss.percpu.*'),
  // Tables that the linker gathers, whatever lies before them in the alphabet: parameters, schedulers, PCI handlers.
  ...rows('unknown', '.data.param', '.data.schedulers', '.data.vpci*', '.data.rel.ro.vpci*', '.lockprofile.data'),
  ...rows('dropped', '.discard', '.discard.*', '.reloc'),
]

const COMMON: readonly Row[] = [
  // Says how to get out of code, which is compared itself.
  ...rows('dropped', '.eh_frame', '.sframe'),
  // Marks of the tools, which nothing reads that runs: a name that only begins so is the program's own.
  ...rows('dropped', '.note.gnu.property', '.note.gnu.build-id', '.note.ABI-tag', '.debug_gdb_scripts'),
  // Places that tracers find in the code that was linked; a payload's code has none that they would look for.
  ...rows('dropped', '__patchable_function_entries', '__mcount_loc'),
  ...rows('init-code', '.text.startup', '.text.startup.*', '.text.exit', '.text.exit.*'),
  ...rows('code', '.text', '.text.*'),
  ...rows('read-only', '.rodata', '.rodata.*', '.data.rel.ro', '.data.rel.ro.*'),
  ...rows('data', '.data', '.data.*', '.bss', '.bss.*'),
  ...rows('tls', '.tdata', '.tdata.*', '.tbss', '.tbss.*'),
  ...rows('init-data', '.init_array*', '.fini_array*', '.preinit_array*', '.ctors*', '.dtors*'),
]

/** Programs: nothing special but what every ELF file has; hook and directive sections are ours. */
const PROCESS: readonly Row[] = [
  // Destructors, which gcc puts there, have their turn still to come.
  ...rows('code', '.text.exit', '.text.exit.*'),
  ...rows('hooks', '.livepatch.hooks.*'),
  ...rows('directive', '.livepatch.ignore.*', '.modinfo'),
  ...rows('read-only', '.gcc_except_table', '.gcc_except_table.*'),
]

export type SectionTable = 'xen' | 'process'

const TABLES: Readonly<Record<SectionTable, readonly Row[]>> = {
  xen: [...XEN, ...COMMON],
  process: [...PROCESS, ...COMMON],
}

/** Answers given before: objects of one tree have the same few thousand names. */
const ANSWERS: Readonly<Record<SectionTable, Map<string, SectionClass>>> = { xen: new Map(), process: new Map() }

/** What a section of this name is to a hotpatch of `table`'s kind of system. */
export function classifySection(name: string, table: SectionTable): SectionClass {
  const known = ANSWERS[table].get(name)
  if (known !== undefined) return known
  const row = TABLES[table].find(({ match }) =>
    match.endsWith('*') ? name.startsWith(match.slice(0, -1)) : name === match,
  )
  const found = row?.class ?? 'unknown'
  ANSWERS[table].set(name, found)
  return found
}
