/**
 * A kernel with some of its modules, as if these were loaded: one image in which names and code of all are found. So whatever
 * is asked of the kernel's own code, proof and names, is asked of a module's in the same way.
 *
 * Which mistake is worse: a module that is another build's is taken for the one that runs. Its words must be the kernel's
 * (vermagic), and its code is held against the tree's, function by function, as the kernel's is.
 */
import { SHF_EXECINSTR, SHF_WRITE } from '../../elf/spec/constants.ts'
import { hasFlag } from '../../elf/spec/flags.ts'
import { sectionBytes } from '../section-bytes.ts'
import type { HypervisorSymbol } from '../xen/hypervisor.ts'
import { SymbolsByAddress } from '../xen/symbols-by-address.ts'
import { ftracePlaces, type KernelImage, ownParts } from './kernel-image.ts'
import { type LinkedKernel, sectionEntries } from './linked-tables.ts'
import { type ModuleFile, type ModuleName, type PlacedModule, placeModule } from './placed-module.ts'
import { SEALED, sealedIn } from './sealed.ts'

/** Any place will do that the kernel's code can reach, and where no live patch is thought to be (verify/linux/placing.ts). */
const START = 0xffff_ffff_d000_0000n
const APART = 0x100_0000n

/** `files` in the order in which they can be loaded: each after those that it needs. */
export function kernelWithModules(kernel: KernelImage, files: readonly ModuleFile[]): KernelImage {
  if (files.length === 0) return kernel
  const placed: PlacedModule[] = []
  const exported = (name: string) =>
    kernel.exportOf(name)?.address ?? placed.flatMap(({ names }) => exportIn(names, name) ?? [])[0]
  for (const file of files) placed.push(placeModule(file, START + BigInt(placed.length) * APART, exported))
  return withPlaced(kernel, placed)
}

/** What a module exports has an entry in its table under that name. */
function exportIn(names: readonly ModuleName[], wanted: string): bigint | undefined {
  if (!names.some(({ name }) => name === `__ksymtab_${wanted}`)) return undefined
  return names.find(({ name, local }) => name === wanted && !local)?.address
}

function withPlaced(kernel: KernelImage, modules: readonly PlacedModule[]): KernelImage {
  const own = modules.flatMap(({ names }) => names.filter(({ starts }) => !starts).map(symbolOf))
  const all = new SymbolsByAddress([...kernel.symbols, ...own])
  const ownNamed = (wanted: string) => own.filter(({ name }) => name === wanted)
  const lookup = (name: string) => kernel.lookup(name) ?? ownNamed(name)[0]?.address
  const sections = modules.flatMap(each => each.sections)
  const sectionAt = (address: bigint) =>
    address < START
      ? undefined
      : sections.find(each => address >= each.address && address < each.address + BigInt(each.size))
  const bytesAt = (address: bigint, size: number) =>
    address < START ? kernel.bytesAt(address, size) : sectionBytes(sectionAt(address), address, size)
  const linked: LinkedKernel = {
    machine: kernel.machine ?? 0,
    addressOf: lookup,
    entrySize: section => kernel.facts.entrySize(section),
    bytesAt,
    isCode: address => hasFlag(sectionAt(address)?.flags ?? 0, SHF_EXECINSTR),
  }
  const tableOf = (name: string) => sections.filter(each => each.name === name)
  const sites = new Set(tableOf('__mcount_loc').flatMap(({ bytes }) => [...new BigUint64Array(aligned(bytes))]))
  const sealed = new Set(tableOf(SEALED).flatMap(sealedIn))
  const starts = sections.filter(({ name }) => name.startsWith('.init'))
  return {
    ...ownParts(kernel),
    modules: modules.map(({ name }) => name),
    moduleAt: address => moduleAt(modules, address),
    namedIn: (name, module) => (module === undefined ? kernel.namedIn(name) : namedIn(modules, module, name)),
    symbols: all.all,
    symbolsNamed: name => [...kernel.symbolsNamed(name), ...ownNamed(name)],
    lookup,
    symbolsAt: address => all.at(address),
    symbolBefore: address => all.before(address),
    nextSymbolAddress: address => all.nextAddress(address),
    bytesAt,
    hasFtraceSite: address =>
      kernel.hasFtraceSite(address) ||
      ftracePlaces(address, { machine: kernel.machine, bytesAt }).some(at => sites.has(at)),
    isSealed: address => kernel.isSealed(address) || sealed.has(address),
    memoryAt: address => {
      if (address < START) return kernel.memoryAt(address)
      const section = sectionAt(address)
      if (section === undefined || starts.includes(section)) return undefined
      if (hasFlag(section.flags, SHF_EXECINSTR)) return 'code'
      return hasFlag(section.flags, SHF_WRITE) ? 'writable' : 'read-only'
    },
    freedAfterBoot: address => {
      if (address < START) return kernel.freedAfterBoot(address)
      const section = sectionAt(address)
      return section !== undefined && starts.includes(section)
    },
    entriesOf: name => {
      const known = kernel.entriesOf(name)
      const tables = tableOf(name).map(each => sectionEntries(name, each, linked))
      // A module without such a section has no entries; one that cannot be read says nothing of the others either.
      if (known === undefined || tables.includes(undefined)) return undefined
      return [...known, ...tables.flatMap(table => table ?? [])]
    },
  }
}

const symbolOf = ({ name, address, size, kind, local }: ModuleName): HypervisorSymbol => ({
  name,
  plainName: name,
  file: '',
  address,
  size,
  kind,
  local,
})

function moduleAt(modules: readonly PlacedModule[], address: bigint): string | undefined {
  return address < START ? undefined : modules[Number((address - START) / APART)]?.name
}

/**
 * While a module is loaded, its table has what only its start uses as well, and the live patching core counts that then.
 * So an order that this changes is none.
 */
function namedIn(modules: readonly PlacedModule[], module: string, wanted: string): readonly bigint[] | undefined {
  const names = modules.find(({ name }) => name === module)?.names.filter(({ name }) => name === wanted)
  if (names === undefined) return undefined
  const counted = names.length > 1 && names.some(({ starts }) => starts) ? [] : names
  return counted.map(({ address }) => address)
}

/** A copy that begins where words of 8 bytes may. */
const aligned = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes.subarray(0, bytes.length & ~7)).buffer
