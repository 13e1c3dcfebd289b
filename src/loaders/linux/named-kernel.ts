/**
 * A kernel's image in which what is local to some units goes by a name of its own, `FILE#name`, as its table of names has
 * no files: `seq_show` may be there five times. What the module needs is the name alone and its position among equals.
 */
import { once } from '../../base/once.ts'
import type { HypervisorSymbol } from '../xen/hypervisor.ts'
import { type KernelImage, ownParts } from './kernel-image.ts'

/** Something that is local to a unit. */
export interface OwnName {
  /** The unit's FILE symbol. */
  readonly file: string
  readonly name: string
  /** Where the kernel has it; each place that comes into question where that is not known. */
  readonly addresses: readonly bigint[]
  /** Whether the kernel's code shows that it is this one. */
  readonly proven: boolean
}

/** As the live patching core looks for something. */
export interface KernelSpelling {
  readonly name: string
  /** The module that has it; undefined for the kernel itself. */
  readonly module?: string | undefined
  /** Counted from 1 in the order of the kernel's table; 0 where the name is the only one. */
  readonly position: number
}

export interface NamedKernel extends KernelImage {
  /** With the names of its own table. */
  readonly plain: KernelImage
  /** Of what has this running name. */
  spell(runningName: string): KernelSpelling
  /** Whether the kernel's own code shows what has that name; what is not local needs no proof. */
  isProven(runningName: string): boolean
  /** Whether something has this name that is local, to whichever unit. */
  hasLocal(name: string): boolean
}

const SIGN = '#'

/** What each module has under one name: its own structure (THIS_MODULE), and what is run when it comes and goes. */
export const OF_EACH_MODULE: ReadonlySet<string> = new Set(['__this_module', 'init_module', 'cleanup_module'])

export const ownNameOf = (file: string, name: string): string => `${file}${SIGN}${name}`

/** `kernel` with these names; what is local to other units has none. */
export function namedKernel(kernel: KernelImage, names: readonly OwnName[]): NamedKernel {
  const own = names.flatMap(({ file, name, addresses, proven }) =>
    addresses.flatMap(address => {
      const found = kernel.symbolsAt(address).find(symbol => symbol.name === name)
      return found === undefined ? [] : [{ symbol: { ...found, name: ownNameOf(file, name), file }, proven }]
    }),
  )
  // Most of those who get one ask for a few of its names only.
  const symbols = once(() => [...kernel.symbols.filter(({ local }) => !local), ...own.map(({ symbol }) => symbol)])
  const ownNamed = new Map<string, readonly HypervisorSymbol[]>()
  for (const { symbol } of own) ownNamed.set(symbol.name, [...(ownNamed.get(symbol.name) ?? []), symbol])
  const symbolsNamed = (name: string): readonly HypervisorSymbol[] =>
    name.includes(SIGN) ? (ownNamed.get(name) ?? []) : kernel.symbolsNamed(name).filter(({ local }) => !local)
  const unproven = new Set(own.flatMap(({ symbol, proven }) => (proven ? [] : [symbol.name])))
  return {
    plain: kernel,
    ...ownParts(kernel),
    get symbols() {
      return symbols()
    },
    symbolsNamed,
    lookup: name => symbolsNamed(name)[0]?.address,
    spell: name => spelling(kernel, symbolsNamed(name)[0], name),
    isProven: name => !unproven.has(name) && isCounted(kernel, symbolsNamed(name)[0]),
    hasLocal: name => kernel.symbolsNamed(name).some(({ local }) => local),
    hasFtraceSite: address => kernel.hasFtraceSite(address),
    isSealed: address => kernel.isSealed(address),
    modules: kernel.modules,
    moduleAt: address => kernel.moduleAt(address),
    namedIn: (name, module) => kernel.namedIn(name, module),
    symbolsAt: address => kernel.symbolsAt(address),
    symbolBefore: address => kernel.symbolBefore(address),
    nextSymbolAddress: address => kernel.nextSymbolAddress(address),
    bytesAt: (address, size) => kernel.bytesAt(address, size),
    memoryAt: address => kernel.memoryAt(address),
    freedAfterBoot: address => kernel.freedAfterBoot(address),
    entriesOf: section => kernel.entriesOf(section),
  }
}

function spelling(kernel: KernelImage, found: HypervisorSymbol | undefined, name: string): KernelSpelling {
  // What is new goes by a name of that form too, and no name in C has the sign.
  if (found === undefined) return { name: name.slice(name.indexOf(SIGN) + 1), position: 0 }
  const module = kernel.moduleAt(found.address)
  const equal = kernel.namedIn(found.plainName, module) ?? []
  const at = equal.indexOf(found.address)
  return { name: found.plainName, module, position: equal.length === 1 ? 0 : at + 1 }
}

/** Whether it is known which one of its name it is to the live patching core. */
function isCounted(kernel: KernelImage, found: HypervisorSymbol | undefined): boolean {
  if (found === undefined) return true
  return kernel.namedIn(found.plainName, kernel.moduleAt(found.address))?.includes(found.address) === true
}
