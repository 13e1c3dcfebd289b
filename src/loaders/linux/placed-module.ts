/**
 * A module of a kernel as it is once it is loaded, from its file: sections at addresses, fields filled by its relocations,
 * names in the order of its own table. Where the kernel puts it, only the kernel knows; any place will do for what is asked
 * here: what the module's code is, and what its fields lead to.
 * Sources: Linux 6.1 kernel/module/main.c (simplify_symbols, apply_relocations), kernel/module/kallsyms.c (add_kallsyms).
 */
import { InputError } from '../../base/errors.ts'
import { type ElfSymbol, readElf } from '../../elf/index.ts'
import type { ElfObject, ElfSection } from '../../elf/model.ts'
import { SHF_ALLOC, SHT_NOBITS } from '../../elf/spec/constants.ts'
import { hasFlag } from '../../elf/spec/flags.ts'
import { machineOf } from '../../machines/machines.ts'
import { readModinfo } from './modinfo.ts'
import { plainName } from './module-name.ts'

export interface PlacedSection {
  readonly name: string
  readonly type: number
  readonly flags: number
  readonly address: bigint
  readonly size: number
  readonly bytes: Uint8Array
}

export interface ModuleName {
  readonly name: string
  readonly address: bigint
  readonly size: number
  readonly kind: ElfSymbol<'original'>['kind']
  readonly local: boolean
  /** In memory that is given back once the module has started. */
  readonly starts: boolean
}

export interface PlacedModule {
  /** As the kernel calls it: no dashes. */
  readonly name: string
  readonly sections: readonly PlacedSection[]
  /** In the order of the module's own table, which is the kernel's for it. */
  readonly names: readonly ModuleName[]
}

/** A module's file, read as far as it can be without an address. */
export interface ModuleFile {
  readonly name: string
  /** Modules that it needs, as the kernel calls them. */
  readonly needs: readonly string[]
  readonly vermagic: string
  readonly object: ElfObject<'original'>
}

const PAGE = 4096n

/** `bytes` of an unpacked `.ko`. Throws `InputError` where it is none. */
export function readModuleFile(bytes: Uint8Array, path: string): ModuleFile {
  const words = readModinfo(bytes)
  const name = words?.get('name')
  if (words === undefined || name === undefined) throw unreadable(path, 'it does not say its name')
  const needs = (words.get('depends') ?? '').split(',').flatMap(each => (each === '' ? [] : [plainName(each)]))
  const object = readElf<'original'>(bytes)
  return { name: plainName(name), needs, vermagic: words.get('vermagic') ?? '', object }
}

function unreadable(path: string, why: string): InputError {
  return new InputError(
    'linux/module-unreadable',
    `${path} cannot be read as a module of the kernel: ${why}`,
    'is it from the package of the kernel that --symbols names (linux-image-…)?',
  )
}

/** `resolve` tells where the kernel, or a module that is placed already, has what is exported by a name. */
export function placeModule(
  { name, object }: ModuleFile,
  start: bigint,
  resolve: (name: string) => bigint | undefined,
): PlacedModule {
  const addresses = addressesFor(object, start)
  const values = object.symbols.map(symbol => placeOf(symbol, addresses, resolve))
  const sections = object.sections.flatMap((section): readonly PlacedSection[] => {
    const address = addresses[section.id]
    if (address === undefined) return []
    const { type, flags, size } = section
    return [{ name: section.name, type, flags, address, size, bytes: filled(object, section, { address, values }) }]
  })
  const names = object.symbols.flatMap((symbol): readonly ModuleName[] => {
    const { place, kind, size, binding } = symbol
    if (place.in !== 'section' || symbol.name === '' || kind === 'section') return []
    const address = addresses[place.section]
    if (address === undefined) return []
    const starts = object.sections[place.section]?.name.startsWith('.init') === true
    const local = binding === 'local'
    return [{ name: symbol.name, address: address + BigInt(place.offset), size, kind, local, starts }]
  })
  return { name, sections, names }
}

/** Of loaded sections, each on pages of its own, by section number. */
function addressesFor({ sections }: ElfObject<'original'>, start: bigint): readonly (bigint | undefined)[] {
  let next = start
  return sections.map(({ flags, size }) => {
    if (!hasFlag(flags, SHF_ALLOC)) return undefined
    const address = next
    next += (BigInt(size) / PAGE + 1n) * PAGE
    return address
  })
}

function placeOf(
  { name, place }: ElfSymbol<'original'>,
  addresses: readonly (bigint | undefined)[],
  resolve: (name: string) => bigint | undefined,
): bigint | undefined {
  if (place.in === 'absolute') return place.value
  if (place.in === 'nowhere') return resolve(name)
  if (place.in !== 'section') return undefined
  const address = addresses[place.section]
  return address === undefined ? undefined : address + BigInt(place.offset)
}

interface Filling {
  readonly address: bigint
  readonly values: readonly (bigint | undefined)[]
}

/** A field that leads nowhere known stays as it is: whoever compares it sees a difference. */
function filled(
  object: ElfObject<'original'>,
  { id, type, bytes }: ElfSection<'original'>,
  { address, values }: Filling,
): Uint8Array {
  const relocations = object.relocations[id] ?? []
  if (type === SHT_NOBITS || relocations.length === 0) return bytes
  const { relocationType } = machineOf(object.header.machine)
  const out = Uint8Array.from(bytes)
  const view = new DataView(out.buffer)
  for (const { offset, type: number, symbol, addend } of relocations) {
    const known = relocationType(number)
    const value = values[symbol]
    if (known === undefined || value === undefined) continue
    const whole = value + addend - (known.pcRelative ? address + BigInt(offset) : 0n)
    if (known.field.bytes === 8) view.setBigUint64(offset, BigInt.asUintN(64, whole), true)
    else if (known.field.bytes === 4) view.setUint32(offset, Number(BigInt.asUintN(32, whole)), true)
  }
  return out
}
