/**
 * The special tables of a linked Linux kernel, as its linker script gathers them, and what scripts/sorttable has sorted.
 * Sources: Linux 6.1 include/asm-generic/vmlinux.lds.h (EXCEPTION_TABLE, BUG_TABLE, JUMP_TABLE_DATA, STATIC_CALL_DATA,
 * MCOUNT_REC) and arch/x86/kernel/vmlinux.lds.S; scripts/sorttable.h (__ex_table and __mcount_loc, by the places that
 * their entries are about; nothing else is moved).
 */
import type { LinkedEntry } from '../xen/linked-tables.ts'
import { linuxEntryLayout } from './entries.ts'

interface Row {
  readonly section: string
  readonly start: string
  readonly end: string
  /** Entries begin with an address of 8 bytes; else with a distance of 4, counted from itself. */
  readonly absolute?: true
  /** Zeros fill the table up to the next page. */
  readonly filled?: true
  /** Entries that hold 0 were taken out by the build (weak functions that others replace). */
  readonly emptied?: true
}

const TABLES: readonly Row[] = [
  { section: '.altinstructions', start: '__alt_instructions', end: '__alt_instructions_end' },
  { section: '__bug_table', start: '__start___bug_table', end: '__stop___bug_table' },
  { section: '__ex_table', start: '__start___ex_table', end: '__stop___ex_table' },
  { section: '__jump_table', start: '__start___jump_table', end: '__stop___jump_table' },
  { section: '.parainstructions', start: '__parainstructions', end: '__parainstructions_end', absolute: true },
  { section: '.smp_locks', start: '__smp_locks', end: '__smp_locks_end', filled: true },
  { section: '.static_call_sites', start: '__start_static_call_sites', end: '__stop_static_call_sites' },
  { section: '.return_sites', start: '__return_sites', end: '__return_sites_end' },
  { section: '.call_sites', start: '__call_sites', end: '__call_sites_end' },
  { section: '.retpoline_sites', start: '__retpoline_sites', end: '__retpoline_sites_end' },
  { section: '__mcount_loc', start: '__start_mcount_loc', end: '__stop_mcount_loc', absolute: true, emptied: true },
]

/** Sections whose entries the image's tables hold. */
export const LINUX_TABLES: readonly string[] = TABLES.map(({ section }) => section)

/** An image as far as its tables need it. */
export interface LinkedKernel {
  /** EM_*. */
  readonly machine: number
  addressOf(name: string): bigint | undefined
  bytesAt(address: bigint, size: number): Uint8Array | undefined
  /** Bytes of an entry of the section's table; undefined where the kernel does not say. */
  entrySize(section: string): number | undefined
  /** Whether code is there, or was while the system booted. */
  isCode(address: bigint): boolean
}

/** Undefined where the kernel says something else than what is known. */
function kernelEntrySize(section: string, kernel: LinkedKernel): number | undefined {
  const layout = linuxEntryLayout(section, kernel.machine)
  const said = kernel.entrySize(section)
  if (layout === undefined || said === undefined) return layout?.size
  return [layout.size, ...layout.otherSizes].find(size => size === said)
}

/** Where the table of a section begins and ends; undefined where the kernel has none. */
export function kernelTableBounds(
  section: string,
  { addressOf }: Pick<LinkedKernel, 'addressOf'>,
): readonly [bigint, bigint] | undefined {
  const row = TABLES.find(each => each.section === section)
  const [start, end] = row === undefined ? [] : [addressOf(row.start), addressOf(row.end)]
  return start === undefined || end === undefined || end < start ? undefined : [start, end]
}

/**
 * The entries of a section's table in its order; undefined where the kernel has none. Each of them is about code, or the
 * layout is another one's: then they are not known either, as nobody could tell which entry is whose.
 */
export function kernelEntries(section: string, kernel: LinkedKernel): readonly LinkedEntry[] | undefined {
  const bounds = kernelTableBounds(section, kernel)
  const bytes = bounds && kernel.bytesAt(bounds[0], Number(bounds[1] - bounds[0]))
  return bounds && bytes && sectionEntries(section, { address: bounds[0], bytes }, kernel)
}

/** The same of a table that is known already: a module's section. */
export function sectionEntries(
  section: string,
  { address: start, bytes }: { readonly address: bigint; readonly bytes: Uint8Array },
  kernel: LinkedKernel,
): readonly LinkedEntry[] | undefined {
  const row = TABLES.find(each => each.section === section)
  const size = kernelEntrySize(section, kernel)
  if (row === undefined || size === undefined || bytes.length % size !== 0) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const entries = Array.from({ length: bytes.length / size }, (_, index): LinkedEntry => {
    const address = start + BigInt(index * size)
    const at = index * size
    const about = row.absolute === true ? view.getBigUint64(at, true) : address + BigInt(view.getInt32(at, true))
    return new Entry({ address, about }, { table: bytes, at, size })
  })
  const last = entries.findLastIndex(({ address, about }) => row.filled !== true || about !== address)
  const filled = entries.slice(0, last + 1).filter(({ about }) => row.emptied !== true || about !== 0n)
  return filled.every(({ about }) => kernel.isCode(about)) ? filled : undefined
}

/** There are a hundred thousand of them, and few are looked into. */
class Entry implements LinkedEntry {
  readonly address: bigint
  readonly about: bigint
  readonly #table: Uint8Array
  readonly #at: number
  readonly #size: number

  constructor(
    { address, about }: Pick<LinkedEntry, 'address' | 'about'>,
    { table, at, size }: { readonly table: Uint8Array; readonly at: number; readonly size: number },
  ) {
    this.address = address
    this.about = about
    this.#table = table
    this.#at = at
    this.#size = size
  }

  get bytes(): DataView {
    return new DataView(this.#table.buffer, this.#table.byteOffset + this.#at, this.#size)
  }
}
