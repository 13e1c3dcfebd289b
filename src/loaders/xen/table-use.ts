/**
 * What a hypervisor's loader does with a payload's table of functions (`.livepatch.funcs`) once it is loaded.
 *
 * Until 2023 Xen kept there, entry by entry, whether the function is patched and what stood in the jump's place (commit
 * 82182ad7b4 for 4.19, brought to 4.18.1 and 4.17.3, moved that into memory of its own). It wrote with the processor's
 * write protection off, so that read-only memory was no obstacle, until 8676092a0f (4.18, brought to 4.17.1) made only
 * code writable: from then on, applying a payload with a read-only table was a page fault and the end of the hypervisor.
 *
 * Which kind one is, is read from itself, never from a version: vendors bring changes back. In order of trust: its own
 * debug information, its own code, the source. What none of them tells is undefined, and the caller must not guess: the
 * worse mistake is a table that Xen cannot write.
 */

import { InputError } from '../../base/errors.ts'
import type { Side } from '../../base/side.ts'
import { type DebugType, debugSections, readNamedUnit } from '../../dwarf/index.ts'
import type { ElfObject } from '../../elf/model.ts'
import { machineOf } from '../../machines/machines.ts'
import { bodyBehind, withoutComments } from './source-text.ts'

/** Reads it only; writes into it, for which it must be writable; writes into it with memory protection switched off. */
export type TableUse = 'reads' | 'writes' | 'writes-through'

/** Where Xen keeps what it knows of each replaced function. */
type State = 'in-table' | 'apart'

/** The member of `struct livepatch_func` that says whether the function is patched, where Xen keeps that in the table. */
const STATE_MEMBER = 'applied'
/** Where a structure of the table has it, and the number of bytes that the jump stands behind the function's start. */
const PATCH_OFFSET = 65
const TABLE_ENTRY = 'livepatch_func'
const OWN_STATE = 'livepatch_fstate'

/** The files of a source tree that tell, below the hypervisor's folder. */
export const LOADER_SOURCES = {
  entry: 'include/public/sysctl.h',
  loader: 'include/xen/livepatch.h',
  machine: 'arch/x86/livepatch.c',
} as const

export type LoaderTexts = Readonly<Record<keyof typeof LOADER_SOURCES, string | undefined>>

/** By the source. */
export function tableUseOfTexts({ entry = '', loader = '', machine = '' }: LoaderTexts): TableUse | undefined {
  const fields = bodyBehind(withoutComments(entry), new RegExp(`\\bstruct\\s+${TABLE_ENTRY}\\s*\\{`))
  const hasOwn = new RegExp(`\\bstruct\\s+${OWN_STATE}\\s*\\{`).test(withoutComments(loader))
  if (fields === undefined) return undefined
  const quiesce = bodyBehind(withoutComments(machine), /\barch_livepatch_quiesce\s*\(\s*void\s*\)\s*\{/)
  return useOf(decide(new RegExp(`\\b${STATE_MEMBER}\\b`).test(fields), hasOwn), /\bwrite_cr0\s*\(/.test(quiesce ?? ''))
}

/** By an image with symbols, or by objects of the loader. */
export function tableUseOfImage<S extends Side>(elf: ElfObject<S>): TableUse | undefined {
  return tableUseOfCode({ machine: elf.header.machine, codeOf: name => codeOf(elf, name) }, stateByTypes(elf))
}

/** A loader's functions by their names. */
export interface LoaderCode {
  readonly machine: number
  codeOf(name: string): Uint8Array | undefined
}

/** By the code alone, where debug information has not told the state. */
export function tableUseOfCode(code: LoaderCode, told?: State): TableUse | undefined {
  const state = told ?? stateByCode(code)
  const quiesce = state === 'in-table' ? code.codeOf('arch_livepatch_quiesce') : undefined
  const knowledge = machineOf(code.machine).code
  return useOf(state, quiesce !== undefined && knowledge?.accessesOf(quiesce).setsControl === true)
}

function useOf(state: State | undefined, unprotected: boolean): TableUse | undefined {
  if (state === undefined) return undefined
  if (state === 'apart') return 'reads'
  return unprotected ? 'writes-through' : 'writes'
}

/** Both places at once, or neither, is a loader that nothing is known of. */
function decide(inTable: boolean, hasOwn: boolean): State | undefined {
  if (inTable === hasOwn) return undefined
  return inTable ? 'in-table' : 'apart'
}

function stateByTypes<S extends Side>(elf: ElfObject<S>): State | undefined {
  const types = typesOfLoader(elf)
  const named = (name: string) =>
    types.find(type => type.kind === 'struct' && type.name === name && !type.declared && type.members.length > 0)
  const entry = named(TABLE_ENTRY)
  if (entry?.kind !== 'struct') return undefined
  return decide(
    entry.members.some(({ name }) => name === STATE_MEMBER),
    named(OWN_STATE) !== undefined,
  )
}

/** Debug information that cannot be read tells nothing here; the code is asked then. */
function typesOfLoader<S extends Side>(elf: ElfObject<S>): readonly DebugType[] {
  try {
    const sections = debugSections(elf)
    if (sections === undefined) return []
    const unit = readNamedUnit(sections, name => /(^|\/)common\/livepatch\.c$/.test(name))
    return [...unit.types.values()]
  } catch (error) {
    if (error instanceof InputError) return []
    throw error
  }
}

/**
 * `arch_livepatch_apply` and `arch_livepatch_revert` take the entry, and where the state is apart, the state as their
 * second argument. An entry's bytes 33 to 71 mean nothing to the loader then.
 */
function stateByCode({ machine, codeOf }: LoaderCode): State | undefined {
  const knowledge = machineOf(machine).code
  if (knowledge === undefined) return undefined
  const states = ['arch_livepatch_apply', 'arch_livepatch_revert'].map(name => {
    const code = codeOf(name)
    if (code === undefined) return undefined
    const { bytes, usesSecondArgument } = knowledge.accessesOf(code)
    return decide(bytes.has(PATCH_OFFSET), usesSecondArgument)
  })
  return states[0] === states[1] ? states[0] : undefined
}

function codeOf<S extends Side>(elf: ElfObject<S>, name: string): Uint8Array | undefined {
  const symbol = elf.symbols.find(each => each.name === name && each.kind === 'function' && each.binding !== 'local')
  if (symbol?.place.in !== 'section' || symbol.size === 0) return undefined
  const { offset, section } = symbol.place
  return elf.sections[section]?.bytes.subarray(offset, offset + symbol.size)
}
