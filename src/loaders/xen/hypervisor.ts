/** What is asked of a hypervisor, whatever file tells it. */
import type { ElfSymbol } from '../../elf/model.ts'
import type { BootEdit } from './boot-edits.ts'
import type { LinkedEntry } from './linked-tables.ts'
import type { TableUse } from './table-use.ts'

export interface HypervisorSymbol {
  /** As Xen's own table spells it: `common/irq.c#foo` for a local symbol, `do_memory_op` for a global one. */
  readonly name: string
  /** As the ELF file spells it, without its file. */
  readonly plainName: string
  /** The FILE symbol in front of a local symbol; empty for globals. */
  readonly file: string
  readonly address: bigint
  /** 0 where the file does not say (labels of assembly code). */
  readonly size: number
  /** True where `size` is only how far it is to what comes next. */
  readonly atMost?: boolean
  readonly kind: ElfSymbol<'original'>['kind']
  readonly local: boolean
}

/** What is mapped at an address once the hypervisor is up. */
export type MemoryKind = 'code' | 'read-only' | 'writable'

export interface HypervisorSymbols {
  /** `image`: what Xen's own table tells, of an image that boots; `efi`: nothing but the build-id. */
  readonly format: 'elf' | 'image' | 'efi'
  /** EM_*; undefined for `efi`. */
  readonly machine: number | undefined
  /** Of any length; undefined where the hypervisor has none. */
  readonly buildId: Uint8Array | undefined
  /** Whether the hypervisor was built with CONFIG_LIVEPATCH; undefined for `efi`. */
  readonly takesPayloads: boolean | undefined
  /** Whether it is a debug build (CONFIG_DEBUG), whose assertions stop it. */
  readonly debug: boolean | undefined
  /** What its loader does with a payload's table of functions; undefined where the image does not tell. */
  readonly tableUse: TableUse | undefined
  /** Every symbol with a place, in the order of addresses. */
  readonly symbols: readonly HypervisorSymbol[]
  /** Those of a name, where there is a quicker way to them. */
  symbolsNamed?(name: string): readonly HypervisorSymbol[]
  /** The address that Xen's own search finds for a name in its spelling. */
  lookup(name: string): bigint | undefined
  /** Symbols that start at `address`, functions first. */
  symbolsAt(address: bigint): readonly HypervisorSymbol[]
  /** The symbol with the greatest address not above `address`, in the same section. */
  symbolBefore(address: bigint): HypervisorSymbol | undefined
  /** The next symbol's address above `address`. */
  nextSymbolAddress(address: bigint): bigint | undefined
  /** Bytes as the image file has them; zeros for .bss; undefined unless one section holds all of them. */
  bytesAt(address: bigint, size: number): Uint8Array | undefined
  /** Whether these characters stand somewhere in the image's constants; undefined where those are not known. */
  hasConstant(text: string): boolean | undefined
  /** Undefined where nothing is mapped; init code and data are freed once Xen is up. */
  memoryAt(address: bigint): MemoryKind | undefined
  /** Whether `address` lies in memory that is freed after boot. */
  freedAfterBoot(address: bigint): boolean
  /** Sections whose entries the image has tables of. */
  readonly tables: readonly string[]
  /** The entries of a section's table, in its order; undefined where there is none, or its layout is not known. */
  entriesOf(section: string): readonly LinkedEntry[] | undefined
  /** Where that table begins and ends. */
  boundsOf(section: string): readonly [bigint, bigint] | undefined
  /**
   * Places in [address, address + size) that Xen edits while booting: alternatives and landing pads. Undefined where that
   * is not known of its machine.
   */
  bootEdits(address: bigint, size: number): readonly BootEdit[] | undefined
}
