/**
 * Where a module takes the address of a function of the kernel's, other than to branch there directly. Whether it is ever called
 * by that address is not seen; what takes one usually does, or hands it to somebody who will.
 */
import { machineOf } from '../../machines/machines.ts'
import { finding, hex } from '../finding.ts'
import { ALLOC, EXECUTE, type RawSection } from '../xen/raw.ts'
import type { ModuleLoadContext } from './load-context.ts'
import { relocatedOf } from './relocating.ts'
import type { ModuleRule } from './rule.ts'

const RELA = 4
const ENTRY = 24n

export const SEALED_TARGET: ModuleRule = {
  code: 'sealed-target',
  step: 'run',
  source: 'arch/x86/kernel/alternative.c apply_seal_endbr',
  title: 'no address is taken of a function that the kernel has sealed against indirect branches',
  check: loading =>
    takenIn(loading).flatMap(({ value, name, place }, item) =>
      loading.kernel.isSealed(value)
        ? [
            finding(
              'crash',
              `${place} takes the address of ${name} (${hex(value)}), which nothing in the kernel calls by its address: on a processor that tracks indirect branches (CET-IBT) the start has made such a call of it fatal; take that of a new function that calls it`,
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

function takenIn(loading: ModuleLoadContext): readonly Taken[] {
  const { values } = relocatedOf(loading)
  const machine = machineOf(loading.header.machine)
  const isBranch = (type: number, bytes: Uint8Array, offset: number) =>
    machine.relocationType(type)?.pcRelative === true && machine.code?.isBranchField(bytes, offset) === true
  return loading.sections.slice(1).flatMap((table): readonly Taken[] => {
    const base = loading.sections[table.info]
    if (table.type !== RELA || base === undefined || base.index === 0 || (base.flags & ALLOC) === 0) return []
    const bytes = loading.bytesOf(base)
    return entriesOf(table, loading).flatMap(({ symbol, type, offset }): readonly Taken[] => {
      const value = values[symbol]
      if (value === undefined || (isCode(base) && isBranch(type, bytes, Number(offset)))) return []
      const place = `${loading.nameOf(base)}+${hex(offset)}`
      return [{ value, name: plainName(loading.symbols[symbol]?.name ?? ''), place }]
    })
  })
}

const isCode = (section: RawSection): boolean => (section.flags & EXECUTE) !== 0

const plainName = (name: string): string => /^\.klp\.sym\.[^.]+\.([^,]+),/.exec(name)?.[1] ?? name

function entriesOf(table: RawSection, { raw }: ModuleLoadContext) {
  const count = raw.holds(table.offset, table.size) ? Number(table.size / ENTRY) : 0
  return Array.from({ length: count }, (_, index) => raw.relocation({ ...table, entrySize: ENTRY }, index))
}
