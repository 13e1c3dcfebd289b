/** The machines whose hypervisor a fix is taken for: where its sources are, how it is built, and what it is rehearsed on. */
export interface SeriesMachine {
  /** As the table says. */
  readonly name: string
  /** What a hypervisor for it is made of, as git's paths. */
  readonly sources: readonly string[]
  /** What is of no other machine. */
  readonly own: readonly string[]
  /** What make is told. */
  readonly make: readonly string[]
  /** What build and verify are told of the processor that rehearses. */
  readonly options: readonly string[]
}

const but = (...folders: readonly string[]) => ['xen', ...folders.map(folder => `:!xen/arch/${folder}`)]

const X86: SeriesMachine = {
  name: 'x86-64',
  sources: but('arm', 'riscv', 'ppc'),
  own: ['xen/arch/x86'],
  make: [],
  // Some early bases die of alternatives where processors have it.
  options: ['--without-ibt'],
}

const ARM64: SeriesMachine = {
  name: 'AArch64',
  sources: but('x86', 'riscv', 'ppc'),
  own: ['xen/arch/arm'],
  make: ['XEN_TARGET_ARCH=arm64', 'CROSS_COMPILE=aarch64-linux-gnu-'],
  options: [],
}

/** By the word of the command line. */
export const MACHINES: ReadonlyMap<string, SeriesMachine> = new Map([
  ['x86', X86],
  ['arm64', ARM64],
])

/** Where a row of a table tells none. */
export const USUAL = X86
