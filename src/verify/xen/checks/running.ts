/**
 * What Xen takes in the upload and dies of later: jumps that overwrite too much, replacements that are no code, tables
 * that are gone once the upload is over. Sources: arch/x86/livepatch.c "arch_livepatch_apply", "arch_livepatch_revert";
 * livepatch.c "apply_payload", "livepatch_display_metadata", "build_id_dep".
 */

import { BUILD_ID, DEPENDS, FUNCS, MODINFO } from '../../../loaders/payload-sections.ts'
import { absent, type Finding, finding, hex } from '../../finding.ts'
import type { AddressRange } from '../../model.ts'
import type { Rule } from '../../rule.ts'
import type { FunctionEntry } from '../functions.ts'
import { isLoaded } from '../layout.ts'
import type { LoadContext } from '../load-context.ts'
import { WRITE } from '../raw.ts'
import { eachFunction, oldAddressOf } from './functions.ts'
import { isBlank } from './hooks.ts'

/** The bytes of the old function that Xen overwrites, or undefined where it writes none or cannot find it. */
export function overwrittenBy(loading: LoadContext, entry: FunctionEntry): AddressRange | undefined {
  const address = oldAddressOf(entry)
  if (address === undefined) return undefined
  const needed = loading.machine.neededAt(loading.memory, address)
  if (needed === 'unreadable') return undefined
  const { landingPad } = needed
  if (entry.newAddress !== 0n) return { address: address + BigInt(landingPad), size: needed.bytes - landingPad }
  const size = entry.newSize - landingPad
  return size > 0 ? { address: address + BigInt(landingPad), size } : undefined
}

/** LIVEPATCH_FUNC_APPLIED. */
const APPLIED = 1
/** Of any instruction of x86. */
const LONGEST_INSTRUCTION = 15

type Problem = readonly [errno: Finding['errno'], text: string]

export const APPLY_RULES: readonly Rule[] = [
  {
    code: 'kept-sections',
    step: 'apply-hooks',
    source: 'livepatch.c load_payload_data, livepatch_upload',
    of: kind => kind.keepsUpload,
    title: 'what is needed after the upload is loaded',
    check: loading =>
      [FUNCS, DEPENDS, BUILD_ID, MODINFO].flatMap(name => {
        const section = loading.sectionNamed(name)
        if (section === undefined || isLoaded(section) || section.size === 0n) return []
        const text = `${name} is not loaded (no SHF_ALLOC): Xen keeps a pointer into the uploaded file, which it frees`
        return [finding('crash', text, loading.placeOf(section), -1)]
      }),
  },
  {
    code: 'functions-writable',
    step: 'jumps',
    source: 'xen/livepatch.h common_livepatch_apply; arch/*/livepatch.c arch_livepatch_apply',
    title: `Xen can write where it keeps the state of each function, if that is ${FUNCS}`,
    check: tableProblem,
  },
  {
    code: 'function-state',
    step: 'jumps',
    source: 'xen/livepatch.h common_livepatch_apply, common_livepatch_revert',
    title: 'no function claims to be patched already',
    check: loading =>
      eachFunction(loading, ({ applied }) => {
        if (applied !== APPLIED || loading.tableUse === 'reads') return undefined
        const text =
          'its state says that it is patched already: Xen writes no jump, and the revert writes bytes of the payload over the old code'
        return ['crash', text]
      }),
  },
  {
    code: 'switched-off-landing-pad',
    step: 'jumps',
    source: 'arch/x86/livepatch.c arch_livepatch_apply; xen/livepatch.h livepatch_insn_len',
    title: 'functions that are switched off can be',
    check: loading =>
      eachFunction(loading, entry => {
        const address = oldAddressOf(entry)
        if (address === undefined || entry.newAddress !== 0n) return undefined
        const needed = loading.machine.neededAt(loading.memory, address)
        if (needed === 'unreadable')
          return ['crash', `nothing is mapped at its old address ${hex(address)}; Xen reads it`]
        if (entry.newSize >= needed.landingPad) return undefined
        const text = `it switches off ${entry.newSize} bytes of a function that begins with a landing pad of ${needed.landingPad}: Xen computes a length below zero and writes over its own memory`
        return ['crash', text]
      }),
  },
]

/** A table in read-only memory is what today's loaders want and what stops those that write into it. */
function tableProblem(loading: LoadContext): readonly Finding[] {
  const section = loading.sectionNamed(FUNCS)
  if (section === undefined || section.size === 0n) throw absent(`there is no ${FUNCS}`)
  if (!isLoaded(section) || (section.flags & WRITE) !== 0) return []
  const use = loading.tableUse
  if (use === 'reads' || use === 'writes-through') return []
  const crash = (text: string) => [
    finding('crash', `${FUNCS} is read-only (no SHF_WRITE), and ${text}`, loading.placeOf(section), -1),
  ]
  if (use === 'writes') {
    return crash('this hypervisor keeps there which functions are patched: it writes and dies of a page fault')
  }
  return crash(
    'its image does not tell whether this hypervisor writes into it: --tree with the source of what runs does, and a writable table is right for either kind',
  )
}

export const RUN_RULES: readonly Rule[] = [
  {
    code: 'function-new-code',
    step: 'run',
    source: 'arch/x86/livepatch.c arch_livepatch_apply, arch_livepatch_secure',
    title: 'every replacement is code',
    check: loading =>
      eachFunction(loading, entry => {
        const { newAddress } = entry
        const range = overwrittenBy(loading, entry)
        if (
          range !== undefined &&
          newAddress >= (oldAddressOf(entry) ?? 0n) &&
          newAddress < range.address + BigInt(range.size)
        ) {
          return [
            'crash',
            `its new address ${hex(newAddress)} is the jump itself: whoever calls the function never returns`,
          ]
        }
        const kind = newAddress === 0n ? 'code' : loading.memory.kindAt(newAddress)
        if (newAddress !== 0n && kind === 'code' && isBlank(loading, newAddress)) {
          return [
            'crash',
            `at its new address ${hex(newAddress)} are zeros, no code; whoever calls the function stops Xen`,
          ]
        }
        if (kind === 'code') return undefined
        const what = kind === undefined ? 'where nothing is mapped' : `${kind} memory`
        return ['crash', `its new address ${hex(newAddress)} is ${what}; whoever calls the function stops Xen`]
      }),
  },
  {
    code: 'switched-off-end',
    step: 'run',
    source: 'arch/x86/livepatch.c arch_livepatch_apply',
    title: 'code that is switched off ends with an instruction, within its function',
    check: loading => eachFunction(loading, entry => switchedOffEnd(loading, entry)),
  },
  {
    code: 'function-old-place',
    step: 'run',
    source: 'arch/x86/livepatch.c arch_livepatch_apply',
    title: 'jumps are written into functions, and nothing else is overwritten',
    check: loading => eachFunction(loading, entry => oldPlaceProblem(loading, entry)),
  },
]

/** What is left of an instruction behind the no-operations is another instruction, and nobody knows which. */
function switchedOffEnd(loading: LoadContext, entry: FunctionEntry): Problem | undefined {
  const address = oldAddressOf(entry)
  const { newAddress, newSize } = entry
  if (address === undefined || newAddress !== 0n || newSize === 0) return undefined
  const next = loading.hypervisor.nextSymbolAddress(address)
  const room = next === undefined ? newSize + LONGEST_INSTRUCTION : Number(next - address)
  const code = loading.memory.read(address, Math.min(room, newSize + LONGEST_INSTRUCTION))
  if (code === undefined || newSize > code.length) return undefined
  const start = loading.hypervisor.symbolBefore(address)?.address ?? address
  const before = start < address ? loading.memory.read(start, Number(address - start) + newSize) : undefined
  if (before !== undefined && !loading.machine.isInstructionEnd(before, Number(address - start)))
    return ['crash', `its ${newSize} bytes that are switched off begin within an instruction; what is left of it runs`]
  if (!loading.machine.isInstructionEnd(code, newSize)) {
    return ['crash', `its ${newSize} bytes that are switched off end within an instruction; what is left of it runs`]
  }
  const { size, atMost } = loading.hypervisor.symbolsAt(address)[0] ?? {}
  // Padding may follow where the size is only how far it is to the next symbol; then it says nothing.
  return atMost !== true && size === newSize
    ? ['warning', `all its ${size} bytes are switched off: what lies behind it runs`]
    : undefined
}

function oldPlaceProblem(loading: LoadContext, entry: FunctionEntry): Problem | undefined {
  const range = overwrittenBy(loading, entry)
  const address = oldAddressOf(entry)
  if (range === undefined || address === undefined) return undefined
  const kind = loading.memory.kindAt(address)
  if (kind !== 'code')
    return ['crash', `its old address ${hex(address)} is ${kind} memory, and a jump is written there`]
  if (loading.hypervisor.memoryAt(address) === undefined) return undefined
  const end = range.address + BigInt(range.size)
  const next = loading.hypervisor.nextSymbolAddress(address)
  if (next !== undefined && next < end) {
    const text = `up to ${hex(end)} is overwritten, but the next symbol begins at ${hex(next)}: the function is too small`
    return ['crash', text]
  }
  const here = loading.hypervisor.symbolsAt(address)
  const named = entry.newAddress === 0n ? undefined : loading.hypervisor.lookup(entry.name)
  // Some builders write local names without their file.
  if (named !== undefined && named !== address && !here.some(symbol => symbol.plainName === entry.name)) {
    const text = `its old address is ${hex(address)}, but ${entry.name} is at ${hex(named)}: another function would be replaced`
    return ['crash', text]
  }
  const symbol = here[0]
  // What is switched off may lie anywhere in a function, and its old size is for the loader's own check only.
  if (entry.newAddress === 0n && (symbol === undefined || entry.oldSize <= symbol.size)) return undefined
  if (symbol === undefined) return ['warning', `no symbol of the hypervisor begins at its old address ${hex(address)}`]
  if (symbol.size === 0 || symbol.size === entry.oldSize) return undefined
  if (symbol.atMost === true && symbol.size > entry.oldSize) return undefined
  return ['warning', `its old size is ${entry.oldSize}, the hypervisor's ${symbol.name} has ${symbol.size} bytes`]
}

export const REVERT_RULES: readonly Rule[] = [
  {
    code: 'function-twice',
    step: 'revert',
    source: 'livepatch.c revert_payload',
    title: 'no old code is overwritten twice',
    check: loading => {
      const seen: { readonly entry: FunctionEntry; readonly range: AddressRange }[] = []
      return eachFunction(loading, entry => {
        const range = overwrittenBy(loading, entry)
        if (range === undefined) return undefined
        const earlier = seen.find(({ range: other }) => meet(range, other))
        seen.push({ entry, range })
        if (earlier === undefined) return undefined
        const text = `it overwrites ${hex(range.address)}, which entry ${earlier.entry.index} overwrites too; Xen reverts in the same order, and a jump into freed memory stays`
        return ['crash', text]
      })
    },
  },
  {
    code: 'reapply',
    step: 'revert',
    source: 'livepatch.c move_payload, livepatch_action',
    title: 'after a revert it can be applied again',
    check: loading => {
      const writable = loading.realSections.filter(
        section => isLoaded(section) && section.size > 0n && (section.flags & 1) !== 0 && (section.flags & 4) === 0,
      )
      const names = writable.map(section => loading.nameOf(section))
      if (names.length === 0 || (names.length === 1 && names[0] === FUNCS)) return []
      const text = `once reverted it must be unloaded and uploaded anew: it has writable data (${names.join(', ')})`
      return [finding('warning', text, names[0])]
    },
  },
]

function meet(a: AddressRange, b: AddressRange): boolean {
  return a.address < b.address + BigInt(b.size) && b.address < a.address + BigInt(a.size)
}
