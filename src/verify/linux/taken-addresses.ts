/**
 * Where a module takes the address of a function of the kernel's, or of a module's, other than to branch there directly. Whether
 * it is ever called by that address is not seen; what takes one usually does, or hands it to somebody who will. Only a static call
 * is known to go to its function directly.
 */
import { machineOf } from '../../machines/machines.ts'
import { finding, hex } from '../finding.ts'
import { ALLOC, EXECUTE, type RawRelocation, type RawSection } from '../xen/raw.ts'
import { findKernelSymbol, wantedBy } from './kernel-search.ts'
import type { ModuleLoadContext, ModuleSymbol } from './load-context.ts'
import { relocatedOf, SHN_LIVEPATCH } from './relocating.ts'
import type { ModuleRule } from './rule.ts'

const RELA = 4
const ENTRY = 24n

export const SEALED_TARGET: ModuleRule = {
  code: 'sealed-target',
  step: 'run',
  source: 'arch/x86/kernel/alternative.c apply_seal_endbr',
  title: 'no address is taken of a function that the kernel has sealed against indirect branches',
  check: loading =>
    loading.withoutIbt
      ? []
      : takenIn(loading).flatMap(({ value, name, place }, item) =>
          loading.kernel.isSealed(value)
            ? [
                finding(
                  'crash',
                  `${place} takes the address of ${name} (${hex(value)}), which nothing in the kernel calls by its address: on a processor that tracks indirect branches (CET-IBT) the start has made such a call of it fatal; take that of a new function that calls it, or say with --without-ibt that the host has no such processor`,
                  place,
                  item,
                ),
              ]
            : [],
        ),
}

interface Taken {
  readonly value: bigint
  readonly name: string
  readonly place: string
}

/** A field of a section that is loaded, before it is filled. */
interface Field extends RawRelocation {
  readonly base: RawSection
}

function takenIn(loading: ModuleLoadContext): readonly Taken[] {
  const { values } = relocatedOf(loading)
  const fields = fieldsOf(loading)
  return fields.flatMap((field): readonly Taken[] => {
    const { base, symbol: number, offset } = field
    const symbol = loading.symbols[number]
    const value = symbol && (laterPlace(symbol, loading) ?? values[number])
    if (symbol === undefined || value === undefined || isBranch(field, loading)) return []
    if (isOfStaticCall(field, fields, loading)) return []
    const place = `${loading.nameOf(base)}+${hex(offset)}`
    return [{ value, name: wantedBy(symbol.name)?.name ?? symbol.name, place }]
  })
}

/** Of a module, whose relocations wait until it is there, as far as it is known. */
function laterPlace({ raw, name }: ModuleSymbol, { kernel }: ModuleLoadContext): bigint | undefined {
  const wanted = raw.sectionIndex === SHN_LIVEPATCH ? wantedBy(name) : undefined
  if (wanted === undefined || !kernel.modules.includes(wanted.object)) return undefined
  const found = findKernelSymbol(kernel, wanted.name, wanted.position, wanted.object)
  return 'fault' in found ? undefined : found.address
}

function fieldsOf(loading: ModuleLoadContext): readonly Field[] {
  return loading.sections.slice(1).flatMap((table): readonly Field[] => {
    const base = loading.sections[table.info]
    if (table.type !== RELA || base === undefined || base.index === 0 || (base.flags & ALLOC) === 0) return []
    return entriesOf(table, loading).map(entry => ({ ...entry, base }))
  })
}

function isBranch({ base, type, offset }: Field, loading: ModuleLoadContext): boolean {
  const machine = machineOf(loading.header.machine)
  return (
    isCode(base) &&
    machine.relocationType(type)?.pcRelative === true &&
    machine.code?.isBranchField(loading.bytesOf(base), Number(offset)) === true
  )
}

/** struct static_call_key of include/linux/static_call_types.h: the function, then who calls it. */
const KEY = '__SCK__'
const KEY_SIZE = 16n
const CALL_SITES = '.static_call_sites'
const UPDATE = '__static_call_update'

/**
 * The function of a static call of the module's own (DEFINE_STATIC_CALL): the kernel writes calls of it that are direct, and
 * keeps the address for that alone. But whoever reads the key (static_call_query()) may call what it finds, so nothing
 * may refer to it, except the table of calls, and code that gives it another function.
 */
function isOfStaticCall({ base, offset }: Field, fields: readonly Field[], loading: ModuleLoadContext): boolean {
  const isOnlyKey = ({ raw, name }: ModuleSymbol) =>
    name.startsWith(KEY) && raw.sectionIndex === base.index && raw.value === offset && raw.size === KEY_SIZE
  if (!loading.symbols.some(isOnlyKey)) return false
  return fields.every(field => {
    const { symbol, addend } = field
    const raw = loading.symbols[symbol]?.raw
    if (raw?.sectionIndex !== base.index) return true
    // A field that counts from the end of its instruction leads a little further than it says.
    const to = BigInt.asIntN(64, raw.value + addend) - offset
    const isNear = to >= -LONGEST && to < KEY_SIZE
    return !isNear || loading.nameOf(field.base) === CALL_SITES || isForUpdate(field, fields, loading)
  })
}

/** What stands between a field and the end of its instruction at the most, and the field itself. */
const LONGEST = 8n

/** Whether the code only hands the address on, to what gives a static call another function. */
function isForUpdate({ base, offset }: Field, fields: readonly Field[], loading: ModuleLoadContext): boolean {
  if (!isCode(base)) return false
  const call = machineOf(loading.header.machine).code?.takenByCall?.(loading.bytesOf(base), Number(offset))
  const called = fields.find(each => each.base === base && each.offset === BigInt(call ?? -1))
  const name = called && loading.symbols[called.symbol]?.name
  return name !== undefined && (wantedBy(name)?.name ?? name) === UPDATE
}

const isCode = (section: RawSection): boolean => (section.flags & EXECUTE) !== 0

function entriesOf(table: RawSection, { raw }: ModuleLoadContext) {
  const count = raw.holds(table.offset, table.size) ? Number(table.size / ENTRY) : 0
  return Array.from({ length: count }, (_, index) => raw.relocation({ ...table, entrySize: ENTRY }, index))
}
