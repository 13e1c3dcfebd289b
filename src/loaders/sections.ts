/**
 * What each section is to a hotpatch, as a table for each loader: the first row that matches a section's name decides.
 *
 * Sources: the gABI and the toolchain's conventions; each loader's own rows say theirs.
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
  /** Places in code where the starting system writes a constant, once: code that comes later is never filled in. */
  | 'boot-constants'
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

/** Rows of one class. */
export const rows = (sectionClass: SectionClass, ...matches: readonly string[]): readonly Row[] =>
  matches.map(match => ({ match, class: sectionClass }))

/** What every compiler makes of C, whatever loads it. */
export const COMMON_SECTIONS: readonly Row[] = [
  // Says how to get out of code, which is compared itself.
  ...rows('dropped', '.eh_frame', '.sframe'),
  // Marks of the tools, which nothing reads that runs: a name that only begins so is the program's own.
  ...rows('dropped', '.note.gnu.property', '.note.gnu.build-id', '.note.ABI-tag', '.debug_gdb_scripts'),
  // Places that tracers find in the code that was linked; a payload's code has none that they would look for.
  ...rows('dropped', '__patchable_function_entries', '__mcount_loc'),
  // Places of traps, by which who handles one tells what it was; the code at each is compared itself.
  ...rows('dropped', '.kcfi_traps'),
  ...rows('init-code', '.text.startup', '.text.startup.*', '.text.exit', '.text.exit.*'),
  ...rows('code', '.text', '.text.*'),
  ...rows('read-only', '.rodata', '.rodata.*', '.data.rel.ro', '.data.rel.ro.*'),
  // Addresses that the linker has filled in when anything runs (POWER).
  ...rows('read-only', '.toc'),
  ...rows('data', '.data', '.data.*', '.bss', '.bss.*'),
  ...rows('tls', '.tdata', '.tdata.*', '.tbss', '.tbss.*'),
  ...rows('init-data', '.init_array*', '.fini_array*', '.preinit_array*', '.ctors*', '.dtors*'),
]

/**
 * Answers by the first of these rows that fits, and remembers its answers: objects of one tree have the same few thousand
 * names. One object can have a thousand of its own, so whole names are looked up, and only beginnings are tried in turn.
 */
export function sectionClasses(table: readonly Row[]): (name: string) => SectionClass {
  const answers = new Map<string, SectionClass>()
  const beginnings: { readonly start: string; readonly row: number }[] = []
  const whole = new Map<string, number>()
  for (const [row, { match }] of table.entries()) {
    if (match.endsWith('*')) beginnings.push({ start: match.slice(0, -1), row })
    else if (!whole.has(match)) whole.set(match, row)
  }
  return name => {
    const known = answers.get(name)
    if (known !== undefined) return known
    const own = whole.get(name) ?? table.length
    const row = Math.min(own, beginnings.find(({ start }) => name.startsWith(start))?.row ?? table.length)
    const found = table[row]?.class ?? 'unknown'
    answers.set(name, found)
    return found
  }
}
